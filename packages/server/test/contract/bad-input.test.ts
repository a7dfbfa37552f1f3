import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

let server: TestServer;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = String((await expectOk(server.api.post('/v1/devices', { label: 'A', network: 'sandbox' })))['id']);
});
afterAll(() => server[Symbol.asyncDispose]());

const message = () => ({ deviceId, to: '+15551234567', type: 'text', requireOnline: false });

it.each([
  ['label', () => server.api.post('/v1/devices', { label: 'a\0b' })],
  ['label', () => server.api.post('/v1/devices', '{"label":"a\\ud800b"}')],
  ['text.body', () => server.api.post('/v1/messages', { ...message(), text: { body: 'a\0' } })],
  ['text.body', () => server.api.post('/v1/messages', JSON.stringify({ ...message(), text: { body: '\udc00' } }))],
  ['metadata.a', () => server.api.post('/v1/messages', { ...message(), text: { body: 'a' }, metadata: { a: '\0' } })],
  ['metadata', () => server.api.post('/v1/messages', { ...message(), text: { body: 'a' }, metadata: { '\0': 'a' } })],
  ['deviceId', () => server.api.get('/v1/devices/%00')],
  ['clientRef', () => server.api.get('/v1/messages?clientRef=%00')],
  ['types', () => server.api.get('/v1/events?types=%00')],
])('names %s when it holds a character no database can store', async (param, call) => {
  const reply = await call();
  expect([reply.status, errorOf(reply)['code'], errorOf(reply)['param']]).toEqual([400, 'VALIDATION_ERROR', param]);
});

it('stores whole characters outside the basic plane', async () => {
  const device = await expectOk(server.api.post('/v1/devices', { label: '😀 𝒜', network: 'sandbox' }));
  expect(device['label']).toBe('😀 𝒜');
});

it.each([
  ['a path with broken percent encoding', '/v1/devices/%ff', 400, 'VALIDATION_ERROR'],
  ['an id longer than any', `/v1/devices/${'x'.repeat(1000)}`, 404, 'NOT_FOUND'],
  ['a path of two slashes', '//', 404, 'NOT_FOUND'],
  ['a trailing slash', '/v1/devices/', 404, 'NOT_FOUND'],
])('answers %s in the envelope', async (_name, path, status, code) => {
  const reply = await server.api.get(path);
  expect([reply.status, errorOf(reply)['code']]).toEqual([status, code]);
  expect(errorOf(reply)['requestId']).toBe(reply.headers.get('x-request-id'));
});

it('takes only the cursors it gave out', async () => {
  await expectOk(server.api.post('/v1/devices', { label: 'B', network: 'sandbox' }));
  const { body } = await server.api.get('/v1/devices?limit=1');
  const given = Buffer.from(String(body['nextCursor']), 'base64url').toString();
  const forged = [`${given.slice(0, 13)}\0`, given.slice(0, 5), `x${given}`, ''];
  for (const text of forged) {
    const reply = await server.api.get(`/v1/devices?limit=1&cursor=${Buffer.from(text).toString('base64url')}`);
    expect([reply.status, errorOf(reply)['param']], JSON.stringify(text)).toEqual([400, 'cursor']);
  }
});

it('refuses keys that would reach a prototype', async () => {
  for (const key of ['__proto__', 'constructor'])
    expect((await server.api.post('/v1/devices', `{"label":"a","${key}":{"prototype":{"x":1}}}`)).status).toBe(400);
});
