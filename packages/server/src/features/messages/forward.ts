import { z } from 'zod';
import { MEDIA_KINDS } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, pathId } from '../../operations/fields.ts';
import { newId } from '../../platform/ids.ts';
import { findMedia, keptFileOf } from '../media/index.ts';
import { outboundRefused } from '../usage/index.ts';
import { parseStored } from './content-table.ts';
import type { Prepared } from './media/send.ts';
import type { StoredMedia } from './media-content.ts';
import { messageSchema, sendBody } from './schemas.ts';
import { sendMessage } from './send.ts';
import { conflict, requireMessage } from './target.ts';

const FORWARDABLE = new Set<string>(['text', 'location', 'contacts', 'poll', ...MEDIA_KINDS]);
const { to, clientRef, metadata, priority, sendAt, validFor, transactional, requireOnline } = sendBody.shape;

function checkCanForward({ status, viewOnce }: StoredMedia): void {
  if (viewOnce) throw conflict('messageId', 'what is to be viewed once cannot be forwarded');
  if (status === 'available') throw conflict('messageId', 'the file of the message was not fetched yet');
  if (status !== 'ready') throw conflict('messageId', `the file of the message is ${status}`);
}

/**
 * The file of a message for another message: the same bytes, under an id of its own, since either may be deleted and
 * either may be of another device. Throws CONFLICT where it is gone.
 */
async function copied(ctx: OperationContext, media: StoredMedia): Promise<Prepared> {
  checkCanForward(media);
  const row = await findMedia(ctx.tx, ctx.workspace.id, media.id);
  if (!row) throw conflict('messageId', 'the file of the message was deleted');
  const unrecorded = { file: keptFileOf(row), source: row.source };
  return { media: { stored: { ...media, id: newId('med') }, unrecorded } };
}

export const forwardMessage = defineOperation({
  id: 'messages.forward',
  tag: 'Messages',
  summary: 'Forward a message',
  description:
    'Sends the content of a message, received or sent, to another chat, marked as forwarded. The answer is the new message.',
  http: { method: 'POST', path: '/v1/messages/{messageId}/forward', status: 202 },
  scope: 'messages:send',
  optionScopes: sendMessage.optionScopes ?? [],
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message to forward.') }),
  body: z
    .strictObject({
      to,
      deviceId: idField('dev', 'The device that sends; by default that of the message.').optional(),
      clientRef,
      metadata,
      priority,
      sendAt,
      validFor,
      transactional,
      requireOnline,
    })
    .meta({ id: 'ForwardMessage', examples: [{ to: '+15551234567' }] }),
  output: messageSchema,
  errors: sendMessage.errors,
  idempotent: true,
  rateClass: 'send',
  mutates: true,
  oneStep: true,
  refused: outboundRefused,
  location: (message) => `/v1/messages/${message.id}`,
  async run(ctx, { messageId, deviceId, ...options }) {
    const source = await requireMessage(ctx, messageId, 'messageId');
    if (source.revoked_at !== null) throw conflict('messageId', 'the message was taken back');
    if (!FORWARDABLE.has(source.type))
      throw conflict('messageId', `a message of type ${source.type} cannot be forwarded`);
    const { replyTo: _replyTo, mentions: _mentions, ...stored } = parseStored(source.content);
    const { template: _template, statusUpdate: _status, ...content } = stored;
    const prepared = content.media ? await copied(ctx, content.media) : undefined;
    const send = { ...options, ...content, deviceId: deviceId ?? source.device_id, type: source.type, forwarded: true };
    return messageSchema.parse(await sendMessage.run(ctx, send, prepared));
  },
});
