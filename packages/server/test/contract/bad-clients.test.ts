import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf } from '../kit/api.ts';
import { TestServer } from '../kit/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_SANDBOX: 'off' } });
});
afterAll(() => server[Symbol.asyncDispose]());

/** What the server says to these bytes until it hangs up. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

function parse(answer: string): { status: number; id: string | undefined; error: Json } {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const error = objectOf(JSON.parse(body), 'error');
  return { status: Number(head.split(' ')[1]), id: /^x-request-id: (.*)$/im.exec(head)?.[1], error };
}

const REST = 'Host: x\r\nConnection: close\r\n';

describe('what is no request of HTTP', () => {
  it.each([
    ['rubbish', 'GARBAGE\r\n\r\n', 'this is not a valid HTTP request'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'this is not a valid HTTP request'],
    ['a header without a colon', `GET / HTTP/1.1\r\n${REST}nocolon\r\n\r\n`, 'this is not a valid HTTP request'],
    [
      'two lengths',
      `POST /v1/devices HTTP/1.1\r\n${REST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      'this is not a valid HTTP request',
    ],
    [
      'headers beyond 16 KiB',
      `GET / HTTP/1.1\r\n${REST}x-a: ${'a'.repeat(20_000)}\r\n\r\n`,
      'the request line and the headers are larger than 16 KiB',
    ],
    ['no Host', 'GET /v1/devices HTTP/1.1\r\nConnection: close\r\n\r\n', 'the request has no Host header'],
    [
      'an expectation',
      `GET /v1/devices HTTP/1.1\r\n${REST}Expect: 200-ok\r\n\r\n`,
      'Expect: only 100-continue is understood',
    ],
  ])('is answered in the envelope, with a request id: %s', async (_what, bytes, message) => {
    const { status, id, error } = parse(await say(bytes));
    expect([status, error['code'], error['message']]).toEqual([400, 'VALIDATION_ERROR', message]);
    expect(id).toMatch(/^req_/);
    expect(error['requestId']).toBe(id);
  });

  it('does not keep the next one from being served', async () => {
    await say('GARBAGE\r\n\r\n');
    expect((await server.api.get('/v1/devices')).status).toBe(200);
  });

  it('is not mixed into the answer to a request before it', async () => {
    const answer = await say(`GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGARBAGE\r\n\r\n`);
    expect(answer.startsWith('HTTP/1.1 ')).toBe(true);
    for (const part of answer.split('HTTP/1.1 ').slice(1)) expect(part).toMatch(/^(200|400) .*\r\n\r\n.*}$/s);
  });
});

it('takes HTTP/1.0, which needs no Host', async () => {
  expect(await say('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
});

it('refuses a key in the URL of signing in and out too', async () => {
  for (const path of ['/v1/auth/sign-out', '/v1/auth/reset-requests', '/v1/auth/session']) {
    const method = path.endsWith('session') ? 'GET' : 'POST';
    const body = path.endsWith('requests') ? { email: 'ada@example.com' } : undefined;
    const reply = await server.api.call(method, `${path}?key=${server.apiKey}`, body, { 'x-waping-csrf': '1' });
    expect([reply.status, errorOf(reply)['code']]).toEqual([401, 'UNAUTHORIZED']);
    expect(errorOf(reply)['message']).toMatch(/never put an API key in a URL/);
  }
});

it('describes 413 and 415 for every operation that is not a GET: a body may always be sent', async () => {
  const { body } = await server.api.get('/v1/openapi.json');
  const missing = Object.entries(objectOf(body, 'paths')).flatMap(([path, methods]) =>
    Object.entries(objectOf({ methods }, 'methods'))
      .filter(([method, spec]) => {
        const { 413: large, 415: kind } = objectOf(objectOf({ spec }, 'spec'), 'responses');
        return method !== 'get' && (large === undefined || kind === undefined);
      })
      .map(([method]) => `${method} ${path}`),
  );
  expect(missing).toEqual([]);
  const id = 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d';
  const text = { 'content-type': 'text/plain' };
  expect((await server.api.call('POST', `/v1/devices/${id}/restart`, 'x', text)).status).toBe(415);
  expect((await server.api.post(`/v1/devices/${id}/restart`, 'x'.repeat(1024 * 1024 + 1))).status).toBe(413);
});
