import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { markChatRead } from '../conversations/index.ts';
import { messageSchema, toMessage } from './schemas.ts';
import { requireMessage } from './target.ts';

export const readMessage = defineOperation({
  id: 'messages.read',
  tag: 'Messages',
  summary: 'Mark a received message read',
  description:
    'The message and everything received before it in its chat, as when a person opens the chat there: WhatsApp gets the read receipts, and the conversation’s unread count is what came after. A device that is away does it when it is back. Repeating it changes nothing.',
  http: { method: 'POST', path: '/v1/messages/{messageId}/read', status: 200 },
  scope: 'conversations:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message.') }),
  output: messageSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const row = await requireMessage(ctx, input.messageId, 'messageId');
    if (row.direction !== 'inbound')
      throw new WapingError('CONFLICT', 'only a received message can be marked read', { param: 'messageId' });
    await markChatRead(ctx, { conversationId: row.conversation_id, upTo: row.id });
    return toMessage(row);
  },
});
