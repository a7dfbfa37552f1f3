import { z } from 'zod';
import { MEDIA_KINDS } from '../../engine/port.ts';
import { phoneField } from '../../operations/fields.ts';
import { writeCard } from '../../platform/vcard.ts';
import { contactsInput, locationInput, locationShown, pollInput, pollShown, toCards } from '../messages/index.ts';
import { addressOf, whatsappIdField } from './group-schemas.ts';

const waId = z.string().min(1).max(128).meta({ description: 'WhatsApp’s id of a message on this phone.' });
const emoji = z
  .string()
  .max(64)
  .meta({ description: 'One emoji; empty takes it back.', examples: ['👍'] });
const text = z.string().min(1).max(65_536);

const base64 = (description: string) => z.base64().meta({ description, examples: ['JVBERi0='] });
const seconds = z
  .number()
  .int()
  .min(0)
  .max(86_400)
  .meta({ description: 'How long it plays.', examples: [12] });
const pixels = z
  .number()
  .int()
  .min(0)
  .max(65_535)
  .meta({ description: 'Pixels.', examples: [640] });
const kind = z.enum(MEDIA_KINDS).meta({ description: 'What it is sent as.', examples: ['image'] });
const mimeType = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'Media type.', examples: ['image/jpeg'] });
const caption = z.string().max(4_096).meta({ description: 'Text shown with it.' });
const fileName = z
  .string()
  .max(255)
  .meta({ description: 'Name of a document.', examples: ['bill.pdf'] });
const viewOnce = z.boolean().meta({ description: 'Whether it can be looked at once only.' });
const animated = z.boolean().meta({ description: 'Whether a sticker moves.' });

const url = z.string().meta({ description: 'The link, as it stands in the text.', examples: ['https://example.com'] });
const title = z.string().meta({ description: 'Title of its page.', examples: ['Example Domain'] });
const description = z.string().meta({ description: 'What the page says of itself.' });
const thumbnail = z.string().meta({ description: 'A small JPEG, in base64.' });

const linkSent = z.strictObject({
  url: url.min(1).max(2_048),
  title: title.min(1).max(1_024),
  description: description.min(1).max(1_024).optional(),
  thumbnail: base64('A small JPEG.').max(24_000).optional(),
});

const linkShown = z.object({
  url,
  title,
  description: description.optional(),
  thumbnail: thumbnail.optional(),
});

const mediaSent = z.strictObject({
  kind,
  base64: base64('The file itself; the whole body may have 1 MiB.'),
  mimeType,
  caption: caption.optional(),
  fileName: fileName.optional(),
  viewOnce: viewOnce.optional(),
  seconds: seconds.optional(),
  width: pixels.optional(),
  height: pixels.optional(),
  waveform: base64('Loudness of a voice message: 64 bytes.').max(400).optional(),
  thumbnail: base64('A small JPEG.').max(24_000).optional(),
  animated: animated.optional(),
});

const mediaOnPhone = z
  .object({
    kind,
    mimeType: z.string().meta({ description: 'Media type, as its sender says.', examples: ['image/jpeg'] }),
    size: z.number().int().nullable().meta({ description: 'Bytes the phone downloaded; null where it could not.' }),
    sha256: z.string().nullable().meta({ description: 'SHA-256 of those bytes, in hex.' }),
    caption: caption.nullable(),
    fileName: fileName.nullable(),
    viewOnce,
    seconds: z.number().nullable().meta({ description: 'How long it plays.' }),
    width: z.number().nullable().meta({ description: 'Pixels.' }),
    height: z.number().nullable().meta({ description: 'Pixels.' }),
    waveform: z.string().nullable().meta({ description: 'Loudness of a voice message, in base64.' }),
    thumbnail: thumbnail.nullable(),
    animated,
  })
  .meta({ id: 'SandboxPhoneMedia' });

/** What a person does on a simulated phone, one of them at a time. */
const kinds = {
  text: text.optional().meta({ description: 'What it writes.', examples: ['Hello!'] }),
  location: locationInput.optional().meta({ description: 'A place it sends.' }),
  contacts: contactsInput.optional().meta({ description: 'Visiting cards it sends.' }),
  poll: pollInput.optional().meta({ description: 'A poll it asks.' }),
  media: mediaSent.optional().meta({ description: 'A file it sends.' }),
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
    to: z.union([phoneField, z.literal('status'), whatsappIdField]).meta({
      description:
        'Number it writes to: the one your device is linked to. Or WhatsApp’s id of a group it is in; or `status`, for a status update to whom it has written with.',
      examples: ['+15551234567'],
    }),
    ...kinds,
    replyTo: waId.optional().meta({ description: 'The message on the phone that this answers.' }),
    mentions: z
      .union([z.array(phoneField).max(256), z.literal('everyone')])
      .optional()
      .meta({ description: 'Numbers it mentions.' }),
    forwarded: z.boolean().optional().meta({ description: 'Marks it as forwarded.' }),
    preview: linkSent.optional().meta({ description: 'With a text: the preview of a link in it.' }),
  })
  .superRefine((body, issues) => {
    if (body.preview && body.text === undefined)
      issues.addIssue({ code: 'custom', path: ['preview'], message: 'goes with a text' });
    const given = KINDS.filter((kind) => Reflect.get(body, kind) !== undefined);
    if (given.length === 1) return;
    issues.addIssue({ code: 'custom', path: [given[1] ?? 'text'], message: `give one of ${KINDS.join(', ')}` });
  })
  .meta({ id: 'SendFromPhone', examples: [{ to: '+15551234567', text: 'Hello!' }] });

/** In the words of the sandbox's control plane. */
export function toControl({ contacts, to, ...rest }: z.output<typeof sendFromPhoneBody>): Record<string, unknown> {
  const cards = contacts && toCards(contacts).map((card) => ({ name: card.name, vcard: writeCard(card) }));
  const target = to === 'status' ? 'status@broadcast' : to.startsWith('+') ? to.slice(1) : addressOf(to);
  return { ...rest, to: target, ...(cards ? { contacts: cards } : {}) };
}

const about = { messageId: waId };

export const contentShown = {
  type: z.string().meta({
    description: 'What it is: text, a kind of media, location, contacts, poll, reaction, vote, edit, revoke or other.',
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
  media: mediaOnPhone.nullable().meta({ description: 'The file it names, as the phone downloaded it.' }),
  poll: pollShown.nullable().meta({ description: 'A poll, as in a message.' }),
  reaction: z
    .object({ ...about, emoji })
    .nullable()
    .meta({ description: 'A reaction to another message.' }),
  edit: z
    .object({ ...about, text: z.string().meta({ description: 'The new text.' }) })
    .nullable()
    .meta({ description: 'An edit of another message.' }),
  revoke: z.object(about).nullable().meta({ description: 'Takes another message back.' }),
  vote: z
    .object({
      ...about,
      options: z.array(z.string()).meta({ description: 'What it chooses.', examples: [['Morning']] }),
    })
    .nullable()
    .meta({ description: 'A vote on a poll on the phone.' }),
  preview: linkShown.nullable().meta({ description: 'Preview of a link in a text.' }),
  style: z
    .object({
      background: z.string().meta({ description: 'Colour behind it.', examples: ['#128c7e'] }),
      font: z.string().meta({ description: 'WhatsApp’s name of its font.', examples: ['SYSTEM_BOLD'] }),
    })
    .nullable()
    .meta({ description: 'How a status update is shown.' }),
  replyTo: z.string().nullable().meta({ description: 'WhatsApp’s id of the message it answers.' }),
  mentions: z
    .union([z.array(z.string()), z.literal('everyone')])
    .nullable()
    .meta({ description: 'Who it mentions, as WhatsApp addresses them.' }),
  forwarded: z.boolean().meta({ description: 'Whether it is marked as forwarded.' }),
};
