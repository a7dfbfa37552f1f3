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
import { checkStillThere, type Prepared, prepareSend, recordShown } from './media/send.ts';
import { isMediaKind, statusMediaInput } from './media-content.ts';
import { isUrgent } from './priority.ts';
import { messageSchema, sendBody } from './schemas.ts';
import { accepted, rowOf } from './send.ts';
import { insertOutbound } from './store.ts';

/** WhatsApp's own bound on the text of a status update, in UTF-16 code units. */
const MAX_TEXT = 700;
const BACKGROUND = '#128c7e';
/** What a status update may be, each under the field of its name. */
const STATUS_TYPES = ['text', 'image', 'video', 'voice', 'audio'] as const;
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
      .optional()
      .meta({ description: 'A text.' }),
    ...statusMediaInput,
    background: backgroundField.optional().meta({
      description: `Colour behind a text or a voice message; ${BACKGROUND} where it is left out.`,
      examples: [BACKGROUND],
    }),
    font: fontField.optional().meta({ description: 'Font of a text; `system` where it is left out.' }),
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
  .superRefine((status, issues) => {
    const given = STATUS_TYPES.filter((one) => status[one] !== undefined);
    if (given.length !== 1)
      issues.addIssue({
        code: 'custom',
        path: [given[1] ?? 'text'],
        message: `give one of ${STATUS_TYPES.join(', ')}`,
      });
    if (status.background !== undefined && status.text === undefined && status.voice === undefined)
      issues.addIssue({ code: 'custom', path: ['background'], message: 'is for a text or a voice message' });
    if (status.font !== undefined && status.text === undefined)
      issues.addIssue({ code: 'custom', path: ['font'], message: 'is for a text' });
  })
  .meta({ id: 'PostStatus', examples: [{ text: { body: 'We are open on Sunday.' } }] });

type Given = Pick<z.output<typeof body>, (typeof STATUS_TYPES)[number] | 'background' | 'font' | 'audience'>;

/** Guarantee: the body's schema demands exactly one of them. */
const typeOf = (given: Given): (typeof STATUS_TYPES)[number] =>
  STATUS_TYPES.find((one) => given[one] !== undefined) ?? 'text';

/** What it shares with a send. */
function optionsOf({ clientRef: ref, metadata: pairs, sendAt: at, validFor: seconds }: z.output<typeof body>) {
  return { clientRef: ref, metadata: pairs, sendAt: at, validFor: seconds };
}

/** The content of a status update as its row keeps it. */
function contentOf({ text, voice, background, font, audience }: Given, prepared: Prepared | undefined): StoredContent {
  const media = prepared?.media?.stored;
  const style = {
    background: text || voice ? (background ?? BACKGROUND) : null,
    font: text ? (font ?? 'system') : null,
  };
  return {
    ...(text ? { text } : {}),
    ...(media ? { media } : {}),
    statusUpdate: { ...style, audience: audience ?? 'contacts' },
  };
}

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
    'A text, a picture, a video or a sound in the status of the account, for 24 hours, shown to those who have the account’s number in their contacts. Files are given as in a send. It is a message of the device’s chat of kind `status`, with a status, a timeline and receipts as any other; `DELETE` takes it back. Who has opted out is left out when it goes, however it is marked.',
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
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'SERVICE_UNAVAILABLE',
  ],
  idempotent: true,
  rateClass: 'send',
  mutates: true,
  oneStep: true,
  refused: outboundRefused,
  location: (message) => `/v1/messages/${message.id}`,
  auditTarget: ({ output }) => ({ kind: 'message', id: output.id }),
  asks: (given) => isMediaKind(typeOf(given)),
  async wire(ctx, { deviceId, requireOnline: online, ...given }) {
    // Nothing is fetched for what cannot be posted; `run` asks again.
    await checkCanSend(ctx.tx, { workspaceId: ctx.workspace.id, deviceId, requireOnline: online, to: 'status' });
    await checkAudience(ctx, deviceId, given.audience ?? null);
    return prepareSend(ctx, { ...given, deviceId, type: typeOf(given) });
  },
  async run(ctx, given, prepared: Prepared | undefined) {
    const workspaceId = ctx.workspace.id;
    const { deviceId, requireOnline: online } = given;
    const type = typeOf(given);
    const wait = await checkCanSend(ctx.tx, { workspaceId, deviceId, requireOnline: online, to: 'status' });
    await checkAudience(ctx, deviceId, given.audience ?? null);
    if (prepared?.media) await checkStillThere(ctx, prepared.media);
    const conversationId = await statusChat(ctx, deviceId);
    const content = contentOf(given, prepared);
    const place = { recipient: { conversationId, contactId: null, phone: null }, content, heldReason: wait.heldReason };
    const message = accepted(ctx, { ...optionsOf(given), deviceId, to: conversationId, type }, place);
    await insertOutbound(ctx.write, rowOf(ctx, message, content));
    const { media } = content;
    if (media) await recordShown(ctx, [{ deviceId, messageId: message.id, media, prepared: prepared?.media }]);
    await recordEvents(ctx.write, [messageEvent(workspaceId, `message.${message.status}`, message)]);
    await countOutbound(ctx, { deviceId, network: wait.network, kind: type });
    ctx.afterCommit(() => {
      ctx.wake.outbox(deviceId, isUrgent(message.priority));
      ctx.wake.events();
    });
    return message;
  },
});
