import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 200;
/** Each that waits already adds so much: the more connections a client tries, the longer all of them wait. */
const MORE_MS = 2;
const MAX_PAUSING = 1_000;

/**
 * Answers a refusal a breath later. A client that asks again at once, however it was told to wait, would otherwise cost
 * more by its refusals than it ever did by its requests. Bounded: beyond that refusals go out at once.
 */
export class RefusalPause {
  #pausing = 0;

  async pause(): Promise<void> {
    if (this.#pausing >= MAX_PAUSING) return;
    const ms = PAUSE_MS + this.#pausing * MORE_MS;
    this.#pausing += 1;
    try {
      await sleep(ms);
    } finally {
      this.#pausing -= 1;
    }
  }
}
