/**
 * Gathers messages of one event-loop turn into one IPC message: a channel write costs a serialisation and a system
 * call, and a busy session produces several messages per turn.
 */
export class BatchChannel<T> {
  readonly #write: (batch: T[]) => void;
  #waiting: T[] = [];

  constructor(write: (batch: T[]) => void) {
    this.#write = write;
  }

  post(message: T): void {
    if (this.#waiting.push(message) === 1) setImmediate(() => this.flush());
  }

  /** Writes what waits now, for a process about to exit. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#write(batch);
  }
}
