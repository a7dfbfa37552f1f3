import type { OperationContext } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { insertInboundCounts, insertOutboundCount, isShardFull } from './count-store.ts';
import { dayOf, monthEnd, monthOf } from './months.ts';
import { shareOf } from './shards.ts';

function spentMonth(ctx: OperationContext) {
  return { workspaceId: ctx.workspace.id, month: monthOf(ctx.now), limit: ctx.limits.outboundPerMonth };
}

/** The refusal of who has used up the month. */
export function quotaExceeded(ctx: OperationContext): WapingError {
  const { plan, outboundPerMonth } = ctx.limits;
  const resets = monthEnd(ctx.now).toISOString();
  return new WapingError('QUOTA_EXCEEDED', `the ${outboundPerMonth} messages of this month are used up`, {
    details: [
      { param: 'plan', message: `the plan ${plan} allows ${outboundPerMonth} a month; the next begins at ${resets}` },
    ],
  });
}

// Ids end in random characters, so calls spread over the shards; an attempt goes on to the next.
function shardOf({ requestId, attempt, live: { quota } }: OperationContext): number {
  const random = Buffer.from(requestId.slice(-8)).reduce((sum, byte) => sum + byte, 0);
  return (random + attempt) % quota.shards;
}

/**
 * Counts one message that this call accepts; to be written last, since others wait for its row until the commit.
 * Throws QUOTA_EXCEEDED where the month is known to be used up; the commit decides the rest (`outboundRefused`).
 */
export async function countOutbound(
  ctx: OperationContext,
  message: { deviceId: string; network: string; kind: string },
): Promise<void> {
  const free = message.network === 'sandbox';
  const { quota } = ctx.live;
  if (!free && quota.isSpent(spentMonth(ctx))) throw quotaExceeded(ctx);
  const shard = shardOf(ctx);
  const allowed = free ? null : shareOf(ctx.limits.outboundPerMonth, shard, quota.shards);
  await insertOutboundCount(ctx.write, {
    ...message,
    workspaceId: ctx.workspace.id,
    day: dayOf(ctx.now),
    shard,
    allowed,
  });
}

/** An operation's `refused` where it counts outbound: a full shard leads to the next, after all to QUOTA_EXCEEDED. */
export function outboundRefused(error: unknown, ctx: OperationContext): boolean {
  if (!isShardFull(error)) return false;
  if (ctx.attempt + 1 < ctx.live.quota.shards) return true;
  ctx.live.quota.noteSpent(spentMonth(ctx));
  throw quotaExceeded(ctx);
}

/** Counts messages that arrived, in the transaction that stores them. */
export async function countInbound(
  tx: Queryable,
  messages: readonly { workspaceId: string; deviceId: string; kind: string }[],
  now: Date,
): Promise<void> {
  if (messages.length > 0) await insertInboundCounts(tx, messages, dayOf(now));
}
