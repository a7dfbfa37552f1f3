import { z } from 'zod';
import { idField } from '../../../operations/fields.ts';

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

const file = {
  mediaId: idField(
    'med',
    'The file, where it is media of the workspace: it stays while a template names it.',
  ).optional(),
  url: field(
    'Where the file is, with its variables: it is fetched for each send.',
    'https://example.com/bills/{{order}}.pdf',
  ).optional(),
  caption: field('Text shown with the file.', 'Your order {{order}}', MAX_BODY).optional(),
};
const viewOnce = z.boolean().meta({ description: 'true: it can be looked at once.', examples: [false] });

const picture = z.object({ ...file, viewOnce: viewOnce.optional() });
const document = z.object({
  ...file,
  fileName: field('Name of the file, as the recipient sees it.', 'order-{{order}}.pdf').optional(),
});

/** A template holds its file in one way, or leaves it to each send. */
const oneFile = ({ mediaId, url }: { mediaId?: string | undefined; url?: string | undefined }): boolean =>
  mediaId === undefined || url === undefined;
const ONE_FILE = { path: ['url'], message: 'give either mediaId or url, or neither: then each send gives the file' };

const describe = (type: string) => ({ description: `Content of a template of type \`${type}\`.` });

/** What a template of each type holds: the content of a send, with variables in its texts. One more row here is one more type. */
const CONTENT = {
  text,
  image: picture,
  video: picture,
  document,
  location,
  contacts: z.array(card).min(1).max(100),
  poll,
};

export const TEMPLATE_TYPES = ['text', 'image', 'video', 'document', 'location', 'contacts', 'poll'] as const;
export type TemplateType = (typeof TEMPLATE_TYPES)[number];

export const templateContentInput = {
  text: text.strict().optional().meta(describe('text')),
  image: picture.strict().refine(oneFile, ONE_FILE).optional().meta(describe('image')),
  video: picture.strict().refine(oneFile, ONE_FILE).optional().meta(describe('video')),
  document: document.strict().refine(oneFile, ONE_FILE).optional().meta(describe('document')),
  location: location.strict().optional().meta(describe('location')),
  contacts: z.array(card.strict()).min(1).max(100).optional().meta(describe('contacts')),
  poll: poll.strict().optional().meta(describe('poll')),
};

export const templateContentShown = {
  text: text.nullable().meta(describe('text')),
  image: picture.nullable().meta(describe('image')),
  video: picture.nullable().meta(describe('video')),
  document: document.nullable().meta(describe('document')),
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
    image: content.image ?? null,
    video: content.video ?? null,
    document: content.document ?? null,
    location: content.location ?? null,
    contacts: content.contacts ?? null,
    poll: content.poll ?? null,
  };
}
