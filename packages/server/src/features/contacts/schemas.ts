import { z } from 'zod';
import { isoOrNull, shownId, timeField } from '../../operations/fields.ts';
import type { ContactRow } from './store.ts';

export const contactSchema = z
  .object({
    id: shownId('con', 'Id of the contact.'),
    phone: z
      .string()
      .nullable()
      .meta({ description: 'E.164; null while only the LID is known.', examples: ['+15551234567'] }),
    lid: z.string().nullable().meta({ description: "WhatsApp's privacy-preserving number of this person." }),
    name: z.string().nullable().meta({ description: 'The name your team gave.' }),
    pushName: z.string().nullable().meta({ description: 'The name the person shows to others.' }),
    optedOutAt: timeField.nullable().meta({
      description: 'Since when the person wants no messages but transactional ones; null: they may be written to.',
    }),
    optedOutReason: z
      .enum(['api', 'keyword'])
      .nullable()
      .meta({
        description:
          '`api`: somebody of your team or a program said so; `keyword`: the person wrote a word that says so.',
        examples: ['keyword'],
      }),
    optedOutKeyword: z
      .string()
      .nullable()
      .meta({ description: 'The word the person wrote.', examples: ['stop'] }),
    createdAt: timeField,
    updatedAt: timeField,
  })
  .meta({ id: 'Contact' });

export function toContact(row: ContactRow): z.output<typeof contactSchema> {
  return {
    id: row.id,
    phone: row.phone,
    lid: row.lid,
    name: row.name,
    pushName: row.push_name,
    optedOutAt: isoOrNull(row.opted_out_at),
    optedOutReason: row.opted_out_reason,
    optedOutKeyword: row.opted_out_keyword,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
