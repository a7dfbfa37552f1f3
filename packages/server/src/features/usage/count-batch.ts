import type { OperationContext } from '../../operations/context.ts';
import { addToDay, addToMonth, lockMonth, monthOfShards } from './count-batch-store.ts';
import { dayOf, monthOf } from './months.ts';
import { shareOf } from './shards.ts';

/** Messages of one kind that one device is to send. */
export interface BatchCount {
  deviceId: string;
  network: string;
  kind: string;
  count: number;
}

const sharesOf = ({ limits, live: { quota } }: OperationContext): number[] =>
  Array.from({ length: quota.shards }, (_, shard) => shareOf(limits.outboundPerMonth, shard, quota.shards));

// In one order in every batch: each holds the rows of its devices until it commits.
const byDevice = (counts: readonly BatchCount[]): BatchCount[] =>
  [...counts].sort((a, b) => (`${a.deviceId} ${a.kind}` < `${b.deviceId} ${b.kind}` ? -1 : 1));

/** How many messages of the month are left, as it stands now: others may take of it until `countBatch` does. */
export async function outboundLeft(ctx: OperationContext): Promise<number> {
  const rows = await monthOfShards(ctx.tx, { workspaceId: ctx.workspace.id, month: monthOf(ctx.now) });
  const sent = new Map(rows.map((row) => [row.shard, row.sent]));
  return sharesOf(ctx).reduce((sum, share, shard) => sum + Math.max(0, share - (sent.get(shard) ?? 0)), 0);
}

/**
 * Counts messages of a batch in the transaction that accepts them: all of those that are free, and of the others as many
 * as the month still allows. Returns how many of the others that is; the rest is for `uncountBatch`. Whoever sends waits until the commit, so nothing
 * that could wait for another sender may follow.
 */
export async function countBatch(ctx: OperationContext, counts: readonly BatchCount[]): Promise<number> {
  const workspaceId = ctx.workspace.id;
  const day = dayOf(ctx.now);
  const ordered = byDevice(counts);
  // The day before the month, as every sender: in another order two could wait for each other.
  await addToDay(ctx.tx, { workspaceId, day }, ordered);
  const paid = ordered.filter(({ network }) => network !== 'sandbox');
  const wanted = paid.reduce((sum, { count }) => sum + count, 0);
  if (wanted === 0) return 0;
  const month = { workspaceId, month: monthOf(ctx.now) };
  const shards = await lockMonth(ctx.tx, month, sharesOf(ctx));
  let open = wanted;
  const taken = shards.map(({ shard, sent, allowed }) => {
    const count = Math.max(0, Math.min(open, allowed - sent));
    open -= count;
    return { shard, count };
  });
  await addToMonth(ctx.tx, month, taken);
  return wanted - open;
}

/** Takes out of the day's counts what `countBatch` found no room for. */
export async function uncountBatch(ctx: OperationContext, counts: readonly BatchCount[]): Promise<void> {
  const back = byDevice(counts).map((one) => ({ ...one, count: -one.count }));
  await addToDay(ctx.tx, { workspaceId: ctx.workspace.id, day: dayOf(ctx.now) }, back);
}
