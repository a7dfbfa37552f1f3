import type { OperationContext } from '../../operations/context.ts';
import { newId } from '../../platform/ids.ts';
import { checkCanSend } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import { parseStored, type StoredContent, shownContent } from './content-table.ts';
import { messageEvent } from './events.ts';
import type { MessageResource } from './schemas.ts';
import { DEFAULT_VALID_SECONDS, RANK } from './status.ts';
import { insertOutbound, type MessageRow } from './store.ts';
import { ACTIONS, conflict } from './target.ts';
import { newActionWaId } from './wa-id.ts';

/** Throws CONFLICT unless the message is one of ours that WhatsApp has, sent within `windowMs`. Returns when the window ends. */
export function checkChangeable(ctx: OperationContext, row: MessageRow, windowMs: number): Date {
  const refuse = (why: string) => conflict('messageId', why);
  if (row.direction !== 'outbound') throw refuse('only messages of your own account can be changed');
  if (ACTIONS.has(row.type)) throw refuse(`a message of type ${row.type} cannot be changed`);
  if (row.revoked_at !== null) throw refuse('the message was taken back');
  if (row.sent_at === null || row.status === 'failed') throw refuse(`the message is ${row.status}, not sent`);
  const until = new Date(row.sent_at.getTime() + windowMs);
  if (until <= ctx.now) throw refuse(`WhatsApp takes this until ${until.toISOString()}`);
  return until;
}

export interface NewAction {
  type: 'edit' | 'revoke';
  content: StoredContent;
  target: MessageRow;
  /** When WhatsApp would no longer take it. */
  until: Date;
  transactional: boolean;
}

/**
 * Accepts a change of a sent message as a message of its own: with an id chosen here, its row, its place in the outbox
 * and its event, so that it reaches WhatsApp as surely as any send, and once.
 */
export async function acceptAction(ctx: OperationContext, action: NewAction): Promise<MessageResource> {
  const { target, type } = action;
  const { device_id: deviceId, conversation_id: conversationId } = target;
  const workspaceId = ctx.workspace.id;
  const to = conversationId;
  const wait = await checkCanSend(ctx.tx, { workspaceId, deviceId, requireOnline: undefined, to });
  const status = wait.heldReason === null ? 'queued' : 'held';
  const longest = new Date(ctx.now.getTime() + DEFAULT_VALID_SECONDS * 1000);
  const validUntil = action.until < longest ? action.until : longest;
  const message = resource(ctx, action, { status, heldReason: wait.heldReason, validUntil });
  await insertOutbound(ctx.write, {
    id: message.id,
    workspaceId,
    deviceId,
    conversationId,
    waId: newActionWaId(),
    type,
    content: action.content,
    status,
    statusRank: RANK[status],
    heldReason: wait.heldReason,
    clientRef: null,
    metadata: null,
    priority: message.priority,
    transactional: action.transactional,
    sendAt: null,
    validUntil,
    createdAt: ctx.now,
  });
  await recordEvents(ctx.write, [messageEvent(workspaceId, `message.${status}`, message)]);
  ctx.afterCommit(() => {
    ctx.wake.outbox(deviceId);
    ctx.wake.events();
  });
  return message;
}

function resource(
  ctx: OperationContext,
  { target, type, content, transactional }: NewAction,
  state: { status: 'queued' | 'held'; heldReason: string | null; validUntil: Date },
): MessageResource {
  const now = ctx.now.toISOString();
  return {
    id: newId('msg'),
    status: state.status,
    deviceId: target.device_id,
    conversationId: target.conversation_id,
    direction: 'outbound',
    origin: 'api',
    source: 'live',
    contactId: target.contact_id,
    phone: target.contact_phone,
    senderId: null,
    type,
    ...shownContent(parseStored(content)),
    editedAt: null,
    revokedAt: null,
    reactions: [],
    pollResults: null,
    clientRef: null,
    metadata: null,
    // What was said wrong should not stand longer than an answer would wait.
    priority: 'reply',
    transactional,
    sendAt: null,
    heldReason: state.heldReason,
    nextAttemptAt: null,
    validUntil: state.validUntil.toISOString(),
    error: null,
    createdAt: now,
    sentAt: null,
    statusAt: now,
  };
}
