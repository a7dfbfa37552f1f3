import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { acceptAction, checkChangeable } from './action.ts';
import { parseStored } from './content-table.ts';
import { messageSchema } from './schemas.ts';
import { requireMessage } from './target.ts';

/** WhatsApp lets a message be deleted for everyone for two days and twelve hours. */
const WINDOW_MS = 60 * 3600_000;

export const revokeMessage = defineOperation({
  id: 'messages.revoke',
  tag: 'Messages',
  summary: 'Take a sent message back',
  description:
    'Deletes it for everyone, within 60 hours of sending, WhatsApp’s own window. To WhatsApp a revoke is a message of its own: the answer is that message, of type `revoke`, whose status can be followed. Once WhatsApp took it the message has no content any more and shows `revokedAt`, with an event `message.revoked`. A message still waiting is not sent yet: cancel it instead.',
  http: { method: 'DELETE', path: '/v1/messages/{messageId}', status: 202 },
  scope: 'messages:send',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message to take back.') }),
  output: messageSchema,
  errors: ['NOT_FOUND', 'CONFLICT', 'SESSION_DISCONNECTED'],
  rateClass: 'send',
  mutates: true,
  auditTarget: ({ input }) => ({ kind: 'message', id: input.messageId }),
  location: (message) => `/v1/messages/${message.id}`,
  async run(ctx, input) {
    const target = await requireMessage(ctx, input.messageId, 'messageId');
    const until = checkChangeable(ctx, target, WINDOW_MS);
    const { statusUpdate } = parseStored(target.content);
    const content = { revoke: { messageId: target.id }, ...(statusUpdate ? { statusUpdate } : {}) };
    // Nothing is said to who has opted out: something is taken back.
    return acceptAction(ctx, { type: 'revoke', content, target, until, transactional: true });
  },
});
