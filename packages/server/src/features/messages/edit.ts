import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContact } from '../contacts/index.ts';
import { acceptAction, checkChangeable } from './action.ts';
import { plainTextInput } from './content/text.ts';
import { parseStored } from './content-table.ts';
import { messageSchema } from './schemas.ts';
import { conflict, requireMessage } from './target.ts';

/** WhatsApp's own window. */
const WINDOW_MS = 15 * 60_000;

export const editMessage = defineOperation({
  id: 'messages.edit',
  tag: 'Messages',
  summary: 'Edit a sent text',
  description:
    'Within 15 minutes of sending, WhatsApp’s own window. To WhatsApp an edit is a message of its own: the answer is that message, of type `edit`, whose status can be followed like any other. Once WhatsApp took it the edited message shows the new text and `editedAt`, with an event `message.edited`.',
  http: { method: 'PATCH', path: '/v1/messages/{messageId}', status: 202 },
  scope: 'messages:send',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message to edit.') }),
  body: z
    .strictObject({ text: plainTextInput.meta({ description: 'The new text.' }) })
    .meta({ id: 'EditMessage', examples: [{ text: { body: 'Your order #12346 is confirmed.' } }] }),
  output: messageSchema,
  errors: ['NOT_FOUND', 'CONFLICT', 'SESSION_DISCONNECTED', 'RECIPIENT_OPTED_OUT'],
  rateClass: 'send',
  mutates: true,
  auditTarget: ({ input }) => ({ kind: 'message', id: input.messageId }),
  location: (message) => `/v1/messages/${message.id}`,
  async run(ctx, input) {
    const target = await requireMessage(ctx, input.messageId, 'messageId');
    const until = checkChangeable(ctx, target, WINDOW_MS);
    if (target.type !== 'text') throw conflict('messageId', 'only texts can be edited');
    if (parseStored(target.content).statusUpdate) throw conflict('messageId', 'a status update cannot be edited');
    const contact = target.contact_id && (await findContact(ctx.tx, ctx.workspace.id, target.contact_id));
    if (contact && contact.opted_out_at !== null && !target.transactional)
      throw new WapingError('RECIPIENT_OPTED_OUT', 'the contact has opted out since', { param: 'messageId' });
    const content = { edit: { messageId: target.id, text: input.text } };
    return acceptAction(ctx, { type: 'edit', content, target, until, transactional: target.transactional });
  },
});
