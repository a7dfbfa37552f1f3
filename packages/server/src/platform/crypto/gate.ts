import { WapingError } from '../errors.ts';

/** `strangers`: how many of `waiting` they may take; the rest is kept for those who are known. */
export interface GateLimits {
  running: number;
  waiting: number;
  strangers: number;
}

/**
 * Lets few run at once and few wait: expensive work that strangers can ask for must not starve the rest. Those who are
 * known wait in a line of their own, let in by turns with the strangers': neither line keeps the other out.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #known: (() => void)[] = [];
  readonly #strangers: (() => void)[] = [];
  #knownsTurn = true;
  #active = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Throws SERVICE_UNAVAILABLE when too many wait already. */
  async run<T>(work: () => Promise<T>, { known }: { known: boolean }): Promise<T> {
    if (this.#active >= this.#limits.running) {
      this.#requireRoom(known);
      const line = known ? this.#known : this.#strangers;
      await new Promise<void>((resolve) => line.push(resolve));
    } else this.#active += 1;
    try {
      return await work();
    } finally {
      const next = this.#next();
      // The place passes on: a newcomer in between cannot take it as well.
      if (next) next();
      else this.#active -= 1;
    }
  }

  #requireRoom(known: boolean): void {
    const { waiting, strangers } = this.#limits;
    const full = this.#known.length + this.#strangers.length >= waiting;
    if (full || (!known && this.#strangers.length >= strangers)) {
      throw new WapingError('SERVICE_UNAVAILABLE', 'too many sign-ins at once', { retryAfter: 1 });
    }
  }

  #next(): (() => void) | undefined {
    const known = this.#strangers.length === 0 || (this.#knownsTurn && this.#known.length > 0);
    this.#knownsTurn = !known;
    return known ? this.#known.shift() : this.#strangers.shift();
  }
}
