/** Work that runs on without a wait may take this much of one turn of the event loop, milliseconds. */
const TURN_MS = 12;

/**
 * Lets the event loop turn between pieces of work. Encryption waits for nothing but promises, so hundreds of messages
 * would be made in one turn, and neither their keys go to the database nor acks be read before the last of them.
 */
export class Turn {
  #since = 0;
  #next: Promise<void> | undefined;

  /** Resolves at once while the turn is young, else in the next one. */
  async breathe(): Promise<void> {
    const now = performance.now();
    if (this.#next === undefined && now - this.#since > TURN_MS) {
      this.#next = new Promise((resolve) => {
        setImmediate(() => {
          this.#since = performance.now();
          this.#next = undefined;
          resolve();
        });
      });
    }
    await this.#next;
  }
}
