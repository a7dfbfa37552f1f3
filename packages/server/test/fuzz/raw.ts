import type { Wire } from './wire.ts';

const REST = ['Host: x', 'Connection: close'];
const request = (lines: string[], body = '') => Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');

/** What is no request of HTTP, or hardly one. The server must answer with a 4xx in its envelope or close; and go on. */
const MALFORMED: Readonly<Record<string, Buffer>> = {
  'not HTTP': Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
  'a line of rubbish': request(['GARBAGE']),
  'a version that is none': request(['GET / HTTP/9.9', ...REST]),
  'no host': request(['GET /v1/devices HTTP/1.1', 'Connection: close']),
  'a header without a colon': request(['GET /v1/devices HTTP/1.1', ...REST, 'nocolon']),
  'a header with NUL': request(['GET /v1/devices HTTP/1.1', ...REST, 'x-a: a\0b']),
  'headers beyond 16 KiB': request(['GET /v1/devices HTTP/1.1', ...REST, `x-a: ${'a'.repeat(40_000)}`]),
  'ten thousand headers': request([
    'GET /v1/devices HTTP/1.1',
    ...REST,
    ...Array.from({ length: 10_000 }, (_none, at) => `a${at}: b`),
  ]),
  'two lengths': request(
    ['POST /v1/devices HTTP/1.1', ...REST, 'Content-Length: 2', 'Content-Length: 5', 'Content-Type: application/json'],
    '{}',
  ),
  'a length and chunks': request(
    [
      'POST /v1/devices HTTP/1.1',
      ...REST,
      'Content-Length: 2',
      'Transfer-Encoding: chunked',
      'Content-Type: application/json',
    ],
    '0\r\n\r\n',
  ),
  'a length below none': request([
    'POST /v1/devices HTTP/1.1',
    ...REST,
    'Content-Length: -1',
    'Content-Type: application/json',
  ]),
  'a chunk of no size': request(
    ['POST /v1/devices HTTP/1.1', ...REST, 'Transfer-Encoding: chunked', 'Content-Type: application/json'],
    'zz\r\n{}\r\n0\r\n\r\n',
  ),
  'a path that is absolute': request(['GET http://evil.example/v1/devices HTTP/1.1', ...REST]),
  'a path of bytes': request(['GET /v1/\xff\xfe HTTP/1.1', ...REST]),
  'a path of 20,000': request([`GET /${'a'.repeat(20_000)} HTTP/1.1`, ...REST]),
  'a target of stars': request(['OPTIONS * HTTP/1.1', ...REST]),
  CONNECT: request(['CONNECT evil.example:443 HTTP/1.1', ...REST]),
  'a header folded': request(['GET /v1/devices HTTP/1.1', ...REST, 'x-a: b', ' c']),
};

/** What is wrong with the answers to what is malformed, by the name of the malformation. */
export async function sendMalformed(wire: Wire): Promise<{ name: string; reason: string; bytes: Buffer }[]> {
  const found: { name: string; reason: string; bytes: Buffer }[] = [];
  for (const [name, bytes] of Object.entries(MALFORMED)) {
    const reason = judge(await wire.raw(bytes));
    if (reason) found.push({ name, reason, bytes });
  }
  return found;
}

function judge(answer: string): string | null {
  if (answer === '') return null;
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
  if (!status) return 'is no answer of HTTP';
  if (!status.startsWith('4')) return `answered ${status}`;
  if (!/^x-request-id: req_/im.test(answer)) return `has no X-Request-Id with ${status}`;
  if (!/"error":\{"code":"[A-Z_]+"/.test(answer)) return `is no envelope with ${status}`;
  return null;
}
