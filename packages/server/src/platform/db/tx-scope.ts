import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  open: boolean;
}

const current = new AsyncLocalStorage<Scope>();

/**
 * Refuses work outside the transaction while one is open in this chain of calls. On the embedded database it would
 * wait for the transaction that waits for it; on a server it would commit apart from it.
 */
export function refuseInsideTransaction(): void {
  if (current.getStore()?.open === true) {
    throw new Error('A transaction is open here: use its `tx`, not the database');
  }
}

/** Runs the body of a transaction; ends the scope whatever happens. */
export async function insideTransaction<T>(body: () => Promise<T>): Promise<T> {
  const scope: Scope = { open: true };
  try {
    return await current.run(scope, body);
  } finally {
    scope.open = false;
  }
}
