import { AsyncLocalStorage } from 'node:async_hooks';

interface Open {
  open: boolean;
}

/** Knows whether a chain of calls is inside a transaction of one database. */
export class TxScope {
  readonly #current = new AsyncLocalStorage<Open>();

  /**
   * Refuses work beside an open transaction from inside it. On the embedded database it would wait for the
   * transaction that waits for it; on a server it would commit apart from it.
   */
  refuseInside(): void {
    if (this.#current.getStore()?.open === true) {
      throw new Error('A transaction is open here: use its `tx`, not the database');
    }
  }

  /** Runs the body of a transaction; the scope ends whatever happens. */
  async run<T>(body: () => Promise<T>): Promise<T> {
    const scope: Open = { open: true };
    try {
      return await this.#current.run(scope, body);
    } finally {
      scope.open = false;
    }
  }
}
