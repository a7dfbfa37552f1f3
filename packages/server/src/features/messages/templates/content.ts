import { z } from 'zod';

/** Bounds of a template's own text: what it becomes is held to the bounds of a message. */
const MAX_BODY = 65_536;
const MAX_FIELD = 2_048;
const MAX_CARD = 16_384;

const field = (description: string, example: string, most = MAX_FIELD) =>
  z
    .string()
    .min(1)
    .max(most)
    .meta({ description, examples: [example] });

const degrees = (description: string, example: number) =>
  z.union([z.number(), z.string().max(100)]).meta({ description, examples: [example] });

const text = z.object({
  body: field('The text, with its variables.', 'Your order {{order}} is confirmed.', MAX_BODY),
});

const location = z.object({
  latitude: degrees('Degrees, north positive; or one variable.', 52.520008),
  longitude: degrees('Degrees, east positive; or one variable.', 13.404954),
  name: field('Name of the place.', 'Shop {{shop}}').optional(),
  address: field('Its address.', '{{street}}, Berlin').optional(),
  url: field('A page about it.', 'https://example.com/shops/{{shop}}').optional(),
});

const card = z.object({
  name: field('Name on the card.', '{{agent}}').optional(),
  phones: z
    .array(field('A number.', '{{agentPhone}}'))
    .min(1)
    .max(50)
    .optional()
    .meta({ description: 'Its numbers.', examples: [['{{agentPhone}}']] }),
  organization: field('Company or the like.', 'Analytical Engines').optional(),
  email: field('Mail address.', '{{agentMail}}').optional(),
  vcard: field('The whole card as vCard text; values are escaped in it.', 'BEGIN:VCARD …', MAX_CARD).optional(),
});

const poll = z.object({
  question: field('What is asked.', 'When shall we deliver {{order}}?'),
  options: z
    .array(field('One answer to choose.', '{{first}}'))
    .min(2)
    .max(12)
    .meta({ description: '2 to 12 different answers.', examples: [['{{first}}', 'Evening']] }),
  selectableCount: z
    .number()
    .int()
    .min(0)
    .max(12)
    .default(1)
    .meta({ description: 'How many a voter may choose; 0 is as many as there are.', examples: [1] }),
});

const describe = (type: string) => ({ description: `Content of a template of type \`${type}\`.` });

/** What a template of each type holds: the content of a send, with variables in its texts. One more row here is one more type. */
const CONTENT = { text, location, contacts: z.array(card).min(1).max(100), poll };

export const TEMPLATE_TYPES = ['text', 'location', 'contacts', 'poll'] as const;
export type TemplateType = (typeof TEMPLATE_TYPES)[number];

export const templateContentInput = {
  text: text.strict().optional().meta(describe('text')),
  location: location.strict().optional().meta(describe('location')),
  contacts: z.array(card.strict()).min(1).max(100).optional().meta(describe('contacts')),
  poll: poll.strict().optional().meta(describe('poll')),
};

export const templateContentShown = {
  text: text.nullable().meta(describe('text')),
  location: location.nullable().meta(describe('location')),
  contacts: CONTENT.contacts.nullable().meta(describe('contacts')),
  poll: poll.nullable().meta(describe('poll')),
};

const kept = z.object(CONTENT).partial();

/** The content fields of a template as shown. */
export function shownTemplateContent(stored: unknown) {
  const content = kept.parse(stored);
  return {
    text: content.text ?? null,
    location: content.location ?? null,
    contacts: content.contacts ?? null,
    poll: content.poll ?? null,
  };
}
