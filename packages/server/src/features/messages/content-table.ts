import { z } from 'zod';
import { MEDIA_KINDS, type MessageAction, type MessageContent } from '../../engine/port.ts';
import { shownId, shownIdOrNull } from '../../operations/fields.ts';
import { editShown, revokeShown } from './content/action.ts';
import { contactsInput, contactsShown, toCards } from './content/contacts.ts';
import { locationInput, locationShown } from './content/location.ts';
import { pollInput, pollShown } from './content/poll.ts';
import { reactionInput, reactionShown } from './content/reaction.ts';
import { statusUpdateShown } from './content/status-update.ts';
import { textInput, textShown } from './content/text.ts';
import { voteInput, voteShown } from './content/vote.ts';
import { engineMediaKinds, mediaInput, mediaShown, shownMedia, storedMedia } from './media-content.ts';

/** What a send of each type takes, under the field of the type's name. A new kind is one more file and one more row here. */
export const CONTENT_INPUT = {
  text: textInput.optional().meta({ description: 'Content of a message of type `text`.' }),
  ...mediaInput,
  location: locationInput.optional().meta({ description: 'Content of a message of type `location`.' }),
  contacts: contactsInput.optional().meta({ description: 'Content of a message of type `contacts`: visiting cards.' }),
  poll: pollInput.optional().meta({ description: 'Content of a message of type `poll`.' }),
  reaction: reactionInput.optional().meta({ description: 'Content of a message of type `reaction`.' }),
  vote: voteInput.optional().meta({ description: 'Content of a message of type `vote`, on a poll.' }),
};

export const SENDABLE = ['text', ...MEDIA_KINDS, 'location', 'contacts', 'poll', 'reaction', 'vote'] as const;

const unsupportedShown = z.object({
  kind: z.string().meta({ description: 'WhatsApp’s name of the kind.', examples: ['orderMessage'] }),
});

/** The same, and what cannot be sent, as it is kept and shown. */
const SHOWN = {
  text: textShown,
  media: storedMedia,
  location: locationShown,
  contacts: contactsShown,
  poll: pollShown,
  reaction: reactionShown,
  vote: voteShown,
  edit: editShown,
  revoke: revokeShown,
  unsupported: unsupportedShown,
};

const templateShown = z.object({
  id: shownId('tpl', 'The template; it may be gone by now.'),
  name: z.string().meta({ description: 'Its name when the message was accepted.', examples: ['order_confirmed'] }),
  language: z.string().meta({ description: 'Its language.', examples: ['en'] }),
});

/** Which template a message was made from. */
export type UsedTemplate = z.output<typeof templateShown>;

const mentions = z.union([z.array(z.string()), z.literal('everyone')]);

/** What a message row keeps as JSON: its content under its type's name, and what is said beside it. */
const storedSchema = z.object({
  ...z.object(SHOWN).partial().shape,
  replyTo: z.string().optional(),
  mentions: mentions.optional(),
  forwarded: z.boolean().optional(),
  template: templateShown.optional(),
  statusUpdate: statusUpdateShown.optional(),
});

export type StoredContent = z.output<typeof storedSchema>;
/** What a text shows of a link in it. */
export type StoredPreview = NonNullable<NonNullable<StoredContent['text']>['preview']>;

export const CONTENT_SHOWN = {
  text: textShown.nullable().meta({ description: 'Content of a message of type `text`.' }),
  media: mediaShown.nullable().meta({
    description: 'The file of a message of type `image`, `video`, `audio`, `voice`, `document` or `sticker`.',
  }),
  location: locationShown.nullable().meta({ description: 'Content of a message of type `location`.' }),
  contacts: contactsShown.nullable().meta({ description: 'Content of a message of type `contacts`.' }),
  poll: pollShown.nullable().meta({ description: 'Content of a message of type `poll`.' }),
  reaction: reactionShown.nullable().meta({ description: 'Content of a message of type `reaction`, sent by you.' }),
  vote: voteShown.nullable().meta({ description: 'Content of a message of type `vote`, sent by you.' }),
  edit: editShown.nullable().meta({ description: 'Content of a message of type `edit`, which changes another.' }),
  revoke: revokeShown.nullable().meta({ description: 'Content of a message of type `revoke`, which ends another.' }),
  unsupported: unsupportedShown.nullable().meta({ description: "A kind not modelled yet, by WhatsApp's name." }),
  replyTo: shownIdOrNull('msg', 'The message it answers, where it is known here.'),
  mentions: mentions.nullable().meta({
    description: 'Numbers it mentions, or `everyone`. Somebody whose number is not known stands there as `…@lid`.',
    examples: [['+15551234567']],
  }),
  forwarded: z.boolean().meta({ description: 'Whether it was forwarded.', examples: [false] }),
  template: templateShown.nullable().meta({ description: 'The template it was made from, if any.' }),
  statusUpdate: statusUpdateShown
    .nullable()
    .meta({ description: 'How a status update is shown, and one of yours to whom. Null where it says nothing of it.' }),
};

/** The content fields of a message as shown. */
export function shownContent(stored: unknown) {
  const content = storedSchema.parse(stored);
  return {
    text: content.text ?? null,
    media: shownMedia(content.media),
    location: content.location ?? null,
    contacts: content.contacts ?? null,
    poll: content.poll ?? null,
    reaction: content.reaction ?? null,
    vote: content.vote ?? null,
    edit: content.edit ?? null,
    revoke: content.revoke ?? null,
    unsupported: content.unsupported ?? null,
    replyTo: content.replyTo ?? null,
    mentions: content.mentions ?? null,
    forwarded: content.forwarded ?? false,
    template: content.template ?? null,
    statusUpdate: content.statusUpdate ?? null,
  };
}

const engineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: textShown }),
  ...engineMediaKinds,
  z.object({ type: z.literal('location'), location: locationShown }),
  z.object({ type: z.literal('contacts'), contacts: contactsShown }),
  z.object({ type: z.literal('poll'), poll: pollShown }),
  z.object({ type: z.literal('reaction'), reaction: reactionShown }),
  z.object({ type: z.literal('vote'), vote: voteShown }),
  z.object({ type: z.literal('edit'), edit: editShown }),
  z.object({ type: z.literal('revoke'), revoke: revokeShown }),
  z.object({ type: z.literal('unsupported'), unsupported: unsupportedShown }),
]);

/** A stored body as the engine takes it; null where the row no longer has one, or holds a type this version does not know. */
export function engineContent(type: string, stored: StoredContent): MessageContent | MessageAction | null {
  return engineSchema.safeParse({ ...stored, type }).data ?? null;
}

export function parseStored(content: unknown): StoredContent {
  return storedSchema.parse(content);
}

/** Content of a type as a send takes it, in the form that is kept (a file is not) and as it was given; or what is wrong with it. */
export function readContent(
  type: (typeof SENDABLE)[number],
  content: unknown,
): { kept: StoredContent; given: unknown; issues: readonly z.core.$ZodIssue[] } {
  const parsed = CONTENT_INPUT[type].unwrap().safeParse(content);
  if (!parsed.success) return { kept: {}, given: {}, issues: parsed.error.issues };
  const given = type === 'contacts' ? toCards(contactsInput.parse(content)) : parsed.data;
  return { kept: storedSchema.parse({ [type]: given }), given, issues: [] };
}
