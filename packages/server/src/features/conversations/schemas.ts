import { z } from 'zod';
import { isoOrNull, shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import type { ConversationRow } from './store.ts';

export const conversationSchema = z
  .object({
    id: shownId('cnv', 'Id of the conversation.'),
    deviceId: shownId('dev', 'The device it is on.'),
    kind: z.enum(['person', 'group', 'status']).meta({ description: 'What kind of chat it is.', examples: ['person'] }),
    contactId: shownIdOrNull('con', 'The other side of a one-to-one chat.'),
    groupId: z.string().nullable().meta({ description: 'WhatsApp’s id of the group.' }),
    phone: z
      .string()
      .nullable()
      .meta({ description: "The contact's number, when known.", examples: ['+15551234567'] }),
    name: z
      .string()
      .nullable()
      .meta({ description: 'Name of the contact.', examples: ['Ada'] }),
    unread: z
      .number()
      .int()
      .meta({ description: 'Messages from the other side not yet marked read.', examples: [1] }),
    lastMessageAt: timeField.nullable().meta({ description: 'When the last message came or went.' }),
    createdAt: timeField,
  })
  .meta({ id: 'Conversation' });

export function toConversation(row: ConversationRow): z.output<typeof conversationSchema> {
  return {
    id: row.id,
    deviceId: row.device_id,
    kind: row.kind,
    contactId: row.contact_id,
    groupId: row.group_id,
    phone: row.contact_phone,
    name: row.contact_name,
    unread: row.unread,
    lastMessageAt: isoOrNull(row.last_message_at),
    createdAt: row.created_at.toISOString(),
  };
}
