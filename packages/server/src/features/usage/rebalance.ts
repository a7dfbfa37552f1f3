import type { PlanBook } from '../../operations/context.ts';
import type { Db, Queryable } from '../../platform/db/port.ts';
import { monthOf } from './months.ts';
import { dropShardsFrom, ensureShards, listShards, lockShards, type ShardRow, writeShards } from './shard-store.ts';
import { shardsOn, shareOf } from './shards.ts';

interface Spread {
  workspaceId: string;
  month: string;
  limit: number;
  shards: number;
}

/**
 * Spreads what a month has used evenly over its shards, in the caller's transaction. Needed whenever the limit changes:
 * else a shard that was ahead would stand above its new part while the others fill theirs, and the sum above the limit.
 */
export async function spreadMonth(tx: Queryable, { workspaceId, month, limit, shards }: Spread): Promise<void> {
  const target = { workspaceId, month };
  await ensureShards(tx, target, shards);
  const sent = (await lockShards(tx, target)).reduce((sum, one) => sum + one, 0);
  const parts = Array.from({ length: shards }, (_, shard) => {
    const count = shareOf(sent, shard, shards);
    return { sent: count, allowed: Math.max(count, shareOf(limit, shard, shards)) };
  });
  await writeShards(tx, target, parts);
  await dropShardsFrom(tx, target, shards);
}

/** Spreads the current month anew under a limit that this transaction has changed. */
export async function applyNewLimit(
  tx: Queryable,
  change: { workspaceId: string; limit: number; shards: number; now: Date },
): Promise<void> {
  await spreadMonth(tx, { ...change, month: monthOf(change.now) });
}

/** What was spread under other plans (a changed file) or for another kind of database is spread anew. For the start. */
export async function spreadStale(db: Db, plans: PlanBook, now: Date): Promise<void> {
  const month = monthOf(now);
  const shards = shardsOn(db);
  for (let after = ''; ; ) {
    const rows = await listShards(db, month, after);
    const last = rows.at(-1);
    if (!last) return;
    const stale = new Map<string, number>();
    for (const row of rows) {
      const limit = limitOf(plans, row);
      if (row.shard >= shards || row.allowed !== shareOf(limit, row.shard, shards)) stale.set(row.workspace_id, limit);
    }
    for (const [workspaceId, limit] of stale) {
      await db.tx((tx) => spreadMonth(tx, { workspaceId, month, limit, shards }));
    }
    after = last.workspace_id;
  }
}

const limitOf = (plans: PlanBook, row: ShardRow): number =>
  row.outbound_limit ?? plans.find(row.plan)?.outboundPerMonth ?? 0;
