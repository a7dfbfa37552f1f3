import { z } from 'zod';
import { E164, idField, isoOrNull, phoneField, shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import { isId } from '../../platform/ids.ts';
import { changesShown, shownChanges } from './changes/schemas.ts';
import { CONTENT_INPUT, CONTENT_SHOWN, SENDABLE, shownContent } from './content-table.ts';
import { PRIORITIES } from './priority.ts';
import { MESSAGE_STATUSES } from './status.ts';
import type { MessageRow } from './store.ts';
import { templateUse } from './templates/schemas.ts';

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

/** What can be sent: content of a type, or a template that becomes one. */
const SEND_TYPES = [...SENDABLE, 'template'] as const;

/** The content of the type named, and of no other. */
function oneContent(message: Record<string, unknown> & { type: string }, issues: z.RefinementCtx): void {
  for (const type of SEND_TYPES) {
    const isGiven = message[type] !== undefined;
    if (isGiven === (type === message.type)) continue;
    const text = isGiven ? `is not for type ${message.type}` : `is needed for type ${type}`;
    issues.addIssue({ code: 'custom', path: [type], message: text });
  }
  const isAnswer = message.type === 'reaction' || message.type === 'vote';
  if (isAnswer && (message['replyTo'] !== undefined || message['mentions'] !== undefined))
    issues.addIssue({ code: 'custom', path: [message.type], message: 'takes neither replyTo nor mentions' });
}

export const sendBody = z
  .strictObject({
    deviceId: idField('dev', 'The device that sends.'),
    to: recipient,
    type: z.enum(SEND_TYPES).meta({
      description: 'Kind of message. Its content stands under the field of the same name, and only there.',
      examples: ['text'],
    }),
    ...CONTENT_INPUT,
    template: templateUse.optional().meta({
      description:
        'For type `template`: the template and its values. The message gets the type and the content it becomes.',
    }),
    replyTo: idField('msg', 'The message of the same conversation that this answers.').optional(),
    mentions: z
      .union([z.array(phoneField).min(1).max(256), z.literal('everyone')])
      .optional()
      .meta({
        description: 'Numbers it mentions; the text holds them as `@15551234567`. `everyone` in groups only.',
        examples: [['+15551234567']],
      }),
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
    priority: z
      .enum(PRIORITIES)
      .optional()
      .meta({
        description:
          'What goes first on this device: `otp`, then `reply`, `normal` (the default) and `bulk`. Messages of one chat and one priority keep their order.',
        examples: ['normal'],
      }),
    sendAt: timeField.optional().meta({
      description:
        'When it is to go, up to a year ahead; until then its status is `scheduled`. A time up to a minute past means now.',
      examples: ['2027-01-31T12:00:00.000Z'],
    }),
    validFor: z
      .number()
      .int()
      .min(1)
      .max(7 * 24 * 3600)
      .optional()
      .meta({
        description:
          'Seconds the message may wait before it expires, from `sendAt` where that is given. Default 86,400.',
        examples: [3600],
      }),
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
  .superRefine(oneContent)
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
    ...CONTENT_SHOWN,
    ...changesShown,
    clientRef: z.string().nullable().meta({ description: 'Your own reference.' }),
    metadata: z.record(z.string(), z.string()).nullable().meta({ description: 'Your own key–value pairs.' }),
    priority: z.enum(PRIORITIES).meta({ description: 'What goes first on its device.', examples: ['normal'] }),
    transactional: z.boolean().meta({ description: 'Whether it was sent as transactional.', examples: [false] }),
    heldReason: z.string().nullable().meta({
      description:
        'Why it waits, with status `held`; with `sending`, that its device was unlinked meanwhile: it may have arrived.',
    }),
    sendAt: timeField.nullable().meta({ description: 'When it was asked to go; null: at once.' }),
    nextAttemptAt: timeField.nullable().meta({ description: 'When sending is tried again.' }),
    validUntil: timeField.nullable().meta({ description: 'When it expires if it is still waiting.' }),
    error: errorSchema.nullable().meta({ description: 'Why it failed, with status `failed`.' }),
    createdAt: timeField,
    sentAt: timeField.nullable().meta({ description: 'When WhatsApp took it.' }),
    statusAt: timeField.meta({ description: 'Since when it stands there.' }),
  })
  .meta({ id: 'Message' });

export type MessageResource = z.output<typeof messageSchema>;

const metadataPart = z.record(z.string(), z.string()).nullable();

export function toMessage(row: MessageRow): MessageResource {
  const content = shownContent(row.content);
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
    ...content,
    ...shownChanges(row, content.poll),
    clientRef: row.client_ref,
    metadata: metadataPart.parse(row.metadata),
    priority: z.enum(PRIORITIES).parse(row.priority),
    transactional: row.transactional,
    heldReason: row.held_reason,
    sendAt: isoOrNull(row.send_at),
    nextAttemptAt: isoOrNull(row.next_attempt_at),
    validUntil: isoOrNull(row.valid_until),
    error: row.error === null ? null : errorSchema.parse(row.error),
    createdAt: row.created_at.toISOString(),
    sentAt: isoOrNull(row.sent_at),
    statusAt: row.status_at.toISOString(),
  };
}
