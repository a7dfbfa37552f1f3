import type { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { E164 } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { ensureContactByPhone, findContact } from '../contacts/index.ts';
import { ensureConversationWithContact, findConversation } from '../conversations/index.ts';
import { checkCanSend } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import { messageEvent } from './events.ts';
import { type MessageResource, messageSchema, sendBody } from './schemas.ts';
import { DEFAULT_VALID_SECONDS, RANK } from './status.ts';
import { insertOutbound } from './store.ts';
import { newWaId } from './wa-id.ts';

type SendInput = z.output<typeof sendBody>;
interface Recipient {
  conversationId: string;
  contactId: string | null;
  phone: string | null;
}

async function chatWith(
  ctx: OperationContext,
  deviceId: string,
  contact: { id: string; phone: string | null },
): Promise<Recipient> {
  const conversationId = await ensureConversationWithContact(ctx.tx, {
    id: newId('cnv'),
    workspaceId: ctx.workspace.id,
    deviceId,
    contactId: contact.id,
  });
  return { conversationId, contactId: contact.id, phone: contact.phone };
}

async function resolveRecipient(ctx: OperationContext, input: SendInput): Promise<Recipient> {
  const workspaceId = ctx.workspace.id;
  if (E164.test(input.to)) {
    const id = await ensureContactByPhone(ctx.tx, { id: newId('con'), workspaceId, phone: input.to });
    return chatWith(ctx, input.deviceId, { id, phone: input.to });
  }
  if (input.to.startsWith('con_')) {
    const contact = await findContact(ctx.tx, workspaceId, input.to);
    if (!contact) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'to' });
    return chatWith(ctx, input.deviceId, contact);
  }
  const conversation = await findConversation(ctx.tx, workspaceId, input.to);
  if (!conversation) throw new WapingError('NOT_FOUND', 'no such conversation', { param: 'to' });
  if (conversation.device_id !== input.deviceId) {
    throw new WapingError('VALIDATION_ERROR', 'to: this conversation is on another device', { param: 'to' });
  }
  return { conversationId: conversation.id, contactId: conversation.contact_id, phone: conversation.contact_phone };
}

function accepted(
  ctx: OperationContext,
  input: SendInput,
  recipient: Recipient,
): Omit<MessageResource, 'status' | 'heldReason'> {
  const now = ctx.now.toISOString();
  const validUntil = new Date(ctx.now.getTime() + (input.validFor ?? DEFAULT_VALID_SECONDS) * 1000);
  return {
    id: newId('msg'),
    deviceId: input.deviceId,
    ...recipient,
    direction: 'outbound',
    origin: 'api',
    source: 'live',
    senderId: null,
    type: input.type,
    text: input.text,
    unsupported: null,
    clientRef: input.clientRef ?? null,
    metadata: input.metadata ?? null,
    nextAttemptAt: null,
    validUntil: validUntil.toISOString(),
    error: null,
    createdAt: now,
    sentAt: null,
    statusAt: now,
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
  roles: ['owner', 'admin', 'agent'],
  body: sendBody,
  output: messageSchema,
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_IN_PROGRESS'],
  idempotent: true,
  mutates: true,
  location: (message) => `/v1/messages/${message.id}`,
  async run(ctx, input) {
    const wait = await checkCanSend(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: input.deviceId,
      requireOnline: input.requireOnline,
      to: input.to,
    });
    const recipient = await resolveRecipient(ctx, input);
    const status = wait.heldReason === null ? 'queued' : 'held';
    const message: MessageResource = { ...accepted(ctx, input, recipient), status, heldReason: wait.heldReason };
    await insertOutbound(ctx.tx, {
      id: message.id,
      workspaceId: ctx.workspace.id,
      deviceId: input.deviceId,
      conversationId: recipient.conversationId,
      waId: newWaId(),
      type: input.type,
      content: { text: input.text },
      status,
      statusRank: RANK[status],
      heldReason: wait.heldReason,
      clientRef: message.clientRef,
      metadata: message.metadata,
      validUntil: new Date(message.validUntil ?? ctx.now),
      createdAt: ctx.now,
    });
    await recordEvents(ctx.tx, [messageEvent(ctx.workspace.id, `message.${status}`, message)]);
    ctx.afterCommit(() => {
      ctx.wake.outbox(input.deviceId);
      ctx.wake.events();
    });
    return message;
  },
});
