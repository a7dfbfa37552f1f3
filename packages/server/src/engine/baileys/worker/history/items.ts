import { Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { proto } from 'baileys';
import type { HistoryChat, HistoryMessage, HistoryPerson } from '../../../history.ts';
import type { Address } from '../../../port.ts';
import { groupAddress, person } from '../address.ts';
import { HistoryError } from './download.ts';
import { messageOf, type Names } from './message.ts';
import { seconds } from './times.ts';
import { FieldStream, fieldsOf } from './wire.ts';

/** A chat with everything in it, as it arrives. */
const MAX_FIELD = 96 * 1024 * 1024;
/** A part, unpacked: it is read piece by piece and never whole. */
const MAX_UNPACKED = 1024 * 1024 * 1024;

/** More is no count; phones write -1, which has no sign on the wire, for a mark. */
const MAX_UNREAD = 1_000_000;

// Numbers of fields in WhatsApp's HistorySync, Conversation and HistorySyncMsg.
const CONVERSATIONS = 2;
const PUSH_NAMES = 7;
const LID_PAIRS = 15;
const MESSAGES = 2;

/** A privacy token of a chat: without it WhatsApp may refuse a message to somebody not written to lately (463). */
export interface ChatToken {
  jid: string;
  token: Uint8Array;
  timestamp: number;
  senderTimestamp?: number;
}

/** What a part holds, one at a time; always in the same order. */
export type HistoryItem =
  | { is: 'chat'; chat: HistoryChat; pair?: LidPair; token?: ChatToken }
  | { is: 'message'; message: HistoryMessage }
  | { is: 'person'; person: HistoryPerson }
  | { is: 'pair'; pair: LidPair }
  /** Nothing that is kept. */
  | { is: 'nothing' };

export interface LidPair {
  lid: string;
  pn: string;
}

/** Reads a part. Rejects with HistoryError for what is no history. */
export async function* itemsOf(pieces: readonly Uint8Array[], names: Names): AsyncGenerator<HistoryItem> {
  const stream = new FieldStream(MAX_FIELD);
  let size = 0;
  try {
    const unpacked: AsyncIterable<Buffer> = Readable.from(pieces).pipe(createInflate());
    for await (const piece of unpacked) {
      size += piece.length;
      if (size > MAX_UNPACKED) throw new HistoryError('too_large', 'the part is too large when it is unpacked');
      for (const { no, value } of stream.push(piece)) if (typeof value !== 'number') yield* itemsIn(no, value, names);
    }
    stream.end();
  } catch (error) {
    if (error instanceof HistoryError) throw error;
    throw new HistoryError('damaged', error instanceof Error ? error.message : 'unknown');
  }
}

async function* itemsIn(no: number, bytes: Uint8Array, names: Names): AsyncGenerator<HistoryItem> {
  if (no === CONVERSATIONS) yield* conversation(bytes, names);
  else if (no === PUSH_NAMES) yield await pushName(bytes, names);
  else if (no === LID_PAIRS) {
    const { lidJid, pnJid } = proto.PhoneNumberToLIDMapping.decode(bytes);
    yield lidJid && pnJid ? { is: 'pair', pair: { lid: lidJid, pn: pnJid } } : { is: 'nothing' };
  }
}

async function pushName(bytes: Uint8Array, names: Names): Promise<HistoryItem> {
  const { id, pushname } = proto.Pushname.decode(bytes);
  const who = id && pushname ? person(id, await names.other(id)) : undefined;
  return who && pushname ? { is: 'person', person: { person: who, pushName: pushname } } : { is: 'nothing' };
}

/** The chat, then its messages, oldest first: an answer comes after what it answers. */
async function* conversation(bytes: Uint8Array, names: Names): AsyncGenerator<HistoryItem> {
  const messages: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  for (const { no, value, raw } of fieldsOf(bytes)) {
    if (no === MESSAGES && typeof value !== 'number') messages.push(value);
    else rest.push(raw);
  }
  const head = proto.Conversation.decode(Buffer.concat(rest));
  const pair = pairOf(head);
  const chat = await chatOf(head, names);
  if (!chat) {
    yield { is: 'nothing' };
    return;
  }
  const token = tokenOf(head);
  yield { is: 'chat', chat: shownChat(head, chat), ...(pair ? { pair } : {}), ...(token ? { token } : {}) };
  for (const one of messages.reverse()) {
    const { message } = proto.HistorySyncMsg.decode(one);
    const read = message ? await messageOf(message, chat, names) : undefined;
    yield read ? { is: 'message', message: read } : { is: 'nothing' };
  }
}

const isLid = (jid: string | null | undefined): jid is string => jid?.endsWith('@lid') === true;

function pairOf({ id, lidJid, pnJid }: proto.IConversation): LidPair | undefined {
  if (isLid(id)) return pnJid ? { lid: id, pn: pnJid } : undefined;
  return id && isLid(lidJid) ? { lid: lidJid, pn: id } : undefined;
}

async function chatOf(head: proto.IConversation, names: Names): Promise<Address | undefined> {
  const { id, lidJid, pnJid } = head;
  if (!id) return undefined;
  if (id.endsWith('@g.us')) return groupAddress(id);
  if (id === 'status@broadcast') return { kind: 'status' };
  return person(id, pnJid ?? undefined, lidJid ?? undefined, await names.other(id));
}

function shownChat(head: proto.IConversation, chat: Address): HistoryChat {
  const { unreadCount, conversationTimestamp, lastMsgTimestamp } = head;
  const lastAt = (seconds(lastMsgTimestamp) ?? seconds(conversationTimestamp) ?? 0) * 1000;
  const name = chat.kind === 'person' ? head.displayName || head.name : undefined;
  return {
    chat,
    unread: unreadCount && unreadCount <= MAX_UNREAD ? unreadCount : 0,
    ...(lastAt > 0 ? { lastAt } : {}),
    ...(name ? { name } : {}),
  };
}

function tokenOf(head: proto.IConversation): ChatToken | undefined {
  const timestamp = seconds(head.tcTokenTimestamp);
  if (!head.id || !head.tcToken?.length || timestamp === undefined) return undefined;
  const senderTimestamp = seconds(head.tcTokenSenderTimestamp);
  return {
    jid: head.id,
    token: head.tcToken,
    timestamp,
    ...(senderTimestamp === undefined ? {} : { senderTimestamp }),
  };
}
