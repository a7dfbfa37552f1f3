import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, type Reply } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_RATE_LIMIT: '100000' } });
});
afterAll(() => server[Symbol.asyncDispose]());

const send = (body: unknown) => server.api.post('/v1/messages', body);
const valid = { deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d', to: '+15551234567', type: 'text', text: { body: 'Hello' } };

function expectError(reply: Reply, status: number, code: string): void {
  expect([reply.status, errorOf(reply)['code']]).toEqual([status, code]);
  const { docs, requestId } = errorOf(reply);
  expect(docs).toBe(`/docs/errors#${code}`);
  expect(requestId).toBe(reply.headers.get('x-request-id'));
}

it('refuses malformed JSON and names the body', async () => {
  const reply = await send('{"deviceId":');
  expectError(reply, 400, 'VALIDATION_ERROR');
  expect(errorOf(reply)['param']).toBe('body');
});

it('refuses wrong types and names each field', async () => {
  const reply = await send({ ...valid, to: 5, text: { body: 1 } });
  expectError(reply, 400, 'VALIDATION_ERROR');
  expect(errorOf(reply)['details']).toEqual([
    expect.objectContaining({ param: 'to' }),
    expect.objectContaining({ param: 'text.body' }),
  ]);
});

it('refuses unknown fields by name, nested ones too', async () => {
  const reply = await send({ ...valid, tо: 'x', text: { body: 'a', colour: 'red' } });
  expectError(reply, 400, 'VALIDATION_ERROR');
  expect(errorOf(reply)['details']).toContainEqual({ param: 'text.colour', message: 'unknown field' });
});

it.each(['15551234567', '+1555', '+0123456789', '+1 555 123 4567', '+12345678901234567', 'abc', ''])(
  'refuses %j as a recipient',
  async (to) => {
    const reply = await send({ ...valid, to });
    expectError(reply, 400, 'VALIDATION_ERROR');
    expect(errorOf(reply)['param']).toBe('to');
  },
);

it('says that an unknown device does not exist', async () => {
  const reply = await send(valid);
  expectError(reply, 404, 'NOT_FOUND');
  expect(errorOf(reply)['param']).toBe('deviceId');
});

it('refuses bodies over 1 MiB with 413', async () => {
  expectError(await send({ ...valid, text: { body: 'x'.repeat(1024 * 1024 + 1) } }), 413, 'PAYLOAD_TOO_LARGE');
});

it('refuses another media type with 415', async () => {
  expectError(
    await server.api.call('POST', '/v1/messages', 'a=b', { 'content-type': 'text/plain' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  );
});

describe('a body that cannot be read', () => {
  const bodies: [string, string, Record<string, string>, number, string][] = [
    ['is no JSON', '{"deviceId":', {}, 400, 'VALIDATION_ERROR'],
    ['is too large', 'x'.repeat(1024 * 1024 + 1), {}, 413, 'PAYLOAD_TOO_LARGE'],
    ['is of another type', 'a=b', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ];
  const left = (reply: Reply) => Number(/^"key";r=(\d+);/.exec(reply.headers.get('ratelimit') ?? '')?.[1]);

  it.each(bodies)('and %s: who calls comes first, then that it may, and the call counts', async (...of) => {
    const [, body, headers, status, code] = of;
    const nobody = await server.api.call('POST', '/v1/messages', body, { ...headers, authorization: '' });
    expectError(nobody, 401, 'UNAUTHORIZED');
    const made = await expectOk(server.api.post('/v1/keys', { name: 'Reader', scopes: ['media:read'] }));
    const reader = new ApiClient(server.url, String(made['apiKey']));
    const refused = await reader.call('POST', '/v1/messages', body, headers);
    expectError(refused, 403, 'FORBIDDEN');
    expect(left(refused)).toBe(100_000 - 1);
    const reply = await server.api.call('POST', '/v1/messages', body, headers);
    expectError(reply, status, code);
    expect(reply.headers.get('ratelimit-policy')).toMatch(/^"key";q=100000;w=60, "workspace";q=200000;w=60, "send";/);
    const next = await server.api.call('POST', '/v1/messages', body, headers);
    expect(left(next)).toBe(left(reply) - 1);
    expectError(await server.api.call('POST', '/v1/nothing', body, headers), 404, 'NOT_FOUND');
  });

  it('does nothing for a key that was revoked while the body came', async () => {
    const made = await expectOk(server.api.post('/v1/keys', { name: 'Slow', scopes: ['devices:*'] }));
    const slow = new ApiClient(server.url, String(made['apiKey']));
    const headers = { authorization: `Bearer ${slow.key}`, 'content-type': 'application/json' };
    const sending = request(`${server.url}/v1/devices`, { method: 'POST', headers });
    const status = new Promise((resolve, reject) => {
      sending.once('error', reject).once('response', (response) => resolve(response.resume().statusCode));
    });
    sending.write('{"label":');
    expect((await server.api.call('DELETE', `/v1/keys/${made['id']}`)).status).toBe(204);
    await expect.poll(async () => (await slow.get('/v1/devices')).status, { timeout: 10_000 }).toBe(401);
    sending.end('"Late","network":"sandbox"}');
    expect(await status).toBe(401);
  });

  it('counts where people sign in too', async () => {
    const reply = await new ApiClient(server.url, '').post('/v1/auth/sign-in', '{"email":', { 'x-waping-csrf': '1' });
    expectError(reply, 400, 'VALIDATION_ERROR');
    expect(reply.headers.get('ratelimit-policy')).toBe('"auth";q=10000;w=60');
  });
});

it('answers 405 with Allow where the path takes another method, 404 where there is none', async () => {
  const reply = await server.api.call('PUT', '/v1/messages', {});
  expectError(reply, 405, 'METHOD_NOT_ALLOWED');
  expect(reply.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'POST']);
  expectError(await server.api.get('/v1/nothing'), 404, 'NOT_FOUND');
});

it.each([
  ['no key', ''],
  ['another scheme', 'Basic abc'],
  ['a malformed key', 'Bearer wap_x'],
  ['a well-formed unknown key', `Bearer wap_${'0'.repeat(26)}_${'A'.repeat(43)}_00000000`],
])('answers 401 to %s', async (_name, authorization) => {
  expectError(await server.api.call('GET', '/v1/devices', undefined, { authorization }), 401, 'UNAUTHORIZED');
});

it('refuses a key in a URL, even the right one, and does not log it', async () => {
  const reply = await server.api.call('GET', `/v1/devices?key=${server.apiKey}`, undefined, { authorization: '' });
  expectError(reply, 401, 'UNAUTHORIZED');
  expect(server.output.split(server.apiKey).length).toBe(3); // printed on first start: the key, and the curl line
});

it('refuses a limit above 100 and a cursor of other filters or of nobody', async () => {
  expectError(await server.api.get('/v1/devices?limit=101'), 400, 'VALIDATION_ERROR');
  expectError(await server.api.get('/v1/devices?cursor=abc'), 400, 'VALIDATION_ERROR');
  await server.api.post('/v1/devices', { label: 'a', network: 'sandbox' });
  await server.api.post('/v1/devices', { label: 'b', network: 'sandbox' });
  const { body } = await server.api.get('/v1/devices?limit=1');
  expect((await server.api.get(`/v1/devices?limit=1&cursor=${body['nextCursor']}`)).status).toBe(200);
  expectError(
    await server.api.get(`/v1/devices?limit=1&order=asc&cursor=${body['nextCursor']}`),
    400,
    'VALIDATION_ERROR',
  );
});

it('sends RateLimit headers on every authenticated reply', async () => {
  const reply = await server.api.get('/v1/devices');
  expect(reply.headers.get('ratelimit-policy')).toBe(
    `"key";q=100000;w=60, "workspace";q=200000;w=60, "read";q=200000;w=60`,
  );
  expect(reply.headers.get('ratelimit')).toMatch(/^"key";r=\d+;t=\d+, "workspace";r=\d+;t=\d+, "read";r=\d+;t=\d+$/);
});

it('answers 409 SESSION_DISCONNECTED to a send over a device that was never linked', async () => {
  const { body } = await server.api.post('/v1/devices', { label: 'c', network: 'sandbox' });
  const unlinked = { ...valid, deviceId: body['id'] };
  expectError(await send(unlinked), 409, 'SESSION_DISCONNECTED');
  const held = await send({ ...unlinked, requireOnline: false });
  expect([held.status, held.body['status'], held.body['heldReason']]).toEqual([202, 'held', 'device_unlinked']);
});
