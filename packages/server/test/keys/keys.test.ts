import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { expectError } from '../kit/people.ts';
import { type PersonClient, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const OPERATOR_KEY = 'operator-key-of-the-keys-suite-0123456789abc';
/** What is done to a key is in force within this. */
const IN_FORCE_MS = 1_000;
const NOBODY = 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d';

describe.each(DATABASE_KINDS)('API keys on %s', (kind) => {
  let storage: TestStorage;
  let server: TestServer;
  let owner: PersonClient;

  beforeAll(async () => {
    storage = await createStorage(kind);
    mkdirSync(storage.dataDir, { recursive: true });
    const env = { WAPING_SANDBOX: 'off', WAPING_OPERATOR_KEY: OPERATOR_KEY, WAPING_RATE_LIMIT: '100000' };
    server = await TestServer.start({ dataDir: storage.dataDir, databaseUrl: storage.databaseUrl, env });
    owner = await signedIn(server.url, server.owner);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  interface Made {
    id: string;
    api: ApiClient;
    body: Json;
  }

  async function make(body: Json, by: ApiClient = server.api): Promise<Made> {
    const made = await expectOk(by.post('/v1/keys', { name: 'Test', scopes: ['devices:read'], ...body }));
    return { id: String(made['id']), api: new ApiClient(server.url, String(made['apiKey'])), body: made };
  }

  const change = (id: string, body: Json, by: ApiClient = server.api) => by.call('PATCH', `/v1/keys/${id}`, body);
  const statusOf = async (api: ApiClient) => (await api.get('/v1/devices')).status;
  const inForce = (api: ApiClient, status: number) =>
    expect.poll(() => statusOf(api), { timeout: IN_FORCE_MS, interval: 20 }).toBe(status);
  const newDevice = async () =>
    String((await expectOk(server.api.post('/v1/devices', { label: 'One', network: 'sandbox' })))['id']);

  it('makes a key that works at once and shows its secret this once', async () => {
    const { id, api, body } = await make({ name: ' Shop ', scopes: ['devices:read', 'devices:read'] });
    expect(body).toMatchObject({
      name: 'Shop',
      state: 'active',
      scopes: ['devices:read'],
      deviceIds: null,
      allowedIps: null,
    });
    expect(String(body['apiKey'])).toMatch(/^wap_[a-z0-9]{26}_[\w-]{43}_[0-9a-f]{8}$/);
    expect(await statusOf(api)).toBe(200);
    const shown = [await expectOk(server.api.get(`/v1/keys/${id}`)), await expectOk(server.api.get('/v1/keys'))];
    const secret = api.key.split('_')[2] ?? 'none';
    for (const reply of shown) {
      expect(JSON.stringify(reply)).toContain(id);
      expect(JSON.stringify(reply)).not.toContain(secret);
    }
    const events = JSON.stringify(await expectOk(server.api.get('/v1/events?types=key.created&limit=100')));
    expect(events).toContain(id);
    expect(events).not.toContain(secret);
  });

  it('answers a repeated Idempotency-Key with the same key and without its secret', async () => {
    const send = () => server.api.post('/v1/keys', { name: 'Twice', scopes: ['*'] }, { 'idempotency-key': 'twice' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual({ ...first.body, apiKey: null });
    expect(first.body['apiKey']).not.toBeNull();
  });

  it('refuses a scope it does not know and lists those there are', async () => {
    const reply = await server.api.post('/v1/keys', { name: 'X', scopes: ['devices:read', 'devices:fly', 'nope:*'] });
    expectError(reply, 400, 'VALIDATION_ERROR', 'scopes.2');
    expect(errorOf(reply)).toMatchObject({ param: 'scopes.1', message: expect.stringContaining('messages:send') });
    for (const wild of ['*', 'devices:*']) await make({ scopes: [wild] });
  });

  it.each<[string, Json, number, string]>([
    ['no name', { name: '  ' }, 400, 'name'],
    ['no scopes', { scopes: [] }, 400, 'scopes'],
    ['an operator’s scope', { scopes: ['operator:read'] }, 400, 'scopes.0'],
    ['a scope nobody needs', { scopes: ['me:read'] }, 400, 'scopes.0'],
    ['an empty device list', { deviceIds: [] }, 400, 'deviceIds'],
    ['a device id of another shape', { deviceIds: ['dev_1'] }, 400, 'deviceIds.0'],
    ['a device that is not there', { deviceIds: [NOBODY] }, 404, 'deviceIds.0'],
    ['an empty address list', { allowedIps: [] }, 400, 'allowedIps'],
    ['bits behind a prefix', { allowedIps: ['10.0.0.1', '10.0.0.1/8'] }, 400, 'allowedIps.1'],
    ['a host name', { allowedIps: ['localhost'] }, 400, 'allowedIps.0'],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 400, 'expiresAt'],
    ['an unknown field', { colour: 'red' }, 400, 'colour'],
  ])('refuses %s', async (_what, body, status, param) => {
    const { id } = await make({});
    const replies = [await server.api.post('/v1/keys', { name: 'X', scopes: ['*'], ...body }), await change(id, body)];
    for (const reply of replies) expect([reply.status, errorOf(reply)['param']]).toEqual([status, param]);
  });

  it('refuses a change of nothing', async () => {
    const { id } = await make({});
    expectError(await change(id, {}), 400, 'VALIDATION_ERROR');
  });

  it('changes what is sent and keeps the rest, within a second', async () => {
    const { id, api, body } = await make({ expiresAt: '2090-01-01T00:00:00Z' });
    expect(await statusOf(api)).toBe(200);
    const after = await expectOk(
      change(id, { scopes: ['messages:read'], allowedIps: ['::ffff:127.0.0.0/104', '::1'] }),
    );
    const { apiKey: _secret, ...before } = body;
    expect(after).toMatchObject({ ...before, scopes: ['messages:read'], allowedIps: ['127.0.0.0/8', '::1'] });
    await inForce(api, 403);
    expect((await api.get('/v1/messages')).status).toBe(200);
    expect(await expectOk(change(id, { expiresAt: null, allowedIps: null }))).toMatchObject({
      expiresAt: null,
      allowedIps: null,
    });
  });

  it('stops a key at its expiry', async () => {
    const { id, api } = await make({ expiresAt: new Date(Date.now() + 1_500).toISOString() });
    expect(await statusOf(api)).toBe(200);
    await expect.poll(() => statusOf(api), { timeout: 3_000 }).toBe(401);
    expect(await expectOk(server.api.get(`/v1/keys/${id}`))).toMatchObject({ state: 'expired' });
    await expectOk(change(id, { expiresAt: null }));
    await inForce(api, 200);
  });

  it('refuses a good key from an address that is not on its list, and says so', async () => {
    const { api } = await make({ allowedIps: ['192.0.2.0/24', '2001:db8::/32'] });
    const reply = await api.get('/v1/devices');
    expectError(reply, 403, 'FORBIDDEN', 'ipList');
    expect(errorOf(reply)['message']).toContain('127.0.0.1');
    const claimed = await api.call('GET', '/v1/devices', undefined, { 'x-forwarded-for': '192.0.2.1' });
    expectError(claimed, 403, 'FORBIDDEN', 'ipList');
    expect(await statusOf((await make({ allowedIps: ['127.0.0.1'] })).api)).toBe(200);
  });

  describe('rotation', () => {
    const rotate = (id: string, body: Json = {}, headers = {}) =>
      server.api.post(`/v1/keys/${id}/rotate`, body, headers);
    const end = (id: string, keep: string) => server.api.post(`/v1/keys/${id}/end-rotation`, { keep });
    const clientOf = (body: Json) => new ApiClient(server.url, String(body['apiKey']));

    it('gives a new secret that works at once, while the old one goes on for a day', async () => {
      const { id, api } = await make({});
      expect(await statusOf(api)).toBe(200);
      const before = Date.now();
      const rotated = await expectOk(rotate(id));
      const until = Date.parse(String(rotated['oldSecretUntil']));
      expect(Math.abs(until - before - 86_400_000)).toBeLessThan(60_000);
      const renewed = clientOf(rotated);
      expect(renewed.key).not.toBe(api.key);
      expect([await statusOf(renewed), await statusOf(api)]).toEqual([200, 200]);
      await expectOk(end(id, 'new'));
      await inForce(api, 401);
      expect(await statusOf(renewed)).toBe(200);
      expectError(await end(id, 'new'), 409, 'CONFLICT');
    });

    it('can be taken back', async () => {
      const { id, api } = await make({});
      const renewed = clientOf(await expectOk(rotate(id)));
      expect(await statusOf(renewed)).toBe(200);
      expect(await expectOk(end(id, 'old'))).toMatchObject({ oldSecretUntil: null });
      await inForce(renewed, 401);
      expect(await statusOf(api)).toBe(200);
    });

    it('stops the old secret at once without an overlap, and when the overlap ends', async () => {
      const { id, api } = await make({});
      const second = clientOf(await expectOk(rotate(id, { overlapSeconds: 0 })));
      await inForce(api, 401);
      const third = clientOf(await expectOk(rotate(id, { overlapSeconds: 2 })));
      expect([await statusOf(second), await statusOf(third)]).toEqual([200, 200]);
      await expect.poll(() => statusOf(second), { timeout: 4_000 }).toBe(401);
      expect(await statusOf(third)).toBe(200);
      expect(await expectOk(server.api.get(`/v1/keys/${id}`))).toMatchObject({ oldSecretUntil: null });
    });

    it('keeps two secrets at the most', async () => {
      const { id, api } = await make({});
      const second = clientOf(await expectOk(rotate(id)));
      const third = clientOf(await expectOk(rotate(id)));
      await inForce(api, 401);
      expect([await statusOf(second), await statusOf(third)]).toEqual([200, 200]);
    });

    it('answers a repeated Idempotency-Key without a secret and without rotating again', async () => {
      const { id } = await make({});
      const [first, second] = [
        await rotate(id, {}, { 'idempotency-key': `r-${id}` }),
        await rotate(id, {}, { 'idempotency-key': `r-${id}` }),
      ];
      expect(second.body).toEqual({ ...first.body, apiKey: null });
      expect(await statusOf(clientOf(first.body))).toBe(200);
    });

    it.each([-1, 30 * 86_400 + 1, 1.5])('refuses an overlap of %d seconds', async (overlapSeconds) => {
      const { id } = await make({});
      expectError(await rotate(id, { overlapSeconds }), 400, 'VALIDATION_ERROR', 'overlapSeconds');
    });
  });

  it('revokes a key for good, with both its secrets', async () => {
    const { id, api } = await make({});
    const rotated = await expectOk(server.api.post(`/v1/keys/${id}/rotate`));
    const renewed = new ApiClient(server.url, String(rotated['apiKey']));
    expect([await statusOf(api), await statusOf(renewed)]).toEqual([200, 200]);
    expect((await server.api.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    await Promise.all([inForce(api, 401), inForce(renewed, 401)]);
    expect(await expectOk(server.api.get(`/v1/keys/${id}`))).toMatchObject({ state: 'revoked', oldSecretUntil: null });
    expect((await server.api.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    for (const reply of [
      await change(id, { name: 'Back' }),
      await server.api.post(`/v1/keys/${id}/rotate`),
      await server.api.post(`/v1/keys/${id}/end-rotation`),
    ])
      expectError(reply, 409, 'CONFLICT');
    const events = rowsOf(await expectOk(server.api.get('/v1/events?types=key.revoked&limit=100')));
    expect(events.filter((event) => objectOf(event, 'data')['keyId'] === id)).toHaveLength(1);
  });

  it('lists keys by their state', async () => {
    const [live, gone] = [await make({}), await make({})];
    await expectOk(server.api.call('DELETE', `/v1/keys/${gone.id}`));
    const ids = async (state: string) =>
      rowsOf(await expectOk(server.api.get(`/v1/keys?limit=100&state=${state}`))).map((row) => row['id']);
    const [active, revoked] = [await ids('active'), await ids('revoked')];
    expect([active.includes(live.id), active.includes(gone.id)]).toEqual([true, false]);
    expect([revoked.includes(live.id), revoked.includes(gone.id)]).toEqual([false, true]);
    expect(await ids('expired')).not.toContain(live.id);
  });

  describe('a key that makes keys', () => {
    const RIGHTS = {
      scopes: ['keys:*', 'messages:*'],
      allowedIps: ['127.0.0.0/8'],
      expiresAt: '2050-01-01T00:00:00.000Z',
    };

    it('gives what it has', async () => {
      const maker = await make(RIGHTS);
      const child = await make({ ...RIGHTS, scopes: ['messages:send'], allowedIps: ['127.0.0.1'] }, maker.api);
      expect(child.body).toMatchObject({ createdBy: maker.id, scopes: ['messages:send'] });
    });

    it.each<[string, Json, string]>([
      ['scopes', { scopes: ['devices:read'] }, 'scope'],
      ['all scopes', { scopes: ['*'] }, 'scope'],
      ['addresses', { allowedIps: ['0.0.0.0/0'] }, 'ipList'],
      ['all addresses', { allowedIps: null }, 'ipList'],
      ['time', { expiresAt: '2051-01-01T00:00:00Z' }, 'expiresAt'],
      ['all time', { expiresAt: null }, 'expiresAt'],
    ])('gives no more %s than it has: neither to a new key nor to one that is there', async (_what, more, param) => {
      const maker = await make(RIGHTS);
      const count = async () => rowsOf(await expectOk(server.api.get('/v1/keys?limit=100'))).length;
      const before = await count();
      expectError(await maker.api.post('/v1/keys', { name: 'More', ...RIGHTS, ...more }), 403, 'FORBIDDEN', param);
      expect(await count()).toBe(before);
      const child = await make({ ...RIGHTS, scopes: ['messages:send'] }, maker.api);
      expectError(await change(child.id, more, maker.api), 403, 'FORBIDDEN', param);
      expectError(await change(maker.id, more, maker.api), 403, 'FORBIDDEN', param);
    });

    it('cannot change or renew a key that may do more, for who renews a secret holds it', async () => {
      const maker = await make(RIGHTS);
      const stronger = await make({ scopes: ['*'] });
      expectError(await change(stronger.id, { name: 'Mine' }, maker.api), 403, 'FORBIDDEN', 'scope');
      for (const path of ['rotate', 'end-rotation'])
        expectError(await maker.api.post(`/v1/keys/${stronger.id}/${path}`), 403, 'FORBIDDEN', 'scope');
      expect(await statusOf(stronger.api)).toBe(200);
    });

    it('cannot free itself, and may narrow and renew itself', async () => {
      const maker = await make(RIGHTS);
      await expectOk(change(maker.id, { scopes: ['keys:write', 'messages:read'] }, maker.api));
      // At once: the call itself still comes in with the rights of before.
      const back = await change(maker.id, { scopes: ['keys:*', 'messages:*'] }, maker.api);
      expectError(back, 403, 'FORBIDDEN', 'scope');
      await expectOk(maker.api.post(`/v1/keys/${maker.id}/rotate`));
    });

    it('makes no key in the second in which it is revoked', async () => {
      const maker = await make(RIGHTS);
      expect((await maker.api.get('/v1/keys')).status).toBe(200);
      await expectOk(server.api.call('DELETE', `/v1/keys/${maker.id}`));
      expectError(await maker.api.post('/v1/keys', { name: 'Late', ...RIGHTS }), 401, 'UNAUTHORIZED');
    });
  });

  describe('GET /v1/me', () => {
    const operation = (me: Json, id: string) =>
      [me['operations']].flat().find((one) => objectOf({ one }, 'one')['id'] === id);

    it('tells a key what it may do and why not', async () => {
      const deviceId = await newDevice();
      const rights = { scopes: ['messages:send', 'contacts:read'], deviceIds: [deviceId], allowedIps: ['127.0.0.1'] };
      const { id, api } = await make({ name: 'Bot', ...rights });
      const me = await expectOk(api.get('/v1/me'));
      expect(me).toMatchObject({
        workspace: { id: server.workspaceId, name: 'Default' },
        plan: { name: 'enterprise', devices: 50, outboundPerMonth: 1_000_000, apiAccess: true },
        actor: {
          kind: 'api_key',
          id,
          name: 'Bot',
          ...rights,
          scopes: ['contacts:read', 'messages:send'],
          expiresAt: null,
        },
      });
      expect(operation(me, 'messages.send')).toEqual({
        id: 'messages.send',
        allowed: true,
        refusedBy: null,
        reason: null,
      });
      expect(operation(me, 'messages.list')).toMatchObject({
        allowed: false,
        refusedBy: 'scope',
        reason: 'needs messages:read',
      });
      expect(operation(me, 'contacts.list')).toMatchObject({ allowed: false, refusedBy: 'deviceList' });
      expect(operation(me, 'workspaces.list')).toBeUndefined();
    });

    it('tells a person their role', async () => {
      const me = await expectOk(owner.get('/v1/me'));
      expect(me).toMatchObject({ actor: { kind: 'person', email: server.owner.email, role: 'owner' } });
      expect([me['operations']].flat().filter((one) => objectOf({ one }, 'one')['allowed'] !== true)).toEqual([]);
    });
  });

  it('needs a plan with API access to make a key, for people too', async () => {
    const operator = new ApiClient(server.url, OPERATOR_KEY);
    const plan = (name: string) =>
      expectOk(operator.call('PATCH', `/v1/operator/workspaces/${server.workspaceId}`, { plan: name }));
    await plan('free');
    try {
      expectError(await owner.post('/v1/keys', { name: 'No', scopes: ['*'] }), 403, 'FORBIDDEN', 'plan');
      const me = await expectOk(owner.get('/v1/me'));
      expect(JSON.stringify(me)).toContain('"id":"keys.create","allowed":false,"refusedBy":"plan"');
      expectError(await server.api.get('/v1/me'), 403, 'FORBIDDEN', 'plan');
    } finally {
      await plan('enterprise');
    }
    await expect.poll(() => statusOf(server.api), { timeout: IN_FORCE_MS }).toBe(200);
    const { body } = await make({}, owner);
    expect(body['createdBy']).toMatch(/^usr_/);
  });

  it('tells when and from where a key was last used', async () => {
    const { id, api, body } = await make({});
    expect(body).toMatchObject({ lastUsedAt: null, lastUsedIp: null });
    const before = Date.now();
    await statusOf(api);
    const used = await server.api.until(`/v1/keys/${id}`, (key) => key['lastUsedAt'] !== null, 10_000);
    expect(used['lastUsedIp']).toBe('127.0.0.1');
    expect(Math.abs(Date.parse(String(used['lastUsedAt'])) - before)).toBeLessThan(2_000);
  });

  describe('limited to a device', () => {
    it('sends on its device alone, and reads of it alone', async () => {
      const [mine, other] = [await newDevice(), await newDevice()];
      const { api } = await make({ scopes: ['*'], deviceIds: [mine] });
      const send = (by: ApiClient, deviceId: string, to = '+15550003001') =>
        by.post('/v1/messages', { deviceId, to, type: 'text', text: { body: 'Hi' }, requireOnline: false });
      const sent = await expectOk(send(api, mine));
      const theirs = await expectOk(send(server.api, other));
      const refused = await send(api, other);
      expectError(refused, 403, 'FORBIDDEN', 'deviceList');
      expect(errorOf(refused)['param']).toBe('deviceId');
      for (const path of [
        `/v1/devices/${other}`,
        `/v1/devices/${other}/health`,
        `/v1/messages/${theirs['id']}`,
        `/v1/messages/${theirs['id']}/timeline`,
        `/v1/conversations/${theirs['conversationId']}`,
        `/v1/messages?deviceId=${other}`,
        `/v1/messages?conversationId=${theirs['conversationId']}`,
        `/v1/conversations?deviceId=${other}`,
        `/v1/events?deviceId=${other}`,
      ])
        expectError(await api.get(path), 403, 'FORBIDDEN', 'deviceList');
      expectError(await send(api, mine, String(theirs['conversationId'])), 403, 'FORBIDDEN', 'deviceList');
      const rows = async (path: string) => rowsOf(await expectOk(api.get(path)));
      expect((await rows('/v1/devices')).map((row) => row['id'])).toEqual([mine]);
      expect((await rows('/v1/messages')).map((row) => row['id'])).toEqual([sent['id']]);
      expect((await rows('/v1/conversations')).map((row) => row['id'])).toEqual([sent['conversationId']]);
      const events = await rows('/v1/events?limit=100');
      expect(new Set(events.map((row) => row['deviceId']))).toEqual(new Set([mine]));
      expectError(await api.get(`/v1/devices/${NOBODY}`), 404, 'NOT_FOUND');
    });

    it('is refused what is the whole workspace’s, keys above all', async () => {
      const { api } = await make({ scopes: ['*'], deviceIds: [await newDevice()] });
      for (const path of ['/v1/contacts', '/v1/members', '/v1/keys', '/v1/usage', '/v1/sandbox/phones'])
        expectError(await api.get(path), 403, 'FORBIDDEN', 'deviceList');
      expectError(await api.post('/v1/devices', { label: 'New', network: 'sandbox' }), 403, 'FORBIDDEN', 'deviceList');
      expectError(await api.post('/v1/keys', { name: 'Free', scopes: ['*'] }), 403, 'FORBIDDEN', 'deviceList');
    });

    it('stays limited when its device is deleted', async () => {
      const mine = await newDevice();
      const { id, api } = await make({ scopes: ['*'], deviceIds: [mine] });
      await expectOk(server.api.call('DELETE', `/v1/devices/${mine}`));
      expect(rowsOf(await expectOk(api.get('/v1/devices')))).toEqual([]);
      expectError(await api.get(`/v1/devices/${mine}`), 404, 'NOT_FOUND');
      const another = await newDevice();
      expect(await expectOk(change(id, { deviceIds: [mine, another] }))).toMatchObject({
        deviceIds: [mine, another].sort(),
      });
      await expect
        .poll(async () => (await api.get(`/v1/devices/${another}`)).status, { timeout: IN_FORCE_MS })
        .toBe(200);
    });
  });
});
