import type { proto } from 'baileys';
import { optionHash } from '../../../../platform/crypto/message-secret.ts';
import type { HistoryMessage, PastReceipt } from '../../../history.ts';
import type { Address } from '../../../port.ts';
import { MAX_WA_ID, person } from '../address.ts';
import { isSelf } from '../envelope.ts';
import type { Names } from './message.ts';
import { milliseconds, seconds } from './times.ts';

/** Of one message this many of each kind are read: more than a group has members that may write. */
const MAX_RESPONSES = 2_000;

/** Where a message stands. */
export interface Scene {
  chat: Address;
  names: Names;
}

interface By {
  waId: string;
  sender: Address;
  fromMe: boolean;
}

/** Whose a response is: its author's, and in a chat of two the other side's where it names none. */
async function byKey(key: proto.IMessageKey | null | undefined, { chat, names }: Scene): Promise<By | undefined> {
  if (!key?.id || key.id.length > MAX_WA_ID) return undefined;
  const { id: waId } = key;
  const author = key.participant || undefined;
  const fromMe = key.fromMe === true || isSelf(names.self, author);
  const other =
    author === undefined ? (chat.kind === 'person' ? chat : undefined) : person(author, await names.other(author));
  const sender = fromMe ? person(names.self.id, names.self.lid) : other;
  return sender && { waId, sender, fromMe };
}

const sentAt = ({ messageTimestamp }: proto.IWebMessageInfo): number => (seconds(messageTimestamp) ?? 0) * 1000;

/** Who reacted to a message of the past, and with what. */
export async function reactionsOf(message: proto.IWebMessageInfo, scene: Scene) {
  const found: NonNullable<HistoryMessage['reactions']> = [];
  for (const { key, text, senderTimestampMs } of (message.reactions ?? []).slice(0, MAX_RESPONSES)) {
    const by = text ? await byKey(key, scene) : undefined;
    if (by && text) found.push({ ...by, emoji: text, at: milliseconds(senderTimestampMs) ?? sentAt(message) });
  }
  return found;
}

/** Who voted on a poll of the past, and for what: phones hand votes over opened, each option by its hash. */
export async function votesOf(message: proto.IWebMessageInfo, options: readonly string[], scene: Scene) {
  const found: NonNullable<HistoryMessage['votes']> = [];
  const hashes = options.map((option) => ({ option, hash: optionHash(option).toString('hex') }));
  for (const update of (message.pollUpdates ?? []).slice(0, MAX_RESPONSES)) {
    const { pollUpdateMessageKey: key, vote, senderTimestampMs, serverTimestampMs } = update;
    const by = vote ? await byKey(key, scene) : undefined;
    if (!by || !vote) continue;
    const selected = new Set((vote.selectedOptions ?? []).map((hash) => Buffer.from(hash).toString('hex')));
    const chosen = hashes.filter(({ hash }) => selected.has(hash)).map(({ option }) => option);
    // Of options that the poll does not have, nothing can be shown: it is no vote that was taken back.
    if (chosen.length === 0 && selected.size > 0) continue;
    const at = milliseconds(senderTimestampMs) ?? milliseconds(serverTimestampMs) ?? sentAt(message);
    found.push({ ...by, options: chosen, at });
  }
  return found;
}

/** What each member of a group, or viewer of a status update, did with a message of the account's own. */
export async function receiptsOf(message: proto.IWebMessageInfo, { chat, names }: Scene) {
  const found: PastReceipt[] = [];
  if (chat.kind === 'person') return found;
  for (const receipt of (message.userReceipt ?? []).slice(0, MAX_RESPONSES)) {
    const { userJid, receiptTimestamp, readTimestamp, playedTimestamp } = receipt;
    const who = userJid && !isSelf(names.self, userJid) ? person(userJid, await names.other(userJid)) : undefined;
    if (!who) continue;
    for (const [status, time] of [
      ['delivered', receiptTimestamp],
      ['read', readTimestamp],
      ['played', playedTimestamp],
    ] as const) {
      const at = seconds(time);
      if (at !== undefined) found.push({ person: who, status, at: at * 1000 });
    }
  }
  return found;
}
