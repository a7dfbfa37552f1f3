import type { Callers } from '../callers.ts';

/** Rows a statement takes while others call: some milliseconds of the embedded database. */
const PORTION = 24;
/** How long a piece of work waits for calls in hand to end, milliseconds. More would be for ever where many call. */
const PATIENCE_MS = 10;
/** A piece that takes longer waits for something else, as for a lock, and the next one does not wait for it. */
const SLOW_MS = 250;

/**
 * Keeps what no caller waits for out of callers' way. While another workspace calls, work in the background comes in
 * small pieces, one at a time, each in a pause between calls where there is one; its own workspace's calls hold nothing
 * up, and where nobody else calls it is as if there were no patience.
 */
export class Patience {
  readonly #callers: Callers;
  readonly #waitMs: number;
  #line: Promise<void> = Promise.resolve();

  constructor(callers: Callers, waitMs = PATIENCE_MS) {
    this.#callers = callers;
    this.#waitMs = waitMs;
  }

  /** How many rows, of `most`, a statement on behalf of `whose` should take now. Null: of several, or of nobody. */
  rows(whose: string | null, most: number): number {
    return this.#callers.others(whose) ? Math.min(PORTION, most) : most;
  }

  /** Runs a piece of work in its turn. `apart` tells it that callers' commits should not wait for it. */
  async run<T>(whose: string | null, work: (apart: boolean) => Promise<T>): Promise<T> {
    if (!this.#callers.others(whose)) return work(false);
    const ahead = this.#line;
    let pass = (): void => {};
    this.#line = new Promise((resolve) => {
      pass = resolve;
    });
    await ahead;
    await this.#callers.quiet(whose, this.#waitMs);
    const slow = setTimeout(pass, SLOW_MS);
    try {
      return await work(true);
    } finally {
      clearTimeout(slow);
      pass();
    }
  }
}

/** The workspace of which everything is, if it is but one's. */
export function soleOf(workspaceIds: Iterable<string>): string | null {
  const [sole = null, ...more] = new Set(workspaceIds);
  return more.length === 0 ? sole : null;
}
