/**
 * Tells readers of the log that there may be more to read. A ring is only a hint, outside any transaction: whoever waits
 * for one looks after a second without it too, for what committed on a node that could not ring.
 */
export class LogBell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    // Whoever waits again while it rings waits for the next one.
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next ring, after `ms` milliseconds, or when `signal` ends. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
