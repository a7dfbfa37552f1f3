import { describe, expect, it } from 'vitest';
import { FetchError } from './error.ts';
import { parseOutsideUrl, SafeFetch } from './fetch.ts';
import { ALLOW_NONE, parseAllowList } from './policy.ts';
import { resolveAllowed } from './resolve.ts';

/** Hosts in every spelling that leads somewhere a caller must not reach. */
const FORBIDDEN = [
  // Loopback.
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0x7f.0x0.0x0.0x1',
  '0x7f.1',
  '017700000001',
  '0177.0.0.01',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '127.0.0.1.',
  // This host.
  '0.0.0.0',
  '0',
  '[::]',
  // Private networks.
  '10.0.0.1',
  '10.255.255.255',
  '167772161',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.0.1',
  '0xc0a80001',
  '0300.0250.0.1',
  '[::ffff:10.0.0.1]',
  '[fc00::1]',
  '[fd12:3456:789a::1]',
  // Link-local and cloud metadata.
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '[::ffff:169.254.169.254]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  // Shared, reserved, documentation, benchmarking, multicast, broadcast.
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '[ff02::1]',
  '[2001:db8::1]',
  '[100::1]',
  '[fec0::1]',
  // IPv6 that carries IPv4: NAT64 (both prefixes), 6to4, Teredo, translated.
  '[64:ff9b::7f00:1]',
  '[64:ff9b::10.0.0.1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2002:a00:1::1]',
  '[2001::7f00:1]',
  '[::ffff:0:127.0.0.1]',
];

const PUBLIC = ['93.184.216.34', '1.1.1.1', '[2606:4700:4700::1111]', '[2a00:1450:4001:80b::200e]'];

const never = () => Promise.reject(new Error('nothing to look up'));
const reasonOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'allowed',
    (error: unknown) => (error instanceof FetchError ? error.reason : error),
  );

describe('an outside URL', () => {
  it.each(FORBIDDEN)('never leads to %s, by itself or by a name', async (host) => {
    for (const scheme of ['http', 'https']) {
      const url = parseOutsideUrl(`${scheme}://${host}/x`);
      const bare = url.hostname.replace(/^\[(.*)\]$/, '$1');
      // Where a name stands for it, the resolver gives it in its plain spelling.
      const byName = resolveAllowed(parseOutsideUrl(`${scheme}://a.example/x`), ALLOW_NONE, async () => [bare]);
      const itself = resolveAllowed(url, ALLOW_NONE, async () => [bare]);
      expect([await reasonOf(itself), await reasonOf(byName)]).toEqual(['forbidden', 'forbidden']);
    }
  });

  it.each(PUBLIC)('may lead to %s', async (host) => {
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    expect(await resolveAllowed(parseOutsideUrl(`https://${host}/`), ALLOW_NONE, never)).toEqual([bare]);
    const byName = resolveAllowed(parseOutsideUrl('https://a.example/'), ALLOW_NONE, async () => [bare]);
    expect(await byName).toEqual([bare]);
  });

  it('is refused when one of its addresses is forbidden, whichever', async () => {
    for (const addresses of [
      ['1.1.1.1', '127.0.0.1'],
      ['127.0.0.1', '1.1.1.1'],
      ['1.1.1.1', '1.0.0.1', '9.9.9.9', '8.8.8.8', '10.0.0.1'],
    ])
      expect(
        await reasonOf(resolveAllowed(parseOutsideUrl('https://a.example/'), ALLOW_NONE, async () => addresses)),
      ).toBe('forbidden');
  });

  it('is refused when its host has no address, or the resolver says something else', async () => {
    const ask = (addresses: string[]) =>
      resolveAllowed(parseOutsideUrl('https://a.example/'), ALLOW_NONE, async () => addresses);
    expect([await reasonOf(ask([])), await reasonOf(ask(['nonsense'])), await reasonOf(ask(['fe80::1%eth0']))]).toEqual(
      ['host', 'forbidden', 'forbidden'],
    );
    expect(await reasonOf(resolveAllowed(parseOutsideUrl('https://a.example/'), ALLOW_NONE, never))).toBe('host');
  });

  it.each(['22', '25', '3306', '6379', '8080'])('does not lead to port %s', async (port) => {
    expect(await reasonOf(resolveAllowed(parseOutsideUrl(`http://1.1.1.1:${port}/`), ALLOW_NONE, never))).toBe(
      'forbidden',
    );
  });

  it.each([
    'ftp://a.example/',
    'file:///etc/passwd',
    'javascript:1',
    'https://user:pass@a.example/',
    'https://user@a.example/',
    'a.example',
    '',
    '//a.example',
    `https://a.example/${'x'.repeat(3_000)}`,
  ])('is none: %s', (text) => expect(() => parseOutsideUrl(text)).toThrow(FetchError));
});

describe('what is told of a URL before anybody is asked', () => {
  const outside = new SafeFetch({ allow: parseAllowList('10.0.0.0/8,files.intranet') ?? ALLOW_NONE, resolver: never });

  it('is whether the operator allows its host, by name or by address', () => {
    expect(outside.judge('http://files.intranet:8080/')).toEqual({ allowed: true });
    expect(outside.judge('http://10.1.2.3:9000/')).toEqual({ allowed: true });
    expect(outside.judge('https://a.example/')).toEqual({ allowed: false });
    expect(outside.judge('https://1.1.1.1/')).toEqual({ allowed: false });
  });

  it.each([
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://[::ffff:192.168.0.1]/',
    'https://1.1.1.1:22/',
    'nonsense',
  ])('is that it could never be fetched: %s', (text) => expect(() => outside.judge(text)).toThrow(FetchError));
});

describe('what the operator allows', () => {
  const allow = parseAllowList('10.0.0.0/8, Files.Intranet,::1') ?? ALLOW_NONE;

  it('may be reached on any port, and nothing else may', async () => {
    const ask = (text: string, addresses: string[] = []) =>
      reasonOf(resolveAllowed(parseOutsideUrl(text), allow, async () => addresses));
    expect(await ask('http://10.1.2.3:9000/')).toBe('allowed');
    expect(await ask('http://[::1]:9000/')).toBe('allowed');
    expect(await ask('http://files.intranet:9000/', ['192.168.1.1'])).toBe('allowed');
    expect(await ask('http://files.intranet.:9000/', ['192.168.1.1'])).toBe('allowed');
    expect(await ask('http://a.example:9000/', ['10.1.2.3'])).toBe('allowed');
    expect(await ask('http://192.168.1.1/')).toBe('forbidden');
    expect(await ask('http://sub.files.intranet/', ['192.168.1.1'])).toBe('forbidden');
    expect(await ask('http://a.example/', ['10.1.2.3', '192.168.1.1'])).toBe('forbidden');
  });

  it.each(['10.0.0.1/8', 'a b', '', 'files,', 'http://files.intranet', '1.2.3', '10.0.0.0/33'])('is not %j', (text) => {
    expect(parseAllowList(text)).toBeNull();
  });
});
