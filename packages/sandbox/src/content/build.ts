import type { proto } from 'baileys';
import { z } from 'zod';
import { pnJid } from '../codec/jid.ts';
import { innerMessage, type Message } from '../codec/message.ts';
import { SandboxError } from '../errors.ts';
import type { Phone } from '../phone/phone.ts';
import { addressOf } from '../routing/deliver.ts';
import { pollOf } from './describe.ts';
import { mediaField, mediaMessage } from './media.ts';
import { previewField, previewMessage } from './preview.ts';
import { findTarget } from './target.ts';
import { sealVote } from './vote.ts';

const id = z.string().min(1).max(128);
const SECRET_BYTES = 32;
const EDIT_TYPE = 14;
const REVOKE_TYPE = 0;

/** What a person does on a phone, kind by kind: exactly one is given. Ids are WhatsApp's. */
export const contentFields = {
  text: z.string().max(65_536).optional(),
  location: z
    .strictObject({
      latitude: z.number(),
      longitude: z.number(),
      name: z.string().optional(),
      address: z.string().optional(),
      url: z.string().optional(),
    })
    .optional(),
  contacts: z
    .array(z.strictObject({ name: z.string(), vcard: z.string().max(65_536) }))
    .min(1)
    .optional(),
  poll: z
    .strictObject({
      question: z.string(),
      options: z.array(z.string()).min(2).max(12),
      selectableCount: z.number().int().min(0),
    })
    .optional(),
  media: mediaField.optional(),
  reaction: z.strictObject({ messageId: id, emoji: z.string().max(64) }).optional(),
  edit: z.strictObject({ messageId: id, text: z.string().min(1).max(65_536) }).optional(),
  revoke: z.strictObject({ messageId: id }).optional(),
  vote: z.strictObject({ messageId: id, options: z.array(z.string()).max(12) }).optional(),
};

/** What may be said beside the content. */
export const besideFields = {
  /** Of a link in a text. */
  preview: previewField.optional(),
  replyTo: id.optional(),
  mentions: z.union([z.array(z.string().regex(/^\+?\d{5,15}$/)).max(256), z.literal('everyone')]).optional(),
  forwarded: z.boolean().optional(),
};

const fieldsSchema = z.object({ ...contentFields, ...besideFields });
export type Content = z.output<typeof fieldsSchema>;

function locationMessage({ latitude, longitude, name, address, url }: NonNullable<Content['location']>): Message {
  return {
    locationMessage: {
      degreesLatitude: latitude,
      degreesLongitude: longitude,
      ...(name === undefined ? {} : { name }),
      ...(address === undefined ? {} : { address }),
      ...(url === undefined ? {} : { url }),
    },
  };
}

function contactsMessage(cards: NonNullable<Content['contacts']>): Message {
  const wire = cards.map(({ name, vcard }) => ({ displayName: name, vcard }));
  const [only, ...more] = wire;
  if (only && more.length === 0) return { contactMessage: only };
  return { contactsArrayMessage: { displayName: `${wire.length} contacts`, contacts: wire } };
}

function pollMessage(phone: Phone, { question, options, selectableCount }: NonNullable<Content['poll']>): Message {
  const creation = {
    name: question,
    options: options.map((optionName) => ({ optionName })),
    selectableOptionsCount: selectableCount,
  };
  const messageContextInfo = { messageSecret: phone.core.random.bytes(SECRET_BYTES) };
  return selectableCount === 1
    ? { pollCreationMessageV3: creation, messageContextInfo }
    : { pollCreationMessage: creation, messageContextInfo };
}

function voteMessage(phone: Phone, { messageId, options }: NonNullable<Content['vote']>): Message {
  const { key, message, author } = findTarget(phone, messageId);
  const secret = message.messageContextInfo?.messageSecret;
  if (!pollOf(message) || !secret) throw new SandboxError('BAD_REQUEST', `message ${messageId} is no poll`);
  const { core, account } = phone;
  const vote = sealVote({
    secret,
    pollId: messageId,
    creator: author,
    voter: addressOf(account, core.options.addressing),
    options,
    random: (bytes) => core.random.bytes(bytes),
  });
  return { pollUpdateMessage: { pollCreationMessageKey: key, vote, senderTimestampMs: Date.now() } };
}

function build(phone: Phone, content: Content): Message | undefined {
  const { text, preview, location, contacts, poll, media, reaction, edit, revoke, vote } = content;
  if (preview && text === undefined) throw new SandboxError('BAD_REQUEST', 'a preview goes with a text');
  if (text !== undefined) return preview ? previewMessage(text, preview) : { conversation: text };
  if (location) return locationMessage(location);
  if (contacts) return contactsMessage(contacts);
  if (poll) return pollMessage(phone, poll);
  if (media) return mediaMessage(phone.core, media);
  if (vote) return voteMessage(phone, vote);
  if (reaction) {
    const { key } = findTarget(phone, reaction.messageId);
    return { reactionMessage: { key, text: reaction.emoji, senderTimestampMs: Date.now() } };
  }
  if (edit) {
    const { key } = findTarget(phone, edit.messageId);
    const editedMessage = { conversation: edit.text };
    return { protocolMessage: { key, type: EDIT_TYPE, editedMessage, timestampMs: Date.now() } };
  }
  if (revoke) return { protocolMessage: { key: findTarget(phone, revoke.messageId).key, type: REVOKE_TYPE } };
  return undefined;
}

function contextInfo(phone: Phone, { replyTo, mentions, forwarded }: Content): proto.IContextInfo | undefined {
  const quoted = replyTo === undefined ? undefined : findTarget(phone, replyTo);
  const { core } = phone;
  const named = Array.isArray(mentions) ? mentions.map((number) => number.replace(/\D/g, '')) : [];
  const info: proto.IContextInfo = {
    ...(quoted && replyTo !== undefined
      ? { stanzaId: replyTo, participant: quoted.author, quotedMessage: quoted.message }
      : {}),
    ...(named.length > 0
      ? {
          mentionedJid: named.map((user) => {
            const account = core.registry.byUser(user, 'pn');
            return account ? addressOf(account, core.options.addressing) : pnJid(user);
          }),
        }
      : {}),
    ...(mentions === 'everyone' ? { nonJidMentions: 1 } : {}),
    ...(forwarded ? { isForwarded: true, forwardingScore: 1 } : {}),
  };
  return Object.keys(info).length > 0 ? info : undefined;
}

/** The message a phone makes of what its owner does. Throws BAD_REQUEST where that is nothing, NOT_FOUND for an unknown id. */
export function buildContent(phone: Phone, content: Content): Message {
  const message = build(phone, content);
  if (!message) throw new SandboxError('BAD_REQUEST', 'the message has no content');
  const info = contextInfo(phone, content);
  return info ? withContext(message, info) : message;
}

/** Puts it where the kind of message keeps it: in the body, inside whatever envelope. */
function withContext(message: Message, info: proto.IContextInfo): Message {
  const inner = innerMessage(message);
  if (inner !== message) {
    const [name] = Object.keys(message);
    return { [name ?? '']: { message: withContext(inner, info) } };
  }
  const { conversation, ...rest } = message;
  if (typeof conversation === 'string') return { extendedTextMessage: { text: conversation, contextInfo: info } };
  const entries = Object.entries(rest).map(([name, body]) =>
    name === 'messageContextInfo' || typeof body !== 'object' ? [name, body] : [name, { ...body, contextInfo: info }],
  );
  return Object.fromEntries(entries);
}

/** Another's message taken back by an admin of the group carries another attribute than one's own. */
export function editOf(phone: Phone, { revoke }: Content): string | undefined {
  return revoke && findTarget(phone, revoke.messageId).key.fromMe === false ? '8' : undefined;
}
