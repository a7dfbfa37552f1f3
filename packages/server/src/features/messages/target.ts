import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { findMessage, type MessageRow } from './store.ts';

const NEVER_SENT = new Set(['failed', 'expired', 'canceled']);
/** Types of what only changes another message. */
export const ACTIONS: ReadonlySet<string> = new Set(['reaction', 'vote', 'edit', 'revoke']);

/** The message of an id. Throws NOT_FOUND. */
export async function requireMessage(ctx: OperationContext, id: string, param: string): Promise<MessageRow> {
  const row = await findMessage(ctx.tx, ctx.workspace.id, id);
  if (!row) throw new WapingError('NOT_FOUND', 'no such message', { param });
  return row;
}

export function conflict(param: string, why: string): WapingError {
  return new WapingError('CONFLICT', why, { param, details: [{ param, message: why }] });
}

/** A message that another in the same chat may speak of. Throws NOT_FOUND, or CONFLICT where there is nothing to speak of. */
export async function requireInChat(
  ctx: OperationContext,
  target: { id: string; conversationId: string; param: string },
): Promise<MessageRow> {
  const row = await requireMessage(ctx, target.id, target.param);
  if (row.conversation_id !== target.conversationId)
    throw new WapingError('NOT_FOUND', 'no such message in this conversation', { param: target.param });
  if (NEVER_SENT.has(row.status)) throw conflict(target.param, 'that message was never sent');
  if (row.revoked_at !== null) throw conflict(target.param, 'that message was taken back');
  if (ACTIONS.has(row.type)) throw conflict(target.param, 'that message only changes another');
  return row;
}
