import { z } from 'zod';
import type { MessageAction, MessageContent } from '../../engine/port.ts';
import { shownIdOrNull } from '../../operations/fields.ts';
import { editShown, revokeShown } from './content/action.ts';
import { contactsInput, contactsShown } from './content/contacts.ts';
import { locationInput, locationShown } from './content/location.ts';
import { pollInput, pollShown } from './content/poll.ts';
import { reactionInput, reactionShown } from './content/reaction.ts';
import { textInput, textShown } from './content/text.ts';

/** What a send of each type takes, under the field of the type's name. A new kind is one more file and one more row here. */
export const CONTENT_INPUT = {
  text: textInput.optional().meta({ description: 'Content of a message of type `text`.' }),
  location: locationInput.optional().meta({ description: 'Content of a message of type `location`.' }),
  contacts: contactsInput.optional().meta({ description: 'Content of a message of type `contacts`: visiting cards.' }),
  poll: pollInput.optional().meta({ description: 'Content of a message of type `poll`.' }),
  reaction: reactionInput.optional().meta({ description: 'Content of a message of type `reaction`.' }),
};

export const SENDABLE = ['text', 'location', 'contacts', 'poll', 'reaction'] as const;

const unsupportedShown = z.object({
  kind: z.string().meta({ description: 'WhatsApp’s name of the kind.', examples: ['orderMessage'] }),
});

/** The same, and what cannot be sent, as it is kept and shown. */
const SHOWN = {
  text: textShown,
  location: locationShown,
  contacts: contactsShown,
  poll: pollShown,
  reaction: reactionShown,
  edit: editShown,
  revoke: revokeShown,
  unsupported: unsupportedShown,
};

const mentions = z.union([z.array(z.string()), z.literal('everyone')]);

/** What a message row keeps as JSON: its content under its type's name, and what is said beside it. */
const storedSchema = z.object({
  ...z.object(SHOWN).partial().shape,
  replyTo: z.string().optional(),
  mentions: mentions.optional(),
  forwarded: z.boolean().optional(),
});

export type StoredContent = z.output<typeof storedSchema>;

export const CONTENT_SHOWN = {
  text: textShown.nullable().meta({ description: 'Content of a message of type `text`.' }),
  location: locationShown.nullable().meta({ description: 'Content of a message of type `location`.' }),
  contacts: contactsShown.nullable().meta({ description: 'Content of a message of type `contacts`.' }),
  poll: pollShown.nullable().meta({ description: 'Content of a message of type `poll`.' }),
  reaction: reactionShown.nullable().meta({ description: 'Content of a message of type `reaction`, sent by you.' }),
  edit: editShown.nullable().meta({ description: 'Content of a message of type `edit`, which changes another.' }),
  revoke: revokeShown.nullable().meta({ description: 'Content of a message of type `revoke`, which ends another.' }),
  unsupported: unsupportedShown.nullable().meta({ description: "A kind not modelled yet, by WhatsApp's name." }),
  replyTo: shownIdOrNull('msg', 'The message it answers, where it is known here.'),
  mentions: mentions
    .nullable()
    .meta({ description: 'Numbers it mentions, or `everyone`.', examples: [['+15551234567']] }),
  forwarded: z.boolean().meta({ description: 'Whether it was forwarded.', examples: [false] }),
};

/** The content fields of a message as shown. */
export function shownContent(stored: unknown) {
  const content = storedSchema.parse(stored);
  return {
    text: content.text ?? null,
    location: content.location ?? null,
    contacts: content.contacts ?? null,
    poll: content.poll ?? null,
    reaction: content.reaction ?? null,
    edit: content.edit ?? null,
    revoke: content.revoke ?? null,
    unsupported: content.unsupported ?? null,
    replyTo: content.replyTo ?? null,
    mentions: content.mentions ?? null,
    forwarded: content.forwarded ?? false,
  };
}

const engineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: textShown }),
  z.object({ type: z.literal('location'), location: locationShown }),
  z.object({ type: z.literal('contacts'), contacts: contactsShown }),
  z.object({ type: z.literal('poll'), poll: pollShown }),
  z.object({ type: z.literal('reaction'), reaction: reactionShown }),
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
