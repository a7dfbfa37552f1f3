import type { Queryable } from '../../platform/db/port.ts';
import { type KeyUse, touchApiKeys } from './store.ts';

/** `last_used_at` is for people: one write a minute and key is plenty. */
const EVERY_MS = 60_000;
/** How often what is due is written, all keys in one statement. */
const ROUND_MS = 5_000;
const MAX_KEYS = 10_000;

/** Keeps when and from where keys were last used, and writes it now and then. Disposing it writes the rest. */
export class LastUsed implements AsyncDisposable {
  readonly #db: Queryable;
  readonly #onError: (error: unknown) => void;
  readonly #pending = new Map<string, KeyUse>();
  readonly #written = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  constructor(db: Queryable, onError: (error: unknown) => void) {
    this.#db = db;
    this.#onError = onError;
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#write(Date.now() - EVERY_MS));
    }, ROUND_MS);
    this.#timer.unref();
  }

  note(use: KeyUse): void {
    // Full of others that wait for their minute: this one is noted at its next use.
    if (this.#pending.size >= MAX_KEYS && !this.#pending.has(use.id)) return;
    this.#pending.set(use.id, use);
  }

  /** Writes the uses of keys last written before `before` (ms). What fails waits for the next round. */
  async #write(before: number): Promise<void> {
    for (const [id, at] of this.#written) if (at <= before) this.#written.delete(id);
    const due = [...this.#pending.values()].filter(({ id }) => !this.#written.has(id));
    if (due.length === 0) return;
    // One order on every node: two that write the same keys at once do not wait for each other in a circle.
    due.sort((a, b) => (a.id < b.id ? -1 : 1));
    const now = Date.now();
    try {
      await touchApiKeys(this.#db, due);
    } catch (error) {
      this.#onError(error);
      return;
    }
    for (const use of due) {
      this.#written.set(use.id, now);
      if (this.#pending.get(use.id) === use) this.#pending.delete(use.id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write(Number.POSITIVE_INFINITY);
  }
}
