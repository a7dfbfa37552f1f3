import type { OperationContext } from '../../operations/context.ts';
import { takeFromDay, takeFromMonth } from './give-back-store.ts';
import { dayOf, monthOf } from './months.ts';

/**
 * Takes one message out of the counts again, in the transaction that cancels it. A month that is over stays as it was
 * counted, and what was free gives nothing back.
 */
export async function uncountOutbound(
  ctx: OperationContext,
  message: { deviceId: string; kind: string; countedAt: Date },
): Promise<void> {
  const workspaceId = ctx.workspace.id;
  const month = monthOf(message.countedAt);
  if (month !== monthOf(ctx.now)) return;
  // The day before the month, as who counts: in another order the two could wait for each other.
  const { deviceId, kind } = message;
  const network = await takeFromDay(ctx.tx, { workspaceId, day: dayOf(message.countedAt), deviceId, kind });
  if (network === null || network === 'sandbox') return;
  await takeFromMonth(ctx.tx, { workspaceId, month });
  const { quota } = ctx.live;
  ctx.afterCommit(() => quota.noteFreed({ workspaceId, month, limit: ctx.limits.outboundPerMonth }));
}
