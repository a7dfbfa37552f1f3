import { z } from 'zod';
import type { Message } from '../codec/message.ts';
import { fileIn, mediaField, mediaMessage } from '../content/media.ts';
import { SandboxError } from '../errors.ts';
import { type PastConversation, type PastMessage, toConversation } from '../history/index.ts';
import { stripQuery } from '../media/faults.ts';
import type { Network } from '../network-api.ts';
import type { Phone } from '../phone/phone.ts';
import { number, operation } from './define.ts';

const MAX_CHATS = 1_000;
const MAX_MESSAGES = 200_000;
/** Messages of a chat that go with the first part. */
const FIRST = 50;

const pastFields = z.strictObject({
  id: z.string().min(1).max(128),
  /** One of the two. */
  text: z.string().max(65_536).optional(),
  media: mediaField.optional(),
  /** The media host has the file no more; the phone has. */
  lost: z.boolean().default(false),
  fromMe: z.boolean().default(false),
  /** Unix time in seconds. */
  at: z.number().int().min(1),
  /** Who wrote it, in a group. */
  from: number.optional(),
  pushName: z.string().max(100).optional(),
});
const pastMessage = pastFields.refine(({ text, media }) => (text === undefined) !== (media === undefined), {
  message: 'a message of the past is a text or a file',
});

const pastChat = z.strictObject({
  /** A number, or the address of a group. */
  chat: z.string().min(3).max(128),
  name: z.string().max(100).optional(),
  unread: z.number().int().min(0).max(100_000).default(0),
  messages: z.array(pastMessage).max(10_000).default([]),
});

type FileOfPast = z.output<typeof mediaField>;

const historyInput = z.strictObject({
  number,
  chats: z.array(pastChat).max(MAX_CHATS).default([]),
  pushNames: z
    .array(z.strictObject({ number, name: z.string().max(100) }))
    .max(10_000)
    .default([]),
  /** Makes up chats with numbers of their own and so many messages in all. */
  made: z
    .strictObject({
      chats: z.number().int().min(1).max(MAX_CHATS),
      messages: z.number().int().min(1).max(MAX_MESSAGES),
    })
    .optional(),
  /** Messages in each part after the first. */
  partMessages: z.number().int().min(1).max(10_000).default(2_000),
  delivery: z.enum(['inline', 'external']).optional(),
});

function chatAddress(network: Network, chat: string): { chat: string; lid?: string } {
  if (chat.includes('@')) return { chat };
  const user = chat.replace(/\D/g, '');
  if (user === '') throw new SandboxError('BAD_REQUEST', `${chat} is no number`);
  const account = network.core.registry.byUser(user, 'pn');
  return account ? { chat: account.jid, lid: account.lid } : { chat: `${user}@s.whatsapp.net` };
}

/** A file of the past was uploaded when it was sent, and is on the phone. */
function fileMessage(phone: Phone, { id, media, lost }: { id: string; media: FileOfPast; lost: boolean }): Message {
  const message = mediaMessage(phone.core, media);
  phone.files.keep(phone.core, id, message);
  const path = fileIn(message)?.body.directPath;
  if (lost && path) phone.core.media.blobs.delete(stripQuery(path));
  return message;
}

function given(network: Network, phone: Phone, input: z.output<typeof historyInput>): PastConversation[] {
  return input.chats.map(({ chat, messages, name, unread }) => ({
    ...chatAddress(network, chat),
    unread,
    ...(name === undefined ? {} : { name }),
    messages: messages
      .map(({ id, at, fromMe, text, media, lost, from, pushName }): PastMessage => {
        const participant = from === undefined ? {} : { participant: chatAddress(network, from).chat };
        return {
          id,
          at,
          fromMe,
          message: media ? fileMessage(phone, { id, media, lost }) : { conversation: text ?? '' },
          ...participant,
          ...(pushName === undefined ? {} : { pushName }),
        };
      })
      .sort((a, b) => b.at - a.at),
  }));
}

const FIRST_AT = 1_700_000_000;

function madeUp({ made, number: user }: z.output<typeof historyInput>): PastConversation[] {
  if (!made) return [];
  const each = Math.ceil(made.messages / made.chats);
  return Array.from({ length: made.chats }, (_, i) => {
    const count = Math.min(each, made.messages - i * each);
    const messages = Array.from({ length: Math.max(0, count) }, (_none, n): PastMessage => {
      const id = `H${user}${String(i).padStart(4, '0')}${String(n).padStart(6, '0')}`;
      return {
        id,
        fromMe: n % 3 === 0,
        message: { conversation: `message ${n} of the past` },
        at: FIRST_AT + n * 60 + i,
      };
    });
    return { chat: `1777${String(i).padStart(7, '0')}@s.whatsapp.net`, messages: messages.reverse() };
  });
}

/** Chats in parts of about so many messages; a chat goes on in the next part. */
function parts(chats: readonly PastConversation[], size: number): PastConversation[][] {
  const cut: PastConversation[][] = [];
  let room = 0;
  for (const chat of chats) {
    for (let at = FIRST; at < chat.messages.length; ) {
      if (room === 0) {
        cut.push([]);
        room = size;
      }
      const messages = chat.messages.slice(at, at + room);
      cut.at(-1)?.push({ ...chat, messages });
      at += messages.length;
      room -= messages.length;
    }
  }
  return cut;
}

/** What a phone hands to devices it links from now on. */
export const historyOperations = {
  'phones.history': operation(historyInput, (network, input) => {
    const account = network.core.registry.byUser(input.number, 'pn');
    if (!account) throw new SandboxError('NOT_ON_WHATSAPP', `there is no phone with the number +${input.number}`);
    const { phone } = account;
    const chats = [...given(network, phone, input), ...madeUp(input)];
    const first = chats.map((chat) => toConversation({ ...chat, messages: chat.messages.slice(0, FIRST) }));
    const recent = parts(chats, input.partMessages).map((part) => part.map(toConversation));
    phone.history = {
      conversations: first,
      recent,
      pushnames: input.pushNames.map(({ number: user, name }) => ({
        id: chatAddress(network, user).chat,
        pushname: name,
      })),
      ...(input.delivery === undefined ? {} : { delivery: input.delivery }),
    };
    return { messages: chats.reduce((sum, chat) => sum + chat.messages.length, 0), parts: recent.length };
  }),
};
