import { z } from 'zod';
import { isoOrNull, timeField } from '../../operations/fields.ts';
import type { ConversationRow } from './store.ts';

export const conversationSchema = z
  .object({
    id: z.string().meta({ examples: ['cnv_01jd8k3v5q7w9x2y4z6a8b0c1d'] }),
    deviceId: z.string(),
    kind: z.enum(['person', 'group', 'status']),
    contactId: z.string().nullable(),
    groupId: z.string().nullable(),
    phone: z.string().nullable().meta({ description: "The contact's number, when known." }),
    name: z.string().nullable(),
    unread: z.number().int().meta({ description: 'Messages from the other side not yet marked read.' }),
    lastMessageAt: timeField.nullable(),
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
