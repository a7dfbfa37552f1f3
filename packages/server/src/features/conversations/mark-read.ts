import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { lockReadState, newestInbound, queueRead, setReadUpTo } from './read-store.ts';
import { conversationSchema, toConversation } from './schemas.ts';
import { findConversation } from './store.ts';

/**
 * Marks what was received in a chat read, up to a message or all of it. What is read already stays so; where the count
 * of the unread says otherwise (the phone's history told it, and not the messages), it is counted anew. Where nothing
 * changes nothing is written or told. Throws NOT_FOUND.
 */
export async function markChatRead(
  ctx: OperationContext,
  chat: { conversationId: string; upTo: string | null },
): Promise<void> {
  const workspaceId = ctx.workspace.id;
  const { conversationId } = chat;
  const state = await lockReadState(ctx.tx, workspaceId, conversationId);
  if (!state) throw new WapingError('NOT_FOUND', 'no such conversation', { param: 'conversationId' });
  if (chat.upTo === null && state.unread === 0) return;
  const upTo = chat.upTo ?? (await newestInbound(ctx.tx, workspaceId, conversationId));
  const isNew = upTo !== null && (state.read_up_to === null || upTo > state.read_up_to);
  if (!isNew && state.unread === 0) return;
  const unread = await setReadUpTo(ctx.tx, { workspaceId, id: conversationId, upTo });
  if (!isNew && unread === state.unread) return;
  const deviceId = state.device_id;
  if (isNew) await queueRead(ctx.write, { workspaceId, deviceId, conversationId, after: state.read_up_to, upTo });
  const data = { conversationId, deviceId, readUpTo: isNew ? upTo : state.read_up_to, unread };
  await recordEvents(ctx.write, [
    { workspaceId, deviceId, subjectId: conversationId, type: 'conversation.read', data },
  ]);
  ctx.afterCommit(() => {
    ctx.wake.reads(deviceId);
    ctx.wake.events();
  });
}

export const readConversation = defineOperation({
  id: 'conversations.read',
  tag: 'Conversations',
  summary: 'Mark a conversation read',
  description:
    'Sets the unread count to 0 and sends WhatsApp the read receipts of what was received since it was last read, the newest 1,000 of it: the other side sees its ticks turn blue, unless the account keeps read receipts to itself. A device that is away does it when it is back. Repeating it changes nothing.',
  http: { method: 'POST', path: '/v1/conversations/{conversationId}/read', status: 200 },
  scope: 'conversations:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ conversationId: pathId('cnv', 'The conversation.') }),
  output: conversationSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    await markChatRead(ctx, { conversationId: input.conversationId, upTo: null });
    const row = await findConversation(ctx.tx, ctx.workspace.id, input.conversationId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such conversation', { param: 'conversationId' });
    return toConversation(row);
  },
});
