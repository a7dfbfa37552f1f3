import type { proto } from 'baileys';
import { isGroup } from '../codec/jid.ts';
import type { Message } from '../codec/message.ts';
import { SandboxError } from '../errors.ts';
import type { Phone } from '../phone/phone.ts';
import { addressOf } from '../routing/deliver.ts';

/** A message a phone shows or has sent, which another speaks of. */
export interface Target {
  key: proto.IMessageKey;
  message: Message;
  /** Address of its author, as this phone names it. */
  author: string;
}

/** Finds a message by its id. Throws NOT_FOUND. */
export function findTarget(phone: Phone, id: string): Target {
  const found = lookUp(phone, id);
  if (!found) throw new SandboxError('NOT_FOUND', `the phone has no message ${id}`);
  return found;
}

/** The same; undefined where the phone has none. */
export function lookUp(phone: Phone, id: string): Target | undefined {
  const { core, account } = phone;
  const own = addressOf(account, core.options.addressing);
  const sent = phone.sent.get(id);
  if (sent) return { key: { remoteJid: sent.to, id, fromMe: true }, message: sent.message, author: own };
  const entry = phone.inbox.find((item) => item.id === id);
  if (!entry) return undefined;
  const from = core.registry.byJid(entry.from);
  const author = from ? addressOf(from, core.options.addressing) : entry.from;
  const participant = isGroup(entry.chat) && !entry.own ? { participant: author } : {};
  return { key: { remoteJid: entry.chat, id, fromMe: entry.own, ...participant }, message: entry.message, author };
}
