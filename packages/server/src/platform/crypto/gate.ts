import { WapingError } from '../errors.ts';

/** Lets few run at once and few wait: expensive work that strangers can ask for must not starve the rest. */
export class Gate {
  readonly #running: number;
  readonly #waiting: number;
  readonly #queue: (() => void)[] = [];
  #active = 0;

  constructor(limits: { running: number; waiting: number }) {
    this.#running = limits.running;
    this.#waiting = limits.waiting;
  }

  /** Throws SERVICE_UNAVAILABLE when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#running) {
      if (this.#queue.length >= this.#waiting) {
        throw new WapingError('SERVICE_UNAVAILABLE', 'too many sign-ins at once', { retryAfter: 1 });
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#active += 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      // The place passes on: a newcomer in between cannot take it as well.
      if (next) next();
      else this.#active -= 1;
    }
  }
}
