import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, type Json, rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { expectError } from '../kit/people.ts';
import { join, signedIn } from '../kit/person.ts';
import { Receiver } from '../kit/receiver.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const OPERATOR_KEY = 'operator-key-of-the-webhooks-suite-0123456789';

describe.each(DATABASE_KINDS)('webhooks over HTTP on %s', (kind) => {
  let storage: TestStorage;
  let server: TestServer;
  let receiver: Receiver;

  beforeAll(async () => {
    storage = await createStorage(kind);
    receiver = await Receiver.start();
    const env = {
      WAPING_SANDBOX: 'off',
      WAPING_PRIVATE_HOSTS: '127.0.0.1',
      WAPING_OPERATOR_KEY: OPERATOR_KEY,
      WAPING_RATE_LIMIT: '100000',
    };
    server = await TestServer.start({ dataDir: storage.dataDir, databaseUrl: storage.databaseUrl, env });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  const create = (body: Json = {}, headers?: Record<string, string>) =>
    server.api.post('/v1/webhooks', { url: receiver.url(), ...body }, headers);
  const made = async (body: Json = {}) => {
    const hook = await expectOk(create(body));
    await server.api.until(`/v1/webhooks/${hook['id']}`, (one) => one['state'] === 'active');
    return hook;
  };

  it('show the secret once, whoever asks again', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = await create({ description: 'Once' }, key);
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/v1/webhooks/${first.body['id']}`);
    expect(first.body['secret']).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const again = await create({ description: 'Once' }, key);
    expect(again.body).toEqual({ ...first.body, secret: null });
    const shown = await server.api.get(`/v1/webhooks/${first.body['id']}`);
    expect(shown.body).not.toHaveProperty('secret');
    const rotated = await expectOk(server.api.post(`/v1/webhooks/${first.body['id']}/rotate-secret`, {}));
    expect(rotated['secret']).not.toBe(first.body['secret']);
    expect(rotated['oldSecretUntil']).not.toBeNull();
    const log = await server.api.get('/v1/events?limit=100');
    const audit = await server.api.get('/v1/audit?limit=100');
    for (const secret of [first.body['secret'], rotated['secret']])
      for (const { text } of [log, audit, shown]) expect(text).not.toContain(String(secret).slice(6));
  });

  it('send what happens to a receiver that has echoed its challenge', async () => {
    const { id } = await made({ url: receiver.url('/happens'), events: ['device.created'] });
    await expectOk(server.api.post('/v1/devices', { label: 'Told', network: 'whatsapp' }));
    const [got] = await receiver.until('/happens', 1);
    expect(got?.json).toMatchObject({ type: 'device.created', apiVersion: expect.any(String) });
    await expectOk(server.api.post(`/v1/webhooks/${id}/test`));
    const [, test] = await receiver.until('/happens', 2);
    expect(test?.json).toMatchObject({ type: 'webhook.test', data: { webhookId: id } });
    const rows = await server.api.until(
      `/v1/webhooks/${id}/deliveries?state=delivered`,
      (body) => rowsOf(body).length === 2,
    );
    expect(rowsOf(rows)[0]).toMatchObject({ eventType: 'webhook.test', failures: 0, nextAttemptAt: null });
  });

  it.each([
    ['url', { url: 'http://hooks.example.com/' }],
    ['url', { url: 'https://10.0.0.1/' }],
    ['url', { url: 'https://user:pass@hooks.example.com/' }],
    ['url', { url: 'ftp://hooks.example.com/' }],
    ['url', { url: 'nonsense' }],
    ['events', { events: [] }],
    ['events.0', { events: ['message received'] }],
    ['events.1', { events: ['message.*', 'message.recieved'] }],
    ['deviceIds', { deviceIds: [] }],
    ['headers', { headers: { 'webhook-id': 'mine' } }],
    ['headers', { headers: { 'X-A': 'a\r\nb: c' } }],
    ['colour', { colour: 'red' }],
  ])('refuse %s', async (param, body) => {
    const reply = await create(body);
    expectError(reply, 400, 'VALIDATION_ERROR');
    expect(errorOf(reply)['param']).toBe(param);
  });

  it('refuse a device that is not there', async () => {
    expectError(await create({ deviceIds: ['dev_01jd8k3v5q7w9x2y4z6a8b0c1d'] }), 404, 'NOT_FOUND');
  });

  it('have to answer a challenge again where they move to', async () => {
    const { id } = await made({ url: receiver.url('/from') });
    const before = receiver.challenges.length;
    const moved = await expectOk(server.api.call('PATCH', `/v1/webhooks/${id}`, { url: receiver.url('/to') }));
    expect(moved['state']).toBe('unverified');
    await server.api.until(`/v1/webhooks/${id}`, (one) => one['state'] === 'active');
    expect(receiver.challenges.slice(before).map(({ path }) => path)).toContain('/to');
  });

  it('say what does not go in their state', async () => {
    const { id } = await made();
    expectError(await server.api.post(`/v1/webhooks/${id}/verify`), 409, 'CONFLICT');
    expectError(await server.api.post(`/v1/webhooks/${id}/resume`, {}), 409, 'CONFLICT');
    await expectOk(server.api.post(`/v1/webhooks/${id}/pause`));
    expectError(await server.api.post(`/v1/webhooks/${id}/pause`), 409, 'CONFLICT');
    expectError(await server.api.post(`/v1/webhooks/${id}/test`), 409, 'CONFLICT');
    expectError(await server.api.post(`/v1/webhooks/${id}/replay`, { failed: true }), 409, 'CONFLICT');
    await expectOk(server.api.post(`/v1/webhooks/${id}/resume`, {}));
    for (const body of [{}, { failed: true, from: '2026-01-01T00:00:00Z' }])
      expectError(await server.api.post(`/v1/webhooks/${id}/replay`, body), 400, 'VALIDATION_ERROR');
    expect((await server.api.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(204);
    expectError(await server.api.get(`/v1/webhooks/${id}/deliveries`), 404, 'NOT_FOUND');
  });

  it('are for owners and admins, and keys with their scopes, on plans with API access', async () => {
    const owner = await signedIn(server.url, server.owner);
    const agent = await join(owner, 'agent@example.com', 'agent');
    expectError(await agent.get('/v1/webhooks'), 403, 'FORBIDDEN', 'role');
    const key = async (scopes: string[]) =>
      new ApiClient(server.url, String((await expectOk(server.api.post('/v1/keys', { name: 'K', scopes })))['apiKey']));
    const reader = await key(['webhooks:read']);
    expect((await reader.get('/v1/webhooks')).status).toBe(200);
    expectError(await reader.post('/v1/webhooks', { url: receiver.url() }), 403, 'FORBIDDEN', 'scope');
    const operator = new ApiClient(server.url, OPERATOR_KEY);
    const path = `/v1/operator/workspaces/${server.workspaceId}`;
    await expectOk(operator.call('PATCH', path, { plan: 'free' }));
    await expect
      .poll(async () => (await owner.post('/v1/webhooks', { url: receiver.url() })).status, { timeout: 5_000 })
      .toBe(403);
    await expectOk(operator.call('PATCH', path, { plan: 'enterprise' }));
    await expect.poll(async () => (await reader.get('/v1/webhooks')).status, { timeout: 5_000 }).toBe(200);
  });

  it('are at most fifty in a workspace', async () => {
    const have = rowsOf(await expectOk(server.api.get('/v1/webhooks?limit=100'))).length;
    const more = await Promise.all(
      Array.from({ length: 52 - have }, () => create({ url: 'https://hooks.example.com/' })),
    );
    expect(more.map(({ status }) => status).sort()).toEqual([...Array(50 - have).fill(201), 409, 409]);
  });
});
