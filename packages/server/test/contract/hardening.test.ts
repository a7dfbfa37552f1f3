import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type Json, rowsOf } from '../kit/api.ts';
import { expectError } from '../kit/people.ts';
import { PersonClient } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const OFF = { WAPING_SANDBOX: 'off' };
const PAGES = ['/', '/docs', '/docs/errors', '/account/reset', '/account/invitation'];
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** How late a timeout may be on a busy machine. */
const SLACK_MS = 8_000;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: OFF });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Talks to a server below HTTP. */
class RawClient {
  readonly #socket: Socket;
  readonly #startedAt = Date.now();
  #text = '';
  readonly ended: Promise<{ text: string; ms: number }>;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('data', (chunk) => {
      this.#text += chunk.toString();
    });
    this.#socket.on('error', () => undefined);
    this.ended = new Promise((resolve) =>
      this.#socket.once('close', () => resolve({ text: this.#text, ms: Date.now() - this.#startedAt })),
    );
  }

  send(text: string): this {
    this.#socket.write(text);
    return this;
  }

  close(): void {
    this.#socket.destroy();
  }
}

const directives = (policy: string) =>
  new Map(
    policy.split(';').map((one): [string, string] => {
      const [name = '', ...values] = one.trim().split(' ');
      return [name, values.join(' ')];
    }),
  );

describe('every reply', () => {
  it.each([
    ['GET', '/v1/devices'],
    ['GET', '/v1/devices/none'],
    ['GET', '/v1/nothing'],
    ['PUT', '/v1/devices'],
    ['GET', '/v1/devices/%zz'],
    ['GET', `/v1/devices/${'x'.repeat(300)}`],
    ['GET', '/v1/openapi.json'],
    ['GET', '/healthz'],
    ['GET', '/docs/assets/init.js'],
    ['GET', '/account/assets/account.js'],
    ...PAGES.map((path): [string, string] => ['GET', path]),
  ])('%s %s is guarded and names no framework', async (method, path) => {
    const { headers } = await fetch(`${server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${server.apiKey}` },
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.stringMatching(/^req_/),
    });
    const policy = directives(headers.get('content-security-policy') ?? '');
    expect([policy.get('default-src'), policy.get('frame-ancestors')]).toEqual(["'none'", "'none'"]);
    for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
      expect(headers.get(name), name).toBeNull();
  });

  it('of the API is kept by no cache', async () => {
    expect((await server.api.get('/v1/devices')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('pages', () => {
  it.each(PAGES)('%s runs and styles only what its policy names', async (path) => {
    const get = async () => {
      const reply = await fetch(`${server.url}${path}`);
      return { policy: directives(reply.headers.get('content-security-policy') ?? ''), html: await reply.text() };
    };
    const { policy, html } = await get();
    expect([policy.get('base-uri'), policy.get('form-action')]).toEqual(["'none'", "'none'"]);
    const [scripts, styles] = [policy.get('script-src') ?? '', policy.get('style-src') ?? ''];
    expect(scripts + styles).not.toContain('unsafe');
    expect(html).not.toMatch(/\son\w+=|javascript:| style=/i);
    for (const [, attributes = '', text = ''] of html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
      expect(text).toBe('');
      expect(attributes).toMatch(/src="\/(docs|account)\/assets\/[\w-]+\.js"/);
      const nonce = /nonce="([^"]+)"/.exec(attributes)?.[1];
      expect(scripts).toBe(nonce === undefined ? "'self'" : `'nonce-${nonce}'`);
      if (nonce !== undefined) expect((await get()).html).not.toContain(nonce);
    }
    for (const [, text = ''] of html.matchAll(/<style>(.*?)<\/style>/gs))
      expect(styles).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  });
});

describe('a request that takes its time', () => {
  it('slow headers and slow bodies are given up on, while others are served', async () => {
    const headers = new RawClient(server.url).send('GET / HTTP/1.1\r\nhost: x\r\n');
    const body = new RawClient(server.url).send(
      `POST /v1/devices HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.apiKey}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"la`,
    );
    const drip = setInterval(() => headers.send('x-a: b\r\n'), 500);
    const slowHeaders = await headers.ended;
    clearInterval(drip);
    expect(slowHeaders.text).toContain('the request did not arrive in time');
    expect(slowHeaders.ms).toBeGreaterThan(HEADERS_MS - 1_000);
    expect(slowHeaders.ms).toBeLessThan(HEADERS_MS + SLACK_MS);
    expect((await server.api.get('/v1/devices')).status).toBe(200);
    const slowBody = await body.ended;
    expect(slowBody.ms).toBeLessThan(REQUEST_MS + SLACK_MS);
  });
});

describe('who a request is from', () => {
  const address = '192.0.2.7';

  /** What a key that may be used from 192.0.2.0/24 alone is answered. */
  async function statusFrom(api: ApiClient, headers: Record<string, string>): Promise<number> {
    const made = await expectOk(api.post('/v1/keys', { name: 'N', scopes: ['*'], allowedIps: ['192.0.2.0/24'] }));
    const key = new ApiClient(api.url, String(made['apiKey']));
    return (await key.call('GET', '/v1/devices', undefined, headers)).status;
  }

  /** The addresses that sign-ins, and so their slowing, are counted by. */
  async function signedInFrom({ url, owner }: TestServer, headers: Record<string, string>): Promise<unknown[]> {
    const person = new PersonClient(url);
    await expectOk(person.call('POST', '/v1/auth/sign-in', owner, headers));
    return rowsOf(await expectOk(person.get('/v1/sessions'))).map((session: Json) => session['address']);
  }

  it('is who connected: X-Forwarded-For is not believed', async () => {
    const claim = { 'x-forwarded-for': address, 'x-forwarded-proto': 'https', forwarded: `for=${address}` };
    expect(await statusFrom(server.api, claim)).toBe(403);
    expect(await signedInFrom(server, claim)).toEqual(['127.0.0.1']);
    const { headers } = await server.api.call('GET', '/v1/devices', undefined, claim);
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('is whom a trusted proxy names: the last address that is no proxy itself', async () => {
    await using behind = await TestServer.start({ env: { ...OFF, WAPING_TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8' } });
    const from = (list: string) => statusFrom(behind.api, { 'x-forwarded-for': list });
    expect(await from(address)).toBe(200);
    expect(await from(`${address}, 10.1.2.3`)).toBe(200);
    expect(await from(`::ffff:${address}`)).toBe(200);
    expect(await from(`${address}:4711`)).toBe(200);
    // What stands before an untrusted address is its own claim.
    expect(await from(`${address}, 203.0.113.1`)).toBe(403);
    expect(await from(`${address}, nonsense`)).toBe(403);
    expect(await signedInFrom(behind, { 'x-forwarded-for': address })).toEqual([address]);
    const secure = await behind.api.call('GET', '/v1/devices', undefined, { 'x-forwarded-proto': 'https' });
    expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await behind.api.get('/v1/devices')).headers.get('strict-transport-security')).toBeNull();
  });

  it('is as many hops away as the operator says', async () => {
    await using behind = await TestServer.start({ env: { ...OFF, WAPING_TRUSTED_PROXIES: '2' } });
    const from = (list: string) => statusFrom(behind.api, { 'x-forwarded-for': list });
    expect(await from(`${address}, 198.51.100.1`)).toBe(200);
    expect(await from(`${address}, 203.0.113.1, 198.51.100.1`)).toBe(403);
  });

  it('is the IPv4 address it is, on a socket of IPv6 too', async () => {
    await using both = await TestServer.start({
      env: { ...OFF, WAPING_HOST: '::', WAPING_PUBLIC_URL: 'https://waping.example.com' },
    });
    const url = `http://127.0.0.1:${new URL(both.url).port}`;
    const api = new ApiClient(url, both.apiKey);
    const made = await expectOk(api.post('/v1/keys', { name: 'N', scopes: ['*'], allowedIps: ['127.0.0.0/8'] }));
    const key = new ApiClient(url, String(made['apiKey']));
    const reply = await key.get('/v1/devices');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('strict-transport-security')).toBe('max-age=31536000');
    const six = new ApiClient(`http://[::1]:${new URL(both.url).port}`, key.key);
    expectError(await six.get('/v1/devices'), 403, 'FORBIDDEN', 'ipList');
  });

  it.each(['10.0.0.1/8', 'proxy.example.com', '0', '11'])('cannot be set to %s', async (setting) => {
    const env = { WAPING_DATA_DIR: server.dataDir, WAPING_PORT: '0', WAPING_TRUSTED_PROXIES: setting };
    const run = await runCli(['serve'], env);
    expect([run.code, run.err]).toEqual([1, expect.stringContaining('WAPING_TRUSTED_PROXIES is not valid')]);
  });
});

it('one address holds only so many connections, and gets new ones when it lets go', async () => {
  await using small = await TestServer.start({ env: { ...OFF, WAPING_CONNECTIONS_PER_ADDRESS: '3' } });
  const ask = 'GET /docs/errors HTTP/1.1\r\nhost: x\r\n\r\n';
  const held = Array.from({ length: 3 }, () => new RawClient(small.url));
  await sleep(200);
  expect((await new RawClient(small.url).send(ask).ended).text).toBe('');
  held[0]?.close();
  await sleep(200);
  const next = new RawClient(small.url).send(ask.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
  expect((await next.ended).text).toContain('HTTP/1.1 200 OK');
  for (const one of held) one.close();
});
