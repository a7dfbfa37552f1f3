import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { KeyWorld } from '../kit/keys.ts';
import { expectError } from '../kit/people.ts';
import { expectOk } from '../kit/sandbox-device.ts';

describe.each(DATABASE_KINDS)('the secrets of API keys on %s', (kind) => {
  let world: KeyWorld;
  beforeAll(async () => {
    world = await KeyWorld.start(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  describe('rotation', () => {
    const rotate = (id: string, body: Json = {}, headers = {}) =>
      world.api.post(`/v1/keys/${id}/rotate`, body, headers);
    const end = (id: string, keep: string) => world.api.post(`/v1/keys/${id}/end-rotation`, { keep });
    const clientOf = (body: Json) => new ApiClient(world.server.url, String(body['apiKey']));

    it('gives a new secret that works at once, while the old one goes on for a day', async () => {
      const { id, api } = await world.make({});
      expect(await world.statusOf(api)).toBe(200);
      const before = Date.now();
      const rotated = await expectOk(rotate(id));
      const until = Date.parse(String(rotated['oldSecretUntil']));
      expect(Math.abs(until - before - 86_400_000)).toBeLessThan(60_000);
      const renewed = clientOf(rotated);
      expect(renewed.key).not.toBe(api.key);
      expect([await world.statusOf(renewed), await world.statusOf(api)]).toEqual([200, 200]);
      await expectOk(end(id, 'new'));
      await world.inForce(api, 401);
      expect(await world.statusOf(renewed)).toBe(200);
      expectError(await end(id, 'new'), 409, 'CONFLICT');
    });

    it('can be taken back', async () => {
      const { id, api } = await world.make({});
      const renewed = clientOf(await expectOk(rotate(id)));
      expect(await world.statusOf(renewed)).toBe(200);
      expect(await expectOk(end(id, 'old'))).toMatchObject({ oldSecretUntil: null });
      await world.inForce(renewed, 401);
      expect(await world.statusOf(api)).toBe(200);
    });

    it('stops the old secret at once without an overlap, and when the overlap ends', async () => {
      const { id, api } = await world.make({});
      const second = clientOf(await expectOk(rotate(id, { overlapSeconds: 0 })));
      await world.inForce(api, 401);
      const third = clientOf(await expectOk(rotate(id, { overlapSeconds: 2 })));
      expect([await world.statusOf(second), await world.statusOf(third)]).toEqual([200, 200]);
      await expect.poll(() => world.statusOf(second), { timeout: 4_000 }).toBe(401);
      expect(await world.statusOf(third)).toBe(200);
      expect(await expectOk(world.api.get(`/v1/keys/${id}`))).toMatchObject({ oldSecretUntil: null });
    });

    it('keeps two secrets at the most', async () => {
      const { id, api } = await world.make({});
      const second = clientOf(await expectOk(rotate(id)));
      const third = clientOf(await expectOk(rotate(id)));
      await world.inForce(api, 401);
      expect([await world.statusOf(second), await world.statusOf(third)]).toEqual([200, 200]);
    });

    it('answers a repeated Idempotency-Key without a secret and without rotating again', async () => {
      const { id } = await world.make({});
      const [first, second] = [
        await rotate(id, {}, { 'idempotency-key': `r-${id}` }),
        await rotate(id, {}, { 'idempotency-key': `r-${id}` }),
      ];
      expect(second.body).toEqual({ ...first.body, apiKey: null });
      expect(await world.statusOf(clientOf(first.body))).toBe(200);
    });

    it.each([-1, 30 * 86_400 + 1, 1.5])('refuses an overlap of %d seconds', async (overlapSeconds) => {
      const { id } = await world.make({});
      expectError(await rotate(id, { overlapSeconds }), 400, 'VALIDATION_ERROR', 'overlapSeconds');
    });
  });

  it('revokes a key for good, with both its secrets', async () => {
    const { id, api } = await world.make({});
    const rotated = await expectOk(world.api.post(`/v1/keys/${id}/rotate`));
    const renewed = new ApiClient(world.server.url, String(rotated['apiKey']));
    expect([await world.statusOf(api), await world.statusOf(renewed)]).toEqual([200, 200]);
    expect((await world.api.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    await Promise.all([world.inForce(api, 401), world.inForce(renewed, 401)]);
    expect(await expectOk(world.api.get(`/v1/keys/${id}`))).toMatchObject({ state: 'revoked', oldSecretUntil: null });
    expect((await world.api.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    for (const reply of [
      await world.change(id, { name: 'Back' }),
      await world.api.post(`/v1/keys/${id}/rotate`),
      await world.api.post(`/v1/keys/${id}/end-rotation`),
    ])
      expectError(reply, 409, 'CONFLICT');
    const events = rowsOf(await expectOk(world.api.get('/v1/events?types=key.revoked&limit=100')));
    expect(events.filter((event) => objectOf(event, 'data')['keyId'] === id)).toHaveLength(1);
  });
});
