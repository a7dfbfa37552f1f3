import type { ReadItem } from '../../../asks.ts';
import type { Address } from '../../../port.ts';
import { receiptName } from '../address.ts';
import { type AskTools, jidOf } from './tools.ts';

/** WhatsApp takes receipts for so many messages at a time. */
const IN_ONE = 100;

/** Marks messages read. What the account's privacy settings keep from others is told to its own devices alone. */
export async function markRead(tools: AskTools, { chat, items }: { chat: Address; items: ReadItem[] }): Promise<null> {
  const remoteJid = receiptName(chat) ?? jidOf(chat);
  for (let at = 0; at < items.length; at += IN_ONE) {
    const live = tools.live();
    const keys = items.slice(at, at + IN_ONE).map(({ waId, participant }) => {
      const author = participant && receiptName(participant);
      return { id: waId, remoteJid, fromMe: false, ...(author === undefined ? {} : { participant: author }) };
    });
    await Promise.race([live.sock.readMessages(keys), live.gate.whenClosed]);
    await live.gate.drained();
  }
  return null;
}
