import { z } from 'zod';
import { phoneField, timeField } from '../../operations/fields.ts';
import { contentShown } from './content.ts';
import type { PhoneRow } from './store.ts';

export const phoneParams = z.strictObject({
  phone: phoneField.meta({ description: 'Number of the simulated phone.' }),
});

export const phoneSchema = z
  .object({
    phone: phoneField,
    name: z.string().meta({ description: 'Name the phone shows to others.', examples: ['Ada'] }),
    createdAt: timeField,
  })
  .meta({ id: 'SandboxPhone' });

export const phoneMessageSchema = z
  .object({
    id: z.string().meta({ description: 'WhatsApp’s message id.' }),
    from: z.string().meta({ description: 'Who wrote it, as WhatsApp addresses them.' }),
    chat: z.string().meta({
      description: 'Where it stands: a person, a group or `status@broadcast`, as WhatsApp addresses them.',
    }),
    own: z.boolean().meta({ description: 'True for what this phone or its linked devices sent.' }),
    ...contentShown,
    text: z.string().nullable().meta({ description: 'The text; null for another kind of message.' }),
    read: z.boolean().meta({ description: 'Whether this phone has read it.' }),
    duplicates: z.number().int().meta({ description: 'How often it arrived again; a phone shows it once.' }),
    at: timeField,
  })
  .meta({ id: 'SandboxPhoneMessage' });

export function toPhone(row: PhoneRow): z.output<typeof phoneSchema> {
  return { phone: row.phone, name: row.name, createdAt: row.created_at.toISOString() };
}
