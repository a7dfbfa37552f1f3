import type { WAMessageKey } from 'baileys';
import type { UnreadMessage } from '../../port.ts';
import { receiptName } from './address.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { LiveSocket } from './live-socket.ts';

const REMEMBERED_IDS = 1_000;
/** What one connection asks for at most: a phone is not flooded. */
const MOST_ASKED = 50;
/** How long the phone may take to answer before a new connection asks once more. WhatsApp keeps the request for it. */
const ASKED_MS = 6 * 3_600_000;

/**
 * Asks the account's own phone for messages that came without content, after the connection that brought them. Baileys
 * asks two seconds after it acknowledged one, and forgets it where the connection or the process ends before; WhatsApp
 * does not send it again. What the database has as unreadable is asked for when the next connection stands.
 */
export class Withheld {
  readonly #unread: () => Promise<readonly UnreadMessage[]>;
  readonly #placeholders: BoundedCache<unknown>;
  readonly #asked = new BoundedCache<true>(REMEMBERED_IDS, ASKED_MS);
  /** There may be some: after a start, and since one was noted. */
  #isDue = true;

  /** `placeholders` is where Baileys notes what it has asked for, or is about to. */
  constructor(unread: () => Promise<readonly UnreadMessage[]>, placeholders: BoundedCache<unknown>) {
    this.#unread = unread;
    this.#placeholders = placeholders;
  }

  /** One was noted. */
  noted(): void {
    this.#isDue = true;
  }

  /** A new connection begins: what Baileys was about to ask on the last one it never will. */
  begin(): void {
    this.#placeholders.clear();
  }

  /** The connection stands. */
  opened(live: LiveSocket): void {
    // Where it fails the connection or the database is away, and the next connection asks.
    this.#askAll(live).catch(() => this.noted());
  }

  async #askAll(live: LiveSocket): Promise<void> {
    if (!this.#isDue) return;
    this.#isDue = false;
    const messages = await this.#unread();
    // Until none is left every connection looks.
    if (messages.length > 0) this.noted();
    let asked = 0;
    for (const message of messages) {
      const key = keyOf(message);
      if (!key || this.#asked.has(message.waId)) continue;
      if (asked === MOST_ASKED) break;
      asked += 1;
      // One after the other, and each waits for two seconds in Baileys.
      const request = await Promise.race([live.sock.requestPlaceholderResend(key), live.gate.whenClosed]);
      await live.gate.drained();
      // Without an id Baileys is asking for it by itself.
      if (request !== undefined) this.#asked.set(message.waId, true);
    }
  }
}

/** The message as its phone names it. */
function keyOf({ waId, chat, fromMe, author }: UnreadMessage): WAMessageKey | undefined {
  const remoteJid = receiptName(chat);
  if (remoteJid === undefined || waId === '') return undefined;
  const participant = chat.kind === 'person' || fromMe || !author ? undefined : receiptName(author);
  return { remoteJid, id: waId, fromMe, ...(participant === undefined ? {} : { participant }) };
}
