import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 200;
const MAX_PAUSING = 1_000;

/**
 * Answers a refusal a breath later. A client that asks again at once, however it was told to wait, would otherwise cost
 * more by its refusals than it ever did by its requests. Bounded: beyond that refusals go out at once.
 */
export class RefusalPause {
  #pausing = 0;

  async pause(): Promise<void> {
    if (this.#pausing >= MAX_PAUSING) return;
    this.#pausing += 1;
    try {
      await sleep(PAUSE_MS);
    } finally {
      this.#pausing -= 1;
    }
  }
}
