import type { z } from 'zod';
import { grants } from '../../operations/access.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { E164, isoOrNull } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { insertContact } from '../contacts/index.ts';
import {
  type ContactChat,
  findChatByContact,
  findChatByPhone,
  findConversation,
  insertConversation,
  insertGroupConversation,
} from '../conversations/index.ts';
import { checkCanSend } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import { findGroup } from '../groups/index.ts';
import { countOutbound, outboundRefused } from '../usage/index.ts';
import { shownChanges } from './changes/schemas.ts';
import { composeContent } from './content/compose.ts';
import { type StoredContent, shownContent, type UsedTemplate } from './content-table.ts';
import { messageEvent } from './events.ts';
import {
  checkStillThere,
  mayNeedPreparation,
  type Prepared,
  prepareSend,
  recordShown,
  withPrepared,
} from './media/send.ts';
import type { StoredMedia } from './media-content.ts';
import { isUrgent } from './priority.ts';
import { type MessageResource, messageSchema, sendBody } from './schemas.ts';
import { sendTime } from './send-time.ts';
import { RANK } from './status.ts';
import { insertOutbound, type NewOutbound } from './store.ts';
import { withTemplate } from './templates/resolve.ts';
import { newActionWaId, newWaId } from './wa-id.ts';

/** The last four are never a caller's: `forward.ts` and `templates/resolve.ts` set them. */
export type SendInput = z.output<typeof sendBody> & {
  forwarded?: boolean;
  media?: StoredMedia;
  madeFrom?: UsedTemplate;
  /** Where the file stands in the request, where that is not under the name of its type. */
  fileAt?: string;
};
/** What a key needs beside `messages:send` to write to who has opted out. */
export const TRANSACTIONAL = 'messages:transactional';

export interface Recipient {
  conversationId: string;
  contactId: string | null;
  phone: string | null;
}
export type Addressed = Recipient & { optedOutAt: Date | null; kind?: 'group' | 'status' };

type Contact = { id: string; phone: string | null; optedOutAt: Date | null };

async function newChat(ctx: OperationContext, deviceId: string, contact: Contact): Promise<Addressed> {
  const id = newId('cnv');
  await insertConversation(ctx.write, { id, workspaceId: ctx.workspace.id, deviceId, contactId: contact.id });
  return { conversationId: id, contactId: contact.id, phone: contact.phone, optedOutAt: contact.optedOutAt };
}

function chatOf(ctx: OperationContext, deviceId: string, found: ContactChat): Promise<Addressed> | Addressed {
  const { contact_id: contactId, phone, opted_out_at: optedOutAt, conversation_id: conversationId } = found;
  if (conversationId) return { conversationId, contactId, phone, optedOutAt };
  return newChat(ctx, deviceId, { id: contactId, phone, optedOutAt });
}

/** Nothing is sent to a group the account has left. */
export const notInGroup = (): WapingError =>
  new WapingError('CONFLICT', 'the account is not in this group', { param: 'to' });

/** The chat of a group, made with the first message. Throws NOT_FOUND, and CONFLICT once the account has left. */
export async function groupChat(ctx: OperationContext, to: { deviceId: string; groupId: string }): Promise<Addressed> {
  const workspaceId = ctx.workspace.id;
  const group = await findGroup(ctx.tx, workspaceId, to.groupId);
  if (!group) throw new WapingError('NOT_FOUND', 'no such group', { param: 'to' });
  if (group.device_id !== to.deviceId)
    throw new WapingError('VALIDATION_ERROR', 'to: this group is on another device', { param: 'to' });
  if (group.left_at !== null) throw notInGroup();
  const conversationId = group.conversation_id ?? newId('cnv');
  const chat = { id: conversationId, workspaceId, deviceId: to.deviceId, groupId: group.wa_id };
  if (group.conversation_id === null) await insertGroupConversation(ctx.write, chat);
  return { conversationId, contactId: null, phone: null, optedOutAt: null, kind: 'group' };
}

/** Nobody is written to in the chat of status updates. */
export const notToStatus = (): WapingError =>
  new WapingError('VALIDATION_ERROR', 'to: a status update is posted with its own operation', { param: 'to' });

async function resolveRecipient(ctx: OperationContext, { to, deviceId }: SendInput): Promise<Addressed> {
  const workspaceId = ctx.workspace.id;
  if (E164.test(to)) {
    const found = await findChatByPhone(ctx.tx, { workspaceId, deviceId, phone: to });
    if (found?.contact_id) return chatOf(ctx, deviceId, { ...found, contact_id: found.contact_id });
    const contact = { id: newId('con'), phone: found?.phone ?? to };
    await insertContact(ctx.write, { ...contact, workspaceId });
    return newChat(ctx, deviceId, { ...contact, optedOutAt: null });
  }
  if (to.startsWith('con_')) {
    const found = await findChatByContact(ctx.tx, { workspaceId, deviceId, contactId: to });
    if (!found) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'to' });
    return chatOf(ctx, deviceId, found);
  }
  if (to.startsWith('grp_')) return groupChat(ctx, { deviceId, groupId: to });
  const conversation = await findConversation(ctx.tx, workspaceId, to);
  if (!conversation) throw new WapingError('NOT_FOUND', 'no such conversation', { param: 'to' });
  if (conversation.device_id !== deviceId) {
    throw new WapingError('VALIDATION_ERROR', 'to: this conversation is on another device', { param: 'to' });
  }
  const { contact_id: contactId, contact_phone: phone, contact_opted_out_at: optedOutAt, kind } = conversation;
  if (kind === 'status') throw notToStatus();
  if (conversation.group_left_at !== null) throw notInGroup();
  const chat = { conversationId: conversation.id, contactId, phone, optedOutAt };
  return kind === 'person' ? chat : { ...chat, kind };
}

/** Throws FORBIDDEN where the caller may not mark messages transactional. */
export function checkMayMark({ actor }: OperationContext): void {
  if (actor.kind === 'person' ? actor.role === 'owner' || actor.role === 'admin' : grants(actor.scopes, TRANSACTIONAL))
    return;
  const [param, needs] = actor.kind === 'person' ? ['role', 'owner, admin'] : ['scope', TRANSACTIONAL];
  throw new WapingError('FORBIDDEN', 'transactional: not yours to set', {
    details: [{ param, message: `transactional needs ${needs}` }],
  });
}

// The first of two askings: the claim asks again, for an opt-out that comes between (delivery/store.ts).
export function checkConsent(recipient: Addressed, input: SendInput): Recipient {
  const { optedOutAt, kind: _kind, ...rest } = recipient;
  if (optedOutAt === null || input.transactional) return rest;
  const message = `the contact opted out at ${optedOutAt.toISOString()}`;
  throw new WapingError('RECIPIENT_OPTED_OUT', message, { param: 'to', details: [{ param: 'to', message }] });
}

/** Where a message goes, what it says, and why it has to wait. */
export interface Place {
  recipient: Recipient;
  content: StoredContent;
  heldReason: string | null;
}

/** The message as it is accepted: scheduled for later, or held for the reason its device gives, or queued. */
export function accepted(
  ctx: OperationContext,
  input: SendInput,
  { recipient, content, heldReason }: Place,
): MessageResource {
  const now = ctx.now.toISOString();
  const { sendAt, validUntil } = sendTime(ctx.now, input);
  const status = sendAt !== null ? 'scheduled' : heldReason === null ? 'queued' : 'held';
  return {
    id: newId('msg'),
    status,
    heldReason: status === 'held' ? heldReason : null,
    deviceId: input.deviceId,
    ...recipient,
    direction: 'outbound',
    origin: 'api',
    source: 'live',
    senderId: null,
    type: input.type,
    ...shownContent(content),
    ...shownChanges({ edited_at: null, revoked_at: null, responses: null }, content.poll ?? null),
    clientRef: input.clientRef ?? null,
    metadata: input.metadata ?? null,
    priority: input.priority ?? 'normal',
    transactional: input.transactional ?? false,
    sendAt: isoOrNull(sendAt),
    nextAttemptAt: isoOrNull(sendAt),
    validUntil: validUntil.toISOString(),
    error: null,
    createdAt: now,
    sentAt: null,
    statusAt: now,
  };
}

/** The row that keeps an accepted message. */
export function rowOf(ctx: OperationContext, message: MessageResource, content: StoredContent): NewOutbound {
  const status = message.status === 'scheduled' || message.status === 'held' ? message.status : 'queued';
  return {
    id: message.id,
    workspaceId: ctx.workspace.id,
    deviceId: message.deviceId,
    conversationId: message.conversationId,
    waId: message.type === 'reaction' || message.type === 'vote' ? newActionWaId() : newWaId(),
    type: message.type,
    content,
    status,
    statusRank: RANK[status],
    heldReason: message.heldReason,
    clientRef: message.clientRef,
    metadata: message.metadata,
    priority: message.priority,
    transactional: message.transactional,
    sendAt: message.sendAt === null ? null : new Date(message.sendAt),
    validUntil: new Date(message.validUntil ?? ctx.now),
    createdAt: ctx.now,
  };
}

export const sendMessage = defineOperation({
  id: 'messages.send',
  tag: 'Messages',
  summary: 'Send a message',
  description:
    'Accepts the message and answers at once; delivery follows and every step is an event and a timeline row. With an Idempotency-Key a retry returns the first answer and sends nothing twice.',
  http: { method: 'POST', path: '/v1/messages', status: 202 },
  scope: 'messages:send',
  optionScopes: [TRANSACTIONAL],
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  body: sendBody,
  output: messageSchema,
  errors: [
    'QUOTA_EXCEEDED',
    'RECIPIENT_OPTED_OUT',
    'NOT_FOUND',
    'CONFLICT',
    'SESSION_DISCONNECTED',
    'CONFLICT',
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
  asks: mayNeedPreparation,
  async wire(ctx, input) {
    // Nothing is fetched for a device that cannot send; `run` asks again.
    await checkCanSend(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: input.deviceId,
      requireOnline: input.requireOnline,
      to: input.to,
    });
    if (!input.template) return prepareSend(ctx, input);
    const filled = await withTemplate(ctx, input);
    return { ...(await prepareSend(ctx, filled)), filled };
  },
  async run(ctx, given, prepared: Prepared | undefined) {
    if (given.transactional) checkMayMark(ctx);
    const input = prepared?.filled ?? given;
    // Both are asked for at once; when both refuse, the device's refusal is the one told.
    const resolving = resolveRecipient(ctx, input);
    resolving.catch(() => {});
    const wait = await checkCanSend(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: input.deviceId,
      requireOnline: input.requireOnline,
      to: input.to,
    });
    const addressed = await resolving;
    const recipient = checkConsent(addressed, input);
    const { conversationId } = recipient;
    if (prepared?.media) await checkStillThere(ctx, prepared.media);
    const said = withPrepared(input, prepared);
    const content = await composeContent(ctx, said, { conversationId, kind: addressed.kind ?? 'person' });
    const message = accepted(ctx, input, { recipient, content, heldReason: wait.heldReason });
    await insertOutbound(ctx.write, rowOf(ctx, message, content));
    const { media } = content;
    const { deviceId, id: messageId } = message;
    if (media) await recordShown(ctx, [{ deviceId, messageId, media, prepared: prepared?.media }]);
    await recordEvents(ctx.write, [messageEvent(ctx.workspace.id, `message.${message.status}`, message)]);
    await countOutbound(ctx, { deviceId: input.deviceId, network: wait.network, kind: input.type });
    ctx.afterCommit(() => {
      ctx.wake.outbox(input.deviceId, isUrgent(message.priority));
      ctx.wake.events();
    });
    return message;
  },
});
