import { describe, expect, it } from 'vitest';
import { loadPlans } from '../../src/features/plans/index.ts';
import {
  applyNewLimit,
  monthlySent,
  monthOf,
  noteQuotas,
  shardsOn,
  spreadStale,
} from '../../src/features/usage/index.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Caller, type CallOptions } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, ownedDevice } from './factories.ts';

const numberOf = (n: number) => `+1555${String(1_000_000 + n)}`;

/** How many answered what: a status, or the code of the refusal. */
async function tally(calls: Promise<{ status: number }>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(calls)) {
    const refused = result.status === 'rejected' && result.reason instanceof WapingError;
    if (result.status === 'rejected' && !refused) throw result.reason;
    const answer = result.status === 'fulfilled' ? String(result.value.status) : result.reason.code;
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

const sends = (callers: Caller[], deviceId: string, count: number, options?: (n: number) => CallOptions) =>
  Array.from({ length: count }, (_, n) =>
    (callers[n % callers.length] ?? callers[0])?.send(deviceId, numberOf(n % 40), options?.(n)),
  ).flatMap((call) => (call ? [call] : []));

const rows = async (db: Db, table: 'message' | 'outbox' | 'event' | 'idempotency', { workspaceId }: Caller) =>
  (await db.query(`select 1 from ${table} where workspace_id = $1`, [workspaceId])).length;
const sentBy = (db: Db, { workspaceId }: Caller, now = new Date()) => monthlySent(db, workspaceId, monthOf(now));
const countedBy = async (db: Db, { workspaceId }: Caller, direction: string) =>
  (
    await db.query<{ sum: number }>(
      'select coalesce(sum(count), 0)::int as sum from usage_day where workspace_id = $1 and direction = $2',
      [workspaceId, direction],
    )
  )[0]?.sum;

describeEachDb('the monthly quota', (database) => {
  it('accepts exactly what is left of it, however many ask at once and on however many nodes', async () => {
    const { db, dataDir, databaseUrl } = database();
    // PostgreSQL takes two processes' worth of connections; the embedded database has one process.
    await using second = databaseUrl
      ? await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') })
      : { db, [Symbol.asyncDispose]: async () => {} };
    const caller = await Caller.create(db, { outbound: 30 });
    const nodes = [caller, caller.onAnotherNode('batch' in second ? second : db)];
    const deviceId = await caller.device();
    expect(await tally(sends(nodes, deviceId, 20))).toEqual({ 202: 20 });
    const keyed = (n: number) => ({ key: `k-${n}` });
    expect(await tally(sends(nodes, deviceId, 100, keyed))).toEqual({ 202: 10, QUOTA_EXCEEDED: 90 });
    expect(await tally(sends(nodes, deviceId, 20))).toEqual({ QUOTA_EXCEEDED: 20 });
    expect([await sentBy(db, caller), await countedBy(db, caller, 'outbound')]).toEqual([30, 30]);
    const written = [
      await rows(db, 'message', caller),
      await rows(db, 'outbox', caller),
      await rows(db, 'event', caller),
    ];
    expect(written).toEqual([30, 30, 30]);
    expect(await rows(db, 'idempotency', caller)).toBe(10);
  });

  it('says in the refusal which plan, how many and when the next month begins', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 0 });
    const now = new Date('2026-12-31T23:59:59Z');
    const refusal = await caller.send(await caller.device(), numberOf(1), { now }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', status: 403, retryable: false });
    expect(JSON.stringify(refusal)).toContain('the plan growth allows 0 a month; the next begins at 2027-01-01');
  });

  it('counts a repeated Idempotency-Key once, and answers it even when nothing is left', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 2 });
    const deviceId = await caller.device();
    const twins = Array.from({ length: 20 }, () => caller.send(deviceId, numberOf(1), { key: 'same' }));
    const bodies = new Set((await Promise.all(twins)).map((reply) => String(reply.body)));
    expect([bodies.size, await sentBy(db, caller)]).toEqual([1, 1]);
    await caller.send(deviceId, numberOf(2));
    expect(await tally([caller.send(deviceId, numberOf(3))])).toEqual({ QUOTA_EXCEEDED: 1 });
    const again = await caller.send(deviceId, numberOf(1), { key: 'same' });
    expect([again.status, again.replayed, bodies.has(String(again.body))]).toEqual([202, true, true]);
    expect([await sentBy(db, caller), await countedBy(db, caller, 'outbound')]).toEqual([2, 2]);
  });

  it('leaves sandbox devices free, and still counts what they send', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 0 });
    const deviceId = await caller.device('sandbox');
    expect(await tally(sends([caller], deviceId, 25))).toEqual({ 202: 25 });
    expect([await sentBy(db, caller), await countedBy(db, caller, 'outbound')]).toEqual([0, 25]);
  });

  it('begins anew with the calendar month of UTC', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 3 });
    const deviceId = await caller.device();
    const at = (text: string) => () => ({ now: new Date(text) });
    const last = at('2026-11-30T23:59:59.999Z');
    expect(await tally(sends([caller], deviceId, 5, last))).toEqual({ 202: 3, QUOTA_EXCEEDED: 2 });
    expect(await tally(sends([caller], deviceId, 5, at('2026-12-01T00:00:00Z')))).toEqual({
      202: 3,
      QUOTA_EXCEEDED: 2,
    });
    expect(await tally(sends([caller], deviceId, 2, last))).toEqual({ QUOTA_EXCEEDED: 2 });
  });

  it('stays exact when the limit is lowered and raised in the middle of a month', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 400 });
    const deviceId = await caller.device();
    const move = async (limit: number) => {
      const { workspaceId } = caller;
      await db.tx((tx) => applyNewLimit(tx, { workspaceId, limit, shards: shardsOn(db), now: new Date() }));
      caller.limits = { ...caller.limits, outboundPerMonth: limit };
    };
    // Chance may bring all to one shard; without spreading, the others would then go on as if it had sent nothing.
    await db.query(
      'insert into usage_month (workspace_id, month, shard, sent, allowed) values ($1, $2::date, 0, 40, 50)',
      [caller.workspaceId, monthOf(new Date())],
    );
    await move(51);
    expect(await tally(sends([caller], deviceId, 30))).toEqual({ 202: 11, QUOTA_EXCEEDED: 19 });
    await move(10);
    expect(await tally(sends([caller], deviceId, 10))).toEqual({ QUOTA_EXCEEDED: 10 });
    await move(58);
    expect(await tally(sends([caller], deviceId, 30))).toEqual({ 202: 7, QUOTA_EXCEEDED: 23 });
    expect(await sentBy(db, caller)).toBe(58);
  });

  it('is spread anew at a start with other plans or another kind of database, and nothing is forgotten', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 100 });
    const now = new Date();
    await db.query(
      `insert into usage_month (workspace_id, month, shard, sent, allowed)
       values ($1, $2::date, 0, 60, 60), ($1, $2::date, 3, 20, 20), ($1, $2::date, 11, 10, 10)`,
      [caller.workspaceId, monthOf(now)],
    );
    await spreadStale(db, await loadPlans(undefined), now);
    expect(await sentBy(db, caller)).toBe(90);
    expect(await tally(sends([caller], await caller.device(), 30))).toEqual({ 202: 10, QUOTA_EXCEEDED: 20 });
  });

  it('tells of 80 and of 100 percent once each, also when two nodes look at once', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { outbound: 10 });
    const deviceId = await caller.device();
    const plans = await loadPlans(undefined);
    const told = async () => {
      await Promise.all([noteQuotas(db, plans, new Date()), noteQuotas(db, plans, new Date())]);
      const found = await db.query<{ type: string; data: { level: number; sent: number; limit: number } }>(
        `select type, data from event where workspace_id = $1 and type like 'quota.%' order by event.sequence`,
        [caller.workspaceId],
      );
      return found.map(({ type, data }) => [type, data.level, data.sent, data.limit]);
    };
    await tally(sends([caller], deviceId, 7));
    expect(await told()).toEqual([]);
    await tally(sends([caller], deviceId, 1));
    expect(await told()).toEqual([['quota.threshold', 80, 8, 10]]);
    await tally(sends([caller], deviceId, 5));
    expect(await told()).toEqual([
      ['quota.threshold', 80, 8, 10],
      ['quota.exceeded', 100, 10, 10],
    ]);
    expect(await told()).toHaveLength(2);
  });
});

describeEachDb('a plan’s devices', (database) => {
  const create = (caller: Caller, network: string, key?: string) =>
    caller.call('devices.create', { body: { label: 'New', network } }, key ? { key } : {});

  it('are exactly as many as the plan says, however many are created at once', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { devices: 3 });
    const many = (count: number) => Array.from({ length: count }, () => create(caller, 'whatsapp'));
    expect(await tally(many(20))).toEqual({ 201: 3, QUOTA_EXCEEDED: 17 });
    const found = await db.query<{ id: string }>('select id from device where workspace_id = $1', [caller.workspaceId]);
    expect(found).toHaveLength(3);
    await caller.call('devices.delete', { params: { deviceId: found[0]?.id } });
    expect(await tally(many(5))).toEqual({ 201: 1, QUOTA_EXCEEDED: 4 });
  });

  it('do not include those of the sandbox, and a repeated key makes none', async () => {
    const { db } = database();
    const caller = await Caller.create(db, { devices: 1 });
    expect(await tally(Array.from({ length: 5 }, () => create(caller, 'sandbox')))).toEqual({ 201: 5 });
    const first = await create(caller, 'whatsapp', 'same');
    expect(await tally([create(caller, 'whatsapp')])).toEqual({ QUOTA_EXCEEDED: 1 });
    const again = await create(caller, 'whatsapp', 'same');
    expect([again.replayed, again.body]).toEqual([true, first.body]);
  });
});

describeEachDb('received messages', (database) => {
  it('are counted by day, device and kind, each once, however often they are delivered', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const from = { kind: 'person', phone: '+15550003000' } as const;
    const arrives = (waId: string, fromMe = false) => ({
      kind: 'inbound' as const,
      message: {
        waId,
        chat: from,
        sender: from,
        fromMe,
        sentAt: Date.now(),
        content: { type: 'text', text: { body: waId } } as const,
        offline: false,
      },
    });
    await commit(db, device, [arrives('A1'), arrives('A2'), arrives('A1'), arrives('A3', true)]);
    await commit(db, device, [arrives('A2'), arrives('A4')]);
    const counted = await db.query(
      'select device_id, network, direction, kind, count from usage_day where workspace_id = $1',
      [device.workspaceId],
    );
    expect(counted).toEqual([
      { device_id: device.deviceId, network: 'sandbox', direction: 'inbound', kind: 'text', count: 3 },
    ]);
  });
});

describe('a share of a limit', () => {
  it('adds up, whatever the limit, and never shrinks as the limit grows', async () => {
    const { shareOf } = await import('../../src/features/usage/shards.ts');
    for (const total of [0, 1, 7, 8, 9, 500, 3_000, 999_999]) {
      const parts = Array.from({ length: 8 }, (_, shard) => shareOf(total, shard, 8));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
      expect(parts.every((part, shard) => part <= shareOf(total + 1, shard, 8))).toBe(true);
    }
  });
});
