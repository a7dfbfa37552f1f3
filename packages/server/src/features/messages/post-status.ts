import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { findAudience, listContactIds, MAX_AUDIENCE } from '../contacts/index.ts';
import { findByChatKeys, insertStatusConversation } from '../conversations/index.ts';
import { checkCanSend } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import { countOutbound, outboundRefused } from '../usage/index.ts';
import { backgroundField, fontField } from './content/status-update.ts';
import type { StoredContent } from './content-table.ts';
import { messageEvent } from './events.ts';
import { isUrgent } from './priority.ts';
import { messageSchema, sendBody } from './schemas.ts';
import { accepted, rowOf } from './send.ts';
import { insertOutbound } from './store.ts';

/** WhatsApp's own bound on the text of a status update, in UTF-16 code units. */
const MAX_TEXT = 700;
const { clientRef, metadata, sendAt, validFor, requireOnline } = sendBody.shape;

const body = z
  .strictObject({
    text: z
      .strictObject({
        body: z
          .string()
          .min(1)
          .max(MAX_TEXT)
          .meta({ description: 'What it says.', examples: ['We are open on Sunday.'] }),
      })
      .meta({ description: 'Its text.' }),
    background: backgroundField.default('#128c7e'),
    font: fontField.default('system'),
    audience: z
      .array(idField('con', 'A contact.'))
      .min(1)
      .max(MAX_AUDIENCE)
      .optional()
      .meta({
        description: `The only contacts that are to see it; left out: everyone this device has a chat with, at most the ${MAX_AUDIENCE} written with last.`,
        examples: [['con_01jd8k3v5q7w9x2y4z6a8b0c1d']],
      }),
    clientRef,
    metadata,
    sendAt,
    validFor,
    requireOnline,
  })
  .meta({ id: 'PostStatus', examples: [{ text: { body: 'We are open on Sunday.' } }] });

/** Throws NOT_FOUND for contacts that are none, CONFLICT where nobody would see it. */
async function checkAudience(ctx: OperationContext, deviceId: string, ids: readonly string[] | null): Promise<void> {
  const workspaceId = ctx.workspace.id;
  const known =
    ids === null
      ? []
      : await listContactIds(
          ctx.tx,
          ids.map((id) => ({ workspaceId, id })),
        );
  const details = (ids ?? []).flatMap((id, i) =>
    known.includes(id) ? [] : [{ param: `audience.${i}`, message: 'no such contact' }],
  );
  const [first] = details;
  if (first) throw new WapingError('NOT_FOUND', 'no such contact', { param: first.param, details });
  if ((await findAudience(ctx.tx, { workspaceId, deviceId, ids })).length > 0) return;
  const message = 'nobody would see it: the device has no chats, or everyone has opted out';
  throw new WapingError('CONFLICT', message, { param: 'audience', details: [{ param: 'audience', message }] });
}

async function statusChat(ctx: OperationContext, deviceId: string): Promise<string> {
  const workspaceId = ctx.workspace.id;
  const chat = { workspaceId, deviceId, kind: 'status' as const, contactId: null, groupId: 'status' };
  const [known] = await findByChatKeys(ctx.tx, [chat]);
  if (known) return known.id;
  const id = newId('cnv');
  await insertStatusConversation(ctx.write, { id, workspaceId, deviceId });
  return id;
}

export const postStatus = defineOperation({
  id: 'messages.postStatus',
  tag: 'Messages',
  summary: 'Post a status update',
  description:
    'A text in the status of the account, for 24 hours, shown to those who have the account’s number in their contacts. It is a message of the device’s chat of kind `status`, with a status, a timeline and receipts as any other; `DELETE` takes it back. Who has opted out is left out when it goes, however it is marked.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/status-updates', status: 202 },
  scope: 'messages:send',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device that posts.') }),
  body,
  output: messageSchema,
  errors: [
    'QUOTA_EXCEEDED',
    'NOT_FOUND',
    'CONFLICT',
    'SESSION_DISCONNECTED',
    'IDEMPOTENCY_CONFLICT',
    'IDEMPOTENCY_IN_PROGRESS',
  ],
  idempotent: true,
  rateClass: 'send',
  mutates: true,
  oneStep: true,
  refused: outboundRefused,
  location: (message) => `/v1/messages/${message.id}`,
  auditTarget: ({ output }) => ({ kind: 'message', id: output.id }),
  async run(ctx, { deviceId, text, background, font, audience, ...options }) {
    const workspaceId = ctx.workspace.id;
    const { requireOnline: online } = options;
    const wait = await checkCanSend(ctx.tx, { workspaceId, deviceId, requireOnline: online, to: 'status' });
    await checkAudience(ctx, deviceId, audience ?? null);
    const conversationId = await statusChat(ctx, deviceId);
    const content: StoredContent = { text, statusUpdate: { background, font, audience: audience ?? 'contacts' } };
    const place = { recipient: { conversationId, contactId: null, phone: null }, content, heldReason: wait.heldReason };
    const message = accepted(ctx, { ...options, deviceId, to: conversationId, type: 'text', text }, place);
    await insertOutbound(ctx.write, rowOf(ctx, message, content));
    await recordEvents(ctx.write, [messageEvent(workspaceId, `message.${message.status}`, message)]);
    await countOutbound(ctx, { deviceId, network: wait.network, kind: 'text' });
    ctx.afterCommit(() => {
      ctx.wake.outbox(deviceId, isUrgent(message.priority));
      ctx.wake.events();
    });
    return message;
  },
});
