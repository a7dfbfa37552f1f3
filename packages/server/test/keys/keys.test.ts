import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { KeyWorld, NOBODY, secretOf } from '../kit/keys.ts';
import { expectError } from '../kit/people.ts';
import { expectOk } from '../kit/sandbox-device.ts';

describe.each(DATABASE_KINDS)('API keys on %s', (kind) => {
  let world: KeyWorld;
  beforeAll(async () => {
    world = await KeyWorld.start(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('makes a key that works at once and shows its secret this once', async () => {
    const { id, api, body } = await world.make({ name: ' Shop ', scopes: ['devices:read', 'devices:read'] });
    expect(body).toMatchObject({
      name: 'Shop',
      state: 'active',
      scopes: ['devices:read'],
      deviceIds: null,
      allowedIps: null,
    });
    expect(String(body['apiKey'])).toMatch(/^wap_[a-z0-9]{26}_[\w-]{43}_[0-9a-f]{8}$/);
    expect(await world.statusOf(api)).toBe(200);
    const shown = [await expectOk(world.api.get(`/v1/keys/${id}`)), await expectOk(world.api.get('/v1/keys'))];
    const secret = secretOf(api.key);
    for (const reply of shown) {
      expect(JSON.stringify(reply)).toContain(id);
      expect(JSON.stringify(reply)).not.toContain(secret);
    }
    const events = JSON.stringify(await expectOk(world.api.get('/v1/events?types=key.created&limit=100')));
    expect(events).toContain(id);
    expect(events).not.toContain(secret);
  });

  it('answers a repeated Idempotency-Key with the same key and without its secret', async () => {
    const send = () => world.api.post('/v1/keys', { name: 'Twice', scopes: ['*'] }, { 'idempotency-key': 'twice' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual({ ...first.body, apiKey: null });
    expect(first.body['apiKey']).not.toBeNull();
  });

  it('refuses a scope it does not know and lists those there are', async () => {
    const reply = await world.api.post('/v1/keys', { name: 'X', scopes: ['devices:read', 'devices:fly', 'nope:*'] });
    expectError(reply, 400, 'VALIDATION_ERROR', 'scopes.2');
    expect(errorOf(reply)).toMatchObject({ param: 'scopes.1', message: expect.stringContaining('messages:send') });
    for (const wild of ['*', 'devices:*']) await world.make({ scopes: [wild] });
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
    const { id } = await world.make({});
    const replies = [
      await world.api.post('/v1/keys', { name: 'X', scopes: ['*'], ...body }),
      await world.change(id, body),
    ];
    for (const reply of replies) expect([reply.status, errorOf(reply)['param']]).toEqual([status, param]);
  });

  it('refuses a change of nothing', async () => {
    const { id } = await world.make({});
    expectError(await world.change(id, {}), 400, 'VALIDATION_ERROR');
  });

  it('changes what is sent and keeps the rest, within a second', async () => {
    const { id, api, body } = await world.make({ expiresAt: '2090-01-01T00:00:00Z' });
    expect(await world.statusOf(api)).toBe(200);
    const after = await expectOk(
      world.change(id, { scopes: ['messages:read'], allowedIps: ['::ffff:127.0.0.0/104', '::1'] }),
    );
    const { apiKey: _secret, ...before } = body;
    expect(after).toMatchObject({ ...before, scopes: ['messages:read'], allowedIps: ['127.0.0.0/8', '::1'] });
    await world.inForce(api, 403);
    expect((await api.get('/v1/messages')).status).toBe(200);
    expect(await expectOk(world.change(id, { expiresAt: null, allowedIps: null }))).toMatchObject({
      expiresAt: null,
      allowedIps: null,
    });
  });

  it('stops a key at its expiry', async () => {
    const { id, api } = await world.make({ expiresAt: new Date(Date.now() + 1_500).toISOString() });
    expect(await world.statusOf(api)).toBe(200);
    await expect.poll(() => world.statusOf(api), { timeout: 3_000 }).toBe(401);
    expect(await expectOk(world.api.get(`/v1/keys/${id}`))).toMatchObject({ state: 'expired' });
    await expectOk(world.change(id, { expiresAt: null }));
    await world.inForce(api, 200);
  });

  it('lists keys by their state', async () => {
    const [live, gone] = [await world.make({}), await world.make({})];
    await expectOk(world.api.call('DELETE', `/v1/keys/${gone.id}`));
    const ids = async (state: string) =>
      rowsOf(await expectOk(world.api.get(`/v1/keys?limit=100&state=${state}`))).map((row) => row['id']);
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
      const maker = await world.make(RIGHTS);
      const child = await world.make({ ...RIGHTS, scopes: ['messages:send'], allowedIps: ['127.0.0.1'] }, maker.api);
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
      const maker = await world.make(RIGHTS);
      const count = async () => rowsOf(await expectOk(world.api.get('/v1/keys?limit=100'))).length;
      const before = await count();
      expectError(await maker.api.post('/v1/keys', { name: 'More', ...RIGHTS, ...more }), 403, 'FORBIDDEN', param);
      expect(await count()).toBe(before);
      const child = await world.make({ ...RIGHTS, scopes: ['messages:send'] }, maker.api);
      expectError(await world.change(child.id, more, maker.api), 403, 'FORBIDDEN', param);
      expectError(await world.change(maker.id, more, maker.api), 403, 'FORBIDDEN', param);
    });

    it('cannot change or renew a key that may do more, for who renews a secret holds it', async () => {
      const maker = await world.make(RIGHTS);
      const stronger = await world.make({ scopes: ['*'] });
      expectError(await world.change(stronger.id, { name: 'Mine' }, maker.api), 403, 'FORBIDDEN', 'scope');
      for (const path of ['rotate', 'end-rotation'])
        expectError(await maker.api.post(`/v1/keys/${stronger.id}/${path}`), 403, 'FORBIDDEN', 'scope');
      expect(await world.statusOf(stronger.api)).toBe(200);
    });

    it('cannot free itself, and may narrow and renew itself', async () => {
      const maker = await world.make(RIGHTS);
      await expectOk(world.change(maker.id, { scopes: ['keys:write', 'messages:read'] }, maker.api));
      // At once: the call itself still comes in with the rights of before.
      const back = await world.change(maker.id, { scopes: ['keys:*', 'messages:*'] }, maker.api);
      expectError(back, 403, 'FORBIDDEN', 'scope');
      await expectOk(maker.api.post(`/v1/keys/${maker.id}/rotate`));
    });

    it('makes no key in the second in which it is revoked', async () => {
      const maker = await world.make(RIGHTS);
      expect((await maker.api.get('/v1/keys')).status).toBe(200);
      await expectOk(world.api.call('DELETE', `/v1/keys/${maker.id}`));
      expectError(await maker.api.post('/v1/keys', { name: 'Late', ...RIGHTS }), 401, 'UNAUTHORIZED');
    });
  });
});
