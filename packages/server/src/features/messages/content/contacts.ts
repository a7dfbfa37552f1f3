import { z } from 'zod';
import { isCard, readCard } from '../../../platform/vcard.ts';

const MAX_CARDS = 100;
const MAX_PHONES = 50;

const name = z.string().meta({ description: 'Name on the card.', examples: ['Ada Lovelace'] });
const phone = z.string().meta({ description: 'A number as the card has it.', examples: ['+15551234567'] });
const organization = z.string().meta({ description: 'Company or the like.', examples: ['Analytical Engines'] });
const email = z.string().meta({ description: 'Mail address.', examples: ['ada@example.com'] });

const cardInput = z
  .strictObject({
    name: name.trim().min(1).max(200).optional(),
    phones: z
      .array(phone.regex(/^\+?[\d().\s-]{3,40}$/, { message: 'must be a phone number' }))
      .min(1)
      .max(MAX_PHONES)
      .optional()
      .meta({
        description: 'Numbers; in E.164 form they can be tapped to begin a chat.',
        examples: [['+15551234567']],
      }),
    organization: organization.min(1).max(200).optional(),
    email: email.min(3).max(320).optional(),
    vcard: z
      .string()
      .max(16_384)
      .refine(isCard, { message: 'must begin with BEGIN:VCARD and end with END:VCARD' })
      .optional()
      .meta({
        description: 'The whole card as vCard text, instead of the other fields. It reaches the other side unchanged.',
        examples: ['BEGIN:VCARD\nVERSION:3.0\nFN:Ada Lovelace\nTEL:+15551234567\nEND:VCARD'],
      }),
  })
  .superRefine((card, issues) => {
    const { vcard, ...fields } = card;
    const isGiven = Object.values(fields).some((value) => value !== undefined);
    const refuse = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message });
    if (vcard !== undefined) {
      if (isGiven) refuse('vcard', 'goes alone: the card says the rest');
      return;
    }
    if (fields.name === undefined) refuse('name', 'is needed where there is no vcard');
    if (fields.phones === undefined) refuse('phones', 'is needed where there is no vcard');
  });

export const contactsInput = z.array(cardInput).min(1).max(MAX_CARDS);

export const contactsShown = z.array(
  z.object({
    name,
    phones: z.array(phone).meta({ description: 'Its numbers.', examples: [['+15551234567']] }),
    organization: organization.optional(),
    email: email.optional(),
    vcard: z.string().optional().meta({ description: 'The card itself, where it says more than these fields.' }),
  }),
);

/** The cards as they are kept: a vCard is read into fields, and stays beside them where they do not say it all. */
export function toCards(input: z.output<typeof contactsInput>): z.output<typeof contactsShown> {
  return input.map(({ vcard, name: given, phones = [], organization: company, email: mail }) => {
    if (vcard !== undefined) return readCard(vcard.trim());
    return {
      name: given ?? '',
      phones,
      ...(company === undefined ? {} : { organization: company }),
      ...(mail === undefined ? {} : { email: mail }),
    };
  });
}
