import { z } from 'zod';
import type { Address } from '../../engine/port.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { askWhatsApp } from '../devices/index.ts';
import { type ConversationRow, findConversation } from './store.ts';

const stateField = z
  .enum(['composing', 'recording', 'paused'])
  .meta({ description: 'Writing, recording a voice message, or neither any more.', examples: ['composing'] });

/** Where messages of a chat go. Null for one without an address. */
export function addressOfChat(
  chat: Pick<ConversationRow, 'kind' | 'group_id' | 'contact_phone' | 'contact_lid'>,
): Address | null {
  if (chat.kind === 'group') return chat.group_id === null ? null : { kind: 'group', id: chat.group_id };
  const { contact_phone: phone, contact_lid: lid } = chat;
  if (chat.kind !== 'person' || (phone === null && lid === null)) return null;
  return { kind: 'person', ...(phone === null ? {} : { phone }), ...(lid === null ? {} : { lid }) };
}

export const showTyping = defineOperation({
  id: 'conversations.typing',
  tag: 'Conversations',
  summary: 'Show typing or recording',
  description:
    'The other side sees it at once. It ends with `paused`, with the next message, or by itself after 25 seconds; renew it to show it longer. Nothing is kept: a device that is not connected answers SESSION_DISCONNECTED.',
  http: { method: 'POST', path: '/v1/conversations/{conversationId}/typing', status: 200 },
  scope: 'messages:send',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ conversationId: pathId('cnv', 'The conversation.') }),
  body: z.strictObject({ state: stateField }).meta({ id: 'ShowTyping' }),
  output: z.object({ state: stateField }).meta({ id: 'Typing' }),
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
  async wire(ctx, input) {
    const row = await findConversation(ctx.tx, ctx.workspace.id, input.conversationId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such conversation', { param: 'conversationId' });
    const chat = addressOfChat(row);
    if (!chat) throw new WapingError('CONFLICT', 'nobody writes back in this chat', { param: 'conversationId' });
    return askWhatsApp(ctx, row.device_id, { name: 'chatState', input: { chat, state: input.state } });
  },
  run: async (_ctx, input) => ({ state: input.state }),
});
