import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { IN_FORCE_MS, KeyWorld, NOBODY, OPERATOR_KEY } from '../kit/keys.ts';
import { expectError } from '../kit/people.ts';
import { expectOk } from '../kit/sandbox-device.ts';

describe.each(DATABASE_KINDS)('what an API key may do on %s', (kind) => {
  let world: KeyWorld;
  beforeAll(async () => {
    world = await KeyWorld.start(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('refuses a good key from an address that is not on its list, and says so', async () => {
    const { api } = await world.make({ allowedIps: ['192.0.2.0/24', '2001:db8::/32'] });
    const reply = await api.get('/v1/devices');
    expectError(reply, 403, 'FORBIDDEN', 'ipList');
    expect(errorOf(reply)['message']).toContain('127.0.0.1');
    const claimed = await api.call('GET', '/v1/devices', undefined, { 'x-forwarded-for': '192.0.2.1' });
    expectError(claimed, 403, 'FORBIDDEN', 'ipList');
    expect(await world.statusOf((await world.make({ allowedIps: ['127.0.0.1'] })).api)).toBe(200);
  });

  describe('limited to a device', () => {
    it('sends on its device alone, and reads of it alone', async () => {
      const [mine, other] = [await world.newDevice(), await world.newDevice()];
      const { api } = await world.make({ scopes: ['*'], deviceIds: [mine] });
      const send = (by: ApiClient, deviceId: string, to = '+15550003001') =>
        by.post('/v1/messages', { deviceId, to, type: 'text', text: { body: 'Hi' }, requireOnline: false });
      const sent = await expectOk(send(api, mine));
      const theirs = await expectOk(send(world.api, other));
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
      const { api } = await world.make({ scopes: ['*'], deviceIds: [await world.newDevice()] });
      for (const path of ['/v1/contacts', '/v1/members', '/v1/keys', '/v1/usage', '/v1/sandbox/phones'])
        expectError(await api.get(path), 403, 'FORBIDDEN', 'deviceList');
      expectError(await api.post('/v1/devices', { label: 'New', network: 'sandbox' }), 403, 'FORBIDDEN', 'deviceList');
      expectError(await api.post('/v1/keys', { name: 'Free', scopes: ['*'] }), 403, 'FORBIDDEN', 'deviceList');
    });

    it('stays limited when its device is deleted', async () => {
      const mine = await world.newDevice();
      const { id, api } = await world.make({ scopes: ['*'], deviceIds: [mine] });
      await expectOk(world.api.call('DELETE', `/v1/devices/${mine}`));
      expect(rowsOf(await expectOk(api.get('/v1/devices')))).toEqual([]);
      expectError(await api.get(`/v1/devices/${mine}`), 404, 'NOT_FOUND');
      const another = await world.newDevice();
      expect(await expectOk(world.change(id, { deviceIds: [mine, another] }))).toMatchObject({
        deviceIds: [mine, another].sort(),
      });
      await expect
        .poll(async () => (await api.get(`/v1/devices/${another}`)).status, { timeout: IN_FORCE_MS })
        .toBe(200);
    });
  });

  describe('GET /v1/me', () => {
    const operation = (me: Json, id: string) =>
      [me['operations']].flat().find((one) => objectOf({ one }, 'one')['id'] === id);

    it('tells a key what it may do and why not', async () => {
      const deviceId = await world.newDevice();
      const rights = { scopes: ['messages:send', 'contacts:read'], deviceIds: [deviceId], allowedIps: ['127.0.0.1'] };
      const { id, api } = await world.make({ name: 'Bot', ...rights });
      const me = await expectOk(api.get('/v1/me'));
      expect(me).toMatchObject({
        workspace: { id: world.server.workspaceId, name: 'Default' },
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
      const me = await expectOk(world.owner.get('/v1/me'));
      expect(me).toMatchObject({ actor: { kind: 'person', email: world.server.owner.email, role: 'owner' } });
      expect([me['operations']].flat().filter((one) => objectOf({ one }, 'one')['allowed'] !== true)).toEqual([]);
    });
  });

  it('needs a plan with API access to make a key, for people too', async () => {
    const operator = new ApiClient(world.server.url, OPERATOR_KEY);
    const plan = (name: string) =>
      expectOk(operator.call('PATCH', `/v1/operator/workspaces/${world.server.workspaceId}`, { plan: name }));
    await plan('free');
    try {
      expectError(await world.owner.post('/v1/keys', { name: 'No', scopes: ['*'] }), 403, 'FORBIDDEN', 'plan');
      const me = await expectOk(world.owner.get('/v1/me'));
      expect(JSON.stringify(me)).toContain('"id":"keys.create","allowed":false,"refusedBy":"plan"');
      expectError(await world.api.get('/v1/me'), 403, 'FORBIDDEN', 'plan');
    } finally {
      await plan('enterprise');
    }
    await expect.poll(() => world.statusOf(world.api), { timeout: IN_FORCE_MS }).toBe(200);
    const { body } = await world.make({}, world.owner);
    expect(body['createdBy']).toMatch(/^usr_/);
  });

  it('tells when and from where a key was last used', async () => {
    const { id, api, body } = await world.make({});
    expect(body).toMatchObject({ lastUsedAt: null, lastUsedIp: null });
    const before = Date.now();
    await world.statusOf(api);
    const used = await world.api.until(`/v1/keys/${id}`, (key) => key['lastUsedAt'] !== null, 10_000);
    expect(used['lastUsedIp']).toBe('127.0.0.1');
    expect(Math.abs(Date.parse(String(used['lastUsedAt'])) - before)).toBeLessThan(2_000);
  });
});
