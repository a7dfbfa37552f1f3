import { z } from 'zod';
import { phoneField } from '../../operations/fields.ts';
import { writeCard } from '../../platform/vcard.ts';
import { contactsInput, locationInput, locationShown, pollInput, pollShown, toCards } from '../messages/index.ts';

const waId = z.string().min(1).max(128).meta({ description: 'WhatsApp’s id of a message on this phone.' });
const emoji = z
  .string()
  .max(64)
  .meta({ description: 'One emoji; empty takes it back.', examples: ['👍'] });
const text = z.string().min(1).max(65_536);

/** What a person does on a simulated phone, one of them at a time. */
const kinds = {
  text: text.optional().meta({ description: 'What it writes.', examples: ['Hello!'] }),
  location: locationInput.optional().meta({ description: 'A place it sends.' }),
  contacts: contactsInput.optional().meta({ description: 'Visiting cards it sends.' }),
  poll: pollInput.optional().meta({ description: 'A poll it asks.' }),
  reaction: z
    .strictObject({ messageId: waId, emoji })
    .optional()
    .meta({ description: 'A reaction to a message on the phone.' }),
  edit: z
    .strictObject({ messageId: waId, text: text.meta({ description: 'The new text.', examples: ['Hello there!'] }) })
    .optional()
    .meta({ description: 'An edit of a message the phone sent.' }),
  revoke: z.strictObject({ messageId: waId }).optional().meta({ description: 'A message the phone takes back.' }),
  vote: z
    .strictObject({
      messageId: waId,
      options: z
        .array(z.string().max(100))
        .max(12)
        .meta({ description: 'What it chooses.', examples: [['Morning']] }),
    })
    .optional()
    .meta({ description: 'A vote on a poll on the phone.' }),
};

const KINDS = Object.keys(kinds);

export const sendFromPhoneBody = z
  .strictObject({
    to: phoneField.meta({ description: 'Number it writes to: the one your device is linked to.' }),
    ...kinds,
    replyTo: waId.optional().meta({ description: 'The message on the phone that this answers.' }),
    mentions: z
      .union([z.array(phoneField).max(256), z.literal('everyone')])
      .optional()
      .meta({ description: 'Numbers it mentions.' }),
    forwarded: z.boolean().optional().meta({ description: 'Marks it as forwarded.' }),
  })
  .superRefine((body, issues) => {
    const given = KINDS.filter((kind) => Reflect.get(body, kind) !== undefined);
    if (given.length === 1) return;
    issues.addIssue({ code: 'custom', path: [given[1] ?? 'text'], message: `give one of ${KINDS.join(', ')}` });
  })
  .meta({ id: 'SendFromPhone', examples: [{ to: '+15551234567', text: 'Hello!' }] });

/** In the words of the sandbox's control plane. */
export function toControl({ contacts, to, ...rest }: z.output<typeof sendFromPhoneBody>): Record<string, unknown> {
  const cards = contacts && toCards(contacts).map((card) => ({ name: card.name, vcard: writeCard(card) }));
  return { ...rest, to: to.slice(1), ...(cards ? { contacts: cards } : {}) };
}

const target = { messageId: waId };

export const contentShown = {
  type: z.string().meta({
    description: 'What it is: text, location, contacts, poll, reaction, edit, revoke or other.',
    examples: ['text'],
  }),
  location: locationShown.nullable().meta({ description: 'A place, as in a message.' }),
  contacts: z
    .array(
      z.object({
        name: z.string().meta({ description: 'Name beside the card.', examples: ['Ada'] }),
        vcard: z.string().meta({ description: 'The card as it came.' }),
      }),
    )
    .nullable()
    .meta({ description: 'Visiting cards.' }),
  poll: pollShown.nullable().meta({ description: 'A poll, as in a message.' }),
  reaction: z
    .object({ ...target, emoji })
    .nullable()
    .meta({ description: 'A reaction to another message.' }),
  edit: z
    .object({ ...target, text: z.string().meta({ description: 'The new text.' }) })
    .nullable()
    .meta({ description: 'An edit of another message.' }),
  revoke: z.object(target).nullable().meta({ description: 'Takes another message back.' }),
  replyTo: z.string().nullable().meta({ description: 'WhatsApp’s id of the message it answers.' }),
  mentions: z
    .union([z.array(z.string()), z.literal('everyone')])
    .nullable()
    .meta({ description: 'Who it mentions, as WhatsApp addresses them.' }),
  forwarded: z.boolean().meta({ description: 'Whether it is marked as forwarded.' }),
};
