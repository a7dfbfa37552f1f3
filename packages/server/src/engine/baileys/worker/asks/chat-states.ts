import type { ChatState } from '../../../asks.ts';

/** WhatsApp shows typing for about this long, and WAPing promises that it ends by itself. */
export const SHOWN_MS = 25_000;
/** Chats shown as typed in at a time. */
export const MAX_CHATS = 200;

/** Who is being shown as typing. Every `composing` or `recording` is ended by a `paused`, asked for or not. */
export class ChatStates {
  readonly #send: (state: ChatState, jid: string) => Promise<unknown>;
  readonly #ends = new Map<string, NodeJS.Timeout>();

  /** `send` rejects where there is no connection. */
  constructor(send: (state: ChatState, jid: string) => Promise<unknown>) {
    this.#send = send;
  }

  async set(jid: string, state: ChatState): Promise<void> {
    this.#cancel(jid);
    await this.#send(state, jid);
    if (state !== 'paused') this.#endLater(jid);
  }

  /** The connection is gone: nothing is shown any more, and nothing is left to end. */
  clear(): void {
    for (const jid of [...this.#ends.keys()]) this.#cancel(jid);
  }

  #endLater(jid: string): void {
    const [oldest] = this.#ends.keys();
    // The one shown longest ends a little early.
    if (this.#ends.size >= MAX_CHATS && oldest !== undefined) this.#pause(oldest);
    this.#cancel(jid);
    const timer = setTimeout(() => this.#pause(jid), SHOWN_MS);
    timer.unref();
    this.#ends.set(jid, timer);
  }

  #pause(jid: string): void {
    this.#cancel(jid);
    // With the connection gone it is shown to nobody.
    this.#send('paused', jid).catch(() => {});
  }

  #cancel(jid: string): void {
    clearTimeout(this.#ends.get(jid));
    this.#ends.delete(jid);
  }
}
