import type { Queryable, SqlValue } from './port.ts';

/** Statements of one transaction that nobody waits for, and the first failure among them. */
export class Later implements Queryable {
  readonly #query: (sql: string, params: readonly SqlValue[]) => Promise<unknown>;
  #failure: unknown;

  constructor(query: (sql: string, params: readonly SqlValue[]) => Promise<unknown>) {
    this.#query = query;
  }

  async query<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    this.#query(sql, params).catch((error: unknown) => {
      this.#failure ??= error;
    });
    return [];
  }

  /** Why the transaction really failed: what comes after a failed statement only says that there was one. */
  reason(error: unknown): unknown {
    return this.#failure ?? error;
  }
}
