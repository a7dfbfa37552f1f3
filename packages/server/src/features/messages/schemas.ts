import { z } from 'zod';
import { E164, idField, isoOrNull, shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import { isId } from '../../platform/ids.ts';
import { MESSAGE_STATUSES } from './status.ts';
import type { MessageRow } from './store.ts';

/** WhatsApp's own bound on a text message, in UTF-16 code units. */
export const MAX_TEXT = 65_536;
const MAX_METADATA_KEYS = 50;

const recipient = z
  .string()
  .refine((to) => E164.test(to) || isId('con', to) || isId('cnv', to) || isId('grp', to), {
    message: 'must be an E.164 number (+ and 7 to 15 digits), or the id of a contact, a conversation or a group',
  })
  .meta({
    description: 'E.164 number, or the id of a contact, a conversation or a group.',
    examples: ['+15551234567'],
  });

export const textBody = z.strictObject({
  body: z
    .string()
    .min(1)
    .max(MAX_TEXT)
    .meta({ description: 'The text.', examples: ['Your order #12345 is confirmed.'] }),
});

export const sendBody = z
  .strictObject({
    deviceId: idField('dev', 'The device that sends.'),
    to: recipient,
    type: z.enum(['text']).meta({ description: 'Kind of message.', examples: ['text'] }),
    text: textBody.meta({ description: 'Content of a message of type `text`.' }),
    clientRef: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .meta({ description: 'Your own reference, returned and filterable.', examples: ['order-12345'] }),
    metadata: z
      .record(z.string().min(1).max(40), z.string().max(500))
      .refine((m) => Object.keys(m).length <= MAX_METADATA_KEYS, { message: `at most ${MAX_METADATA_KEYS} keys` })
      .optional()
      .meta({ description: 'Your own key–value pairs, returned as they are.', examples: [{ orderId: '12345' }] }),
    validFor: z
      .number()
      .int()
      .min(1)
      .max(7 * 24 * 3600)
      .optional()
      .meta({ description: 'Seconds the message may wait before it expires. Default 86,400.', examples: [3600] }),
    transactional: z
      .boolean()
      .optional()
      .meta({
        description:
          'true: also to a contact that has opted out, as for an order or a one-time code. Takes the scope `messages:transactional`, or the role owner or admin.',
        examples: [false],
      }),
    requireOnline: z.boolean().optional().meta({
      description:
        'true: refuse unless the device is connected. false: accept and hold even while it is unlinked. Left out: hold while it connects, refuse while it is unlinked.',
    }),
  })
  .meta({
    id: 'SendMessage',
    examples: [
      {
        deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d',
        to: '+15551234567',
        type: 'text',
        text: { body: 'Your order #12345 is confirmed.' },
      },
    ],
  });

const errorSchema = z.object({
  code: z.string().meta({ description: 'Ours, and stable.', examples: ['RECIPIENT_REACH_LIMITED'] }),
  message: z.string().meta({ description: 'For people; may change.' }),
  providerCode: z
    .string()
    .nullable()
    .meta({ description: "WhatsApp's own code.", examples: ['463'] }),
  retryable: z.boolean().meta({ description: 'Whether sending again may work.', examples: [false] }),
});

export const messageSchema = z
  .object({
    id: shownId('msg', 'Id of the message.'),
    status: z.enum(MESSAGE_STATUSES).meta({ description: 'Where it stands.', examples: ['queued'] }),
    deviceId: shownId('dev', 'The device that sends or received it.'),
    conversationId: shownId('cnv', 'The chat it belongs to.'),
    direction: z.enum(['inbound', 'outbound']).meta({ description: 'Received or sent.', examples: ['outbound'] }),
    origin: z.enum(['api', 'contact', 'phone']).meta({
      description: 'Who wrote it: this API, the other side, or your own phone or another linked device.',
    }),
    source: z
      .enum(['live', 'history', 'recovered'])
      .meta({ description: 'How it came here: as it happened, from the phone’s history, or after a gap.' }),
    contactId: shownIdOrNull('con', 'The other side of a one-to-one chat.'),
    phone: z
      .string()
      .nullable()
      .meta({ description: 'Number of the other side, when known.', examples: ['+15551234567'] }),
    senderId: shownIdOrNull('con', 'Contact that wrote it; null for your own.'),
    type: z.string().meta({ description: 'Kind of message. New kinds may come.', examples: ['text'] }),
    text: z
      .object({ body: z.string().meta({ description: 'The text.', examples: ['Your order #12345 is confirmed.'] }) })
      .nullable()
      .meta({ description: 'Content of a message of type `text`.' }),
    unsupported: z
      .object({ kind: z.string().meta({ description: 'WhatsApp’s name of the kind.', examples: ['pollCreation'] }) })
      .nullable()
      .meta({ description: "A kind not modelled yet, by WhatsApp's name." }),
    clientRef: z.string().nullable().meta({ description: 'Your own reference.' }),
    metadata: z.record(z.string(), z.string()).nullable().meta({ description: 'Your own key–value pairs.' }),
    transactional: z.boolean().meta({ description: 'Whether it was sent as transactional.', examples: [false] }),
    heldReason: z.string().nullable().meta({ description: 'Why it waits, with status `held`.' }),
    nextAttemptAt: timeField.nullable().meta({ description: 'When sending is tried again.' }),
    validUntil: timeField.nullable().meta({ description: 'When it expires if it is still waiting.' }),
    error: errorSchema.nullable().meta({ description: 'Why it failed, with status `failed`.' }),
    createdAt: timeField,
    sentAt: timeField.nullable().meta({ description: 'When WhatsApp took it.' }),
    statusAt: timeField.meta({ description: 'Since when it stands there.' }),
  })
  .meta({ id: 'Message' });

export type MessageResource = z.output<typeof messageSchema>;

const contentPart = z.object({
  text: z.object({ body: z.string() }).optional(),
  unsupported: z.object({ kind: z.string() }).optional(),
});
const metadataPart = z.record(z.string(), z.string()).nullable();

export function toMessage(row: MessageRow): MessageResource {
  const content = contentPart.parse(row.content);
  return {
    id: row.id,
    status: z.enum(MESSAGE_STATUSES).parse(row.status),
    deviceId: row.device_id,
    conversationId: row.conversation_id,
    direction: row.direction,
    origin: row.origin,
    source: row.source,
    contactId: row.contact_id,
    phone: row.contact_phone,
    senderId: row.sender_id,
    type: row.type,
    text: content.text ?? null,
    unsupported: content.unsupported ?? null,
    clientRef: row.client_ref,
    metadata: metadataPart.parse(row.metadata),
    transactional: row.transactional,
    heldReason: row.held_reason,
    nextAttemptAt: isoOrNull(row.next_attempt_at),
    validUntil: isoOrNull(row.valid_until),
    error: row.error === null ? null : errorSchema.parse(row.error),
    createdAt: row.created_at.toISOString(),
    sentAt: isoOrNull(row.sent_at),
    statusAt: row.status_at.toISOString(),
  };
}
