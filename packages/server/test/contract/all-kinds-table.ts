import type { Json } from '../kit/api.ts';
import { CARD_READ, CARDS, LOCATION, POLL, PREVIEW, type SampleFile, sampleFiles, VCARD, WORDS } from '../kit/kinds.ts';

export const SHOP = '+15550001200';
export const BRANCH = '+15550001201';
export const ADA = '+15550002200';
export const TEMPLATE = 'order_ready';
export const PAGE = { title: 'Shop & Co', description: 'All of it' };

/** What a row may name. */
export interface Place {
  /** The message it speaks of, by its id where the row is asked for. */
  first: string;
  /** The text of that message. */
  words: string;
  /** URL of a page. */
  page: string;
}

/** One kind of message, sent by the device. */
export interface SentRow {
  name: string;
  /** The operation that sends it. Without: `POST /v1/messages`. */
  how?: 'edit' | 'revoke' | 'forward' | 'status';
  /** Both see one message of a group, or of the status chat. Without: each gets its own. */
  where?: 'group' | 'status';
  /** It speaks of a text before it, or of a poll. */
  about?: true | 'poll';
  /** It changes that message, and the other device shows it there. */
  changes?: true;
  input(place: Place): Json;
  /** What our message shows. */
  ours(place: Place): Json;
  /** What the other device shows otherwise; of a change, what its text shows then. */
  there?(place: Place): Json;
  phone(place: Place): Json;
  /** The bytes of its file, everywhere. */
  file?: Buffer;
}

/** One kind of message, sent by the phone. */
export interface ReceivedRow {
  name: string;
  where?: 'group' | 'status';
  /** It speaks of a message before it: a text or a poll of the device, or a text of the phone’s own. */
  about?: 'text' | 'poll' | 'own';
  changes?: true;
  /** What a person does on the phone. */
  act?(place: Place): Json;
  /** A message as a program makes it, for kinds WAPing does not know. */
  raw?: Json;
  /** What the device shows; of a change, what the message it is about shows then. */
  shown(place: Place): Json;
  file?: Buffer;
}

const text = (body: string, more: Json = {}): Json => ({ type: 'text', text: { body }, ...more });
const digits = (phone: string): string => phone.slice(1);
const of = (type: string, content: unknown): Json => ({ type, [type]: content });
const nameOf = ({ kind, said }: SampleFile): string => (said['viewOnce'] ? `${kind} to be looked at once` : kind);

/** A kind whose content stands the same everywhere. */
function same(name: string, content: Json, phone: Json = content): SentRow {
  return { name, input: () => content, ours: () => content, phone: () => phone };
}

function sentFile(sample: SampleFile): SentRow {
  const { kind, bytes, mimeType, said } = sample;
  const shown = { ...said, mimeType, size: bytes.length };
  return {
    name: nameOf(sample),
    input: () => of(kind, { base64: bytes.toString('base64'), ...said }),
    ours: () => ({ type: kind, media: { ...shown, status: 'ready', reason: null } }),
    phone: () => ({ type: kind, media: { ...shown, kind } }),
    file: bytes,
  };
}

/** Every kind that can be sent. The test fails for a type, or a field of a message, that no row shows. */
export const SENT: readonly SentRow[] = [
  same('text', text(WORDS), { type: 'text', text: WORDS, preview: null, forwarded: false }),
  {
    name: 'text with the preview of a link',
    input: ({ page }) => of('text', { body: `look: ${page}.`, linkPreview: true }),
    ours: ({ page }) => of('text', { body: `look: ${page}.`, preview: { url: page, ...PAGE } }),
    phone: ({ page }) => ({ type: 'text', text: `look: ${page}.`, preview: { url: page, ...PAGE } }),
  },
  {
    name: 'reply',
    about: true,
    input: ({ first }) => text('Answer', { replyTo: first }),
    ours: ({ first }) => text('Answer', { replyTo: first }),
    there: ({ first }) => ({ replyTo: first }),
    phone: ({ first }) => ({ type: 'text', text: 'Answer', replyTo: first }),
  },
  {
    name: 'mention',
    input: () => text(`@${digits(ADA)} look`, { mentions: [ADA] }),
    ours: () => ({ mentions: [ADA] }),
    phone: () => ({ text: `@${digits(ADA)} look`, mentions: [`${digits(ADA)}@s.whatsapp.net`] }),
  },
  {
    name: 'mention of everyone in a group',
    where: 'group',
    input: () => text('All of you', { mentions: 'everyone' }),
    ours: () => text('All of you', { mentions: 'everyone' }),
    phone: () => ({ text: 'All of you', mentions: 'everyone' }),
  },
  {
    name: 'forwarded text',
    how: 'forward',
    about: true,
    input: () => ({}),
    ours: ({ words }) => text(words, { forwarded: true }),
    phone: ({ words }) => ({ type: 'text', text: words, forwarded: true }),
  },
  ...(await sampleFiles()).map(sentFile),
  same('location', of('location', LOCATION)),
  same('contacts', of('contacts', CARDS), of('contacts', [{ name: 'Ada' }, { name: 'Bob' }])),
  {
    name: 'contact as a vCard',
    input: () => of('contacts', [{ vcard: VCARD }]),
    ours: () => of('contacts', [CARD_READ]),
    phone: () => of('contacts', [{ name: CARD_READ.name, vcard: VCARD }]),
  },
  same('poll', of('poll', POLL)),
  same('poll with as many answers as one likes', of('poll', { ...POLL, selectableCount: 0 })),
  {
    name: 'reaction',
    about: true,
    changes: true,
    input: ({ first }) => of('reaction', { messageId: first, emoji: '👩‍👩‍👧' }),
    ours: ({ first }) => of('reaction', { messageId: first, emoji: '👩‍👩‍👧' }),
    there: ({ words }) => text(words, { reactions: [{ emoji: '👩‍👩‍👧' }] }),
    phone: ({ first }) => of('reaction', { messageId: first, emoji: '👩‍👩‍👧' }),
  },
  {
    name: 'vote',
    about: 'poll',
    changes: true,
    input: ({ first }) => of('vote', { messageId: first, options: ['Later'] }),
    ours: ({ first }) => of('vote', { messageId: first, options: ['Later'] }),
    there: () => ({ pollResults: [{ votes: 0 }, { option: 'Later', votes: 1 }, { votes: 0 }] }),
    phone: ({ first }) => of('vote', { messageId: first, options: ['Later'] }),
  },
  {
    name: 'edit',
    how: 'edit',
    about: true,
    changes: true,
    input: () => ({ text: { body: 'Better' } }),
    ours: ({ first }) => of('edit', { messageId: first, text: { body: 'Better' } }),
    there: () => text('Better', { revokedAt: null }),
    phone: ({ first }) => of('edit', { messageId: first, text: 'Better' }),
  },
  {
    name: 'revoke',
    how: 'revoke',
    about: true,
    changes: true,
    input: () => ({}),
    ours: ({ first }) => of('revoke', { messageId: first }),
    there: () => ({ type: 'text', text: null }),
    phone: ({ first }) => of('revoke', { messageId: first }),
  },
  {
    name: 'template',
    input: () => of('template', { name: TEMPLATE, variables: { order: '7' } }),
    ours: () => text('Order 7 is ready', { template: { name: TEMPLATE, language: 'en' } }),
    there: () => ({ template: null }),
    phone: () => ({ type: 'text', text: 'Order 7 is ready' }),
  },
  {
    name: 'status update',
    how: 'status',
    where: 'status',
    input: () => ({ text: { body: 'Open on Sunday' }, background: '#ff8800', font: 'bold' }),
    ours: () => text('Open on Sunday', { statusUpdate: { background: '#ff8800', font: 'bold', audience: 'contacts' } }),
    there: () => ({ statusUpdate: { background: '#ff8800', font: 'bold', audience: null } }),
    phone: () => ({ text: 'Open on Sunday', style: { background: '#ff8800', font: 'SYSTEM_BOLD' } }),
  },
];

function receivedFile(sample: SampleFile): ReceivedRow {
  const { kind, bytes, mimeType, said, found } = sample;
  const media = { mimeType, ...said, ...found };
  return {
    name: nameOf(sample),
    act: () => ({ media: { kind, base64: bytes.toString('base64'), ...media } }),
    shown: () => ({ type: kind, media: { ...media, size: bytes.length, status: 'ready', reason: null } }),
    file: bytes,
  };
}

/** A kind that a person makes in the words in which it is shown. */
function made(type: string, content: unknown): ReceivedRow {
  return { name: type, act: () => ({ [type]: content }), shown: () => of(type, content) };
}

const unknown = (kind: string, content: Json): ReceivedRow => ({
  name: `${kind}, which is not modelled`,
  raw: { [kind]: content },
  shown: () => of('unsupported', { kind }),
});

/** Every kind that a phone can send. The test fails for an action of the phone that no row has. */
export const RECEIVED: readonly ReceivedRow[] = [
  { name: 'text', act: () => ({ text: WORDS }), shown: () => text(WORDS, { forwarded: false, replyTo: null }) },
  {
    name: 'text with the preview of a link',
    act: () => ({ text: `${PREVIEW.url} it is`, preview: PREVIEW }),
    shown: () => of('text', { body: `${PREVIEW.url} it is`, preview: PREVIEW }),
  },
  {
    name: 'reply',
    about: 'text',
    act: ({ first }) => ({ text: 'Answer', replyTo: first }),
    shown: ({ first }) => text('Answer', { replyTo: first }),
  },
  {
    name: 'mention',
    act: () => ({ text: `@${digits(SHOP)} look`, mentions: [SHOP] }),
    shown: () => text(`@${digits(SHOP)} look`, { mentions: [SHOP] }),
  },
  {
    name: 'mention of everyone in a group',
    where: 'group',
    act: () => ({ text: 'All of you', mentions: 'everyone' }),
    shown: () => text('All of you', { mentions: 'everyone' }),
  },
  {
    name: 'forwarded text',
    act: () => ({ text: 'Passed on', forwarded: true }),
    shown: () => text('Passed on', { forwarded: true }),
  },
  ...(await sampleFiles()).map(receivedFile),
  made('location', LOCATION),
  made('contacts', CARDS),
  {
    name: 'contact as a vCard',
    act: () => ({ contacts: [{ vcard: VCARD }] }),
    shown: () => of('contacts', [CARD_READ]),
  },
  made('poll', { ...POLL, question: 'Mine?' }),
  {
    name: 'vote',
    about: 'poll',
    changes: true,
    act: ({ first }) => ({ vote: { messageId: first, options: ['Later'] } }),
    shown: () => ({ pollResults: [{ votes: 0 }, { option: 'Later', votes: 1 }, { votes: 0 }] }),
  },
  {
    name: 'reaction',
    about: 'text',
    changes: true,
    act: ({ first }) => ({ reaction: { messageId: first, emoji: '🇳🇴' } }),
    shown: () => ({ reactions: [{ emoji: '🇳🇴' }] }),
  },
  {
    name: 'edit',
    about: 'own',
    changes: true,
    act: ({ first }) => ({ edit: { messageId: first, text: 'Better' } }),
    shown: () => text('Better', { revokedAt: null }),
  },
  {
    name: 'revoke',
    about: 'own',
    changes: true,
    act: ({ first }) => ({ revoke: { messageId: first } }),
    shown: () => ({ type: 'text', text: null }),
  },
  {
    name: 'status update',
    where: 'status',
    act: () => ({ text: 'Lunch' }),
    shown: () => text('Lunch', { statusUpdate: null }),
  },
  {
    name: 'status update in its colours',
    where: 'status',
    raw: { extendedTextMessage: { text: 'Dinner', backgroundArgb: 0xff8a2be2, textArgb: 0xffffffff, font: 9 } },
    shown: () => text('Dinner', { statusUpdate: { background: '#8a2be2', font: 'exo2', audience: null } }),
  },
  {
    name: 'colours outside the status, which nothing shows',
    raw: { extendedTextMessage: { text: 'Plain', backgroundArgb: 0xff8a2be2, font: 9 } },
    shown: () => text('Plain', { statusUpdate: null }),
  },
  unknown('orderMessage', { orderId: '1', orderTitle: 'Shoes', itemCount: 2 }),
  unknown('liveLocationMessage', { degreesLatitude: 52.5, degreesLongitude: 13.4 }),
  unknown('listMessage', { title: 'Choose', buttonText: 'Open' }),
];
