import type { Queryable, SqlValue, Statement } from './port.ts';

/** Gathers statements for one batch instead of running them. Rows are not to be had here. */
export class Gathered implements Queryable {
  readonly statements: Statement[] = [];

  async query<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    this.statements.push({ sql, params });
    return [];
  }
}
