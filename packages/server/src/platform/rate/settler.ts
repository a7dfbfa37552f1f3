import type { Queryable } from '../db/port.ts';
import type { Logger } from '../log.ts';
import { addCounts } from './rate-store.ts';
import { type Count, WINDOW_MS, type Windows } from './windows.ts';

const EVERY_MS = 250;
const MAX_ROWS = 1_000;
const LATE_MS = 1_000;

/**
 * Tells the other nodes, over the database, what this one has admitted, and hears what they have: one statement, four
 * times a second while there is something to tell, sooner where a counter runs ahead. No request waits for it. While
 * the database does not answer within a second, each node counts for itself.
 */
export class Settler implements AsyncDisposable {
  readonly #db: Queryable;
  readonly #windows: Windows;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(services: { db: Queryable; windows: Windows; log: Logger; now: () => number }) {
    this.#db = services.db;
    this.#windows = services.windows;
    this.#log = services.log;
    this.#now = services.now;
    this.#windows.shared = true;
    this.#windows.holdsBack = true;
    this.#windows.onUrgent = () => this.#wake();
    this.#timer = setInterval(() => this.#wake(), EVERY_MS);
    this.#timer.unref();
  }

  /** Everything admitted so far is told, and what the others admitted is known, once this resolves. */
  async settle(): Promise<void> {
    await this.#running;
    await this.#run();
  }

  #wake(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#again) {
        this.#again = false;
        this.#wake();
      }
    });
  }

  async #run(): Promise<void> {
    for (let counts = this.#windows.collect(MAX_ROWS); counts.length > 0; counts = this.#windows.collect(MAX_ROWS)) {
      if (!(await this.#exchange(counts))) return;
    }
  }

  async #exchange(counts: readonly Count[]): Promise<boolean> {
    const late = setTimeout(() => {
      this.#windows.holdsBack = false;
    }, LATE_MS);
    try {
      const totals = await addCounts(this.#db, counts, this.#now() - WINDOW_MS);
      this.#windows.heard(counts, totals);
      this.#windows.holdsBack = true;
      return true;
    } catch (error) {
      this.#windows.unsent(counts);
      this.#windows.holdsBack = false;
      this.#log.warn({ err: error }, 'rate limits not exchanged; each node counts for itself until they are');
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#windows.onUrgent = () => {};
    await this.settle();
  }
}
