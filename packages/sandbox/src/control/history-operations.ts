import { z } from 'zod';
import { SandboxError } from '../errors.ts';
import { type PastConversation, type PastMessage, toConversation } from '../history/index.ts';
import type { Network } from '../network-api.ts';
import { number, operation } from './define.ts';

const MAX_CHATS = 1_000;
const MAX_MESSAGES = 200_000;
/** Messages of a chat that go with the first part. */
const FIRST = 50;

const pastMessage = z.strictObject({
  id: z.string().min(1).max(128),
  text: z.string().max(65_536),
  fromMe: z.boolean().default(false),
  /** Unix time in seconds. */
  at: z.number().int().min(1),
  /** Who wrote it, in a group. */
  from: number.optional(),
  pushName: z.string().max(100).optional(),
});

const pastChat = z.strictObject({
  /** A number, or the address of a group. */
  chat: z.string().min(3).max(128),
  name: z.string().max(100).optional(),
  unread: z.number().int().min(0).max(100_000).default(0),
  messages: z.array(pastMessage).max(10_000).default([]),
});

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

function given(network: Network, input: z.output<typeof historyInput>): PastConversation[] {
  return input.chats.map(({ chat, messages, name, unread }) => ({
    ...chatAddress(network, chat),
    unread,
    ...(name === undefined ? {} : { name }),
    messages: messages
      .map(({ text, from, pushName, ...message }): PastMessage => {
        const participant = from === undefined ? {} : { participant: chatAddress(network, from).chat };
        return {
          ...message,
          message: { conversation: text },
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
    const chats = [...given(network, input), ...madeUp(input)];
    const first = chats.map((chat) => toConversation({ ...chat, messages: chat.messages.slice(0, FIRST) }));
    const recent = parts(chats, input.partMessages).map((part) => part.map(toConversation));
    account.phone.history = {
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
