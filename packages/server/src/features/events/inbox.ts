import type { LogCursor } from './cursor.ts';
import type { LogEntry } from './entry.ts';
import type { EventRow } from './store.ts';

/** What an inbox holds at most: events, and characters of their text. */
export interface InboxBounds {
  events: number;
  characters: number;
}

/**
 * What comes for one reader while it is busy, up to a bound. One that is full takes nothing more and says so: the reader
 * is too slow, and has the log itself to read what it missed.
 */
export class Inbox {
  /** The end of the log when this began: where a reader begins who wants what is new. */
  from: LogCursor;
  readonly #wants: (row: EventRow) => boolean;
  readonly #bounds: InboxBounds;
  #entries: LogEntry[] = [];
  #characters = 0;
  #isFull = false;
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(options: { from: LogCursor; wants: (row: EventRow) => boolean; bounds: InboxBounds }) {
    this.from = options.from;
    this.#wants = options.wants;
    this.#bounds = options.bounds;
  }

  /** Whether something was left out. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether nothing will come any more: the process ends. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  put(entry: LogEntry): void {
    if (this.#isFull || !this.#wants(entry.row)) return;
    const length = entry.frame.length;
    const { events, characters } = this.#bounds;
    // One alone is always taken, however long it is.
    const hasRoom = this.#entries.length < events && this.#characters + length <= characters;
    if (hasRoom || this.#entries.length === 0) {
      this.#entries.push(entry);
      this.#characters += length;
    } else {
      this.#isFull = true;
      this.#entries = [];
    }
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** All that has come, oldest first. */
  take(): LogEntry[] {
    const taken = this.#entries;
    this.#entries = [];
    this.#characters = 0;
    return taken;
  }

  /** Resolves when something is there, after `ms` milliseconds, or when `signal` ends. For one reader at a time. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.isEmpty || this.#isFull || this.#isOver || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
