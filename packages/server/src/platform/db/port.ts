import type { Callers } from '../callers.ts';

/** A value a statement may carry. Objects go as JSON text (`::jsonb` in the statement), bytes as Uint8Array. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly (string | number | bigint | boolean | null | Date | Uint8Array)[];

/**
 * Stands before an INSERT that returns nothing and whose every parameter is an array, one element a row. The embedded
 * database runs several that wait, of the same text, as one: rows are cheap there, statements are not.
 */
export const ROWS = '/* rows */';

export interface Statement {
  sql: string;
  params?: readonly SqlValue[];
}

/** Rows as the driver gives them. int8 arrives as string, bytea as Uint8Array, timestamptz as Date, jsonb parsed. */
export interface Queryable {
  /** Runs one statement and returns its rows. */
  query<Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
}

/** A transaction in progress. Nothing may leave the process while one is open. */
export interface Tx extends Queryable {
  /**
   * For statements whose rows nobody needs: answers at once with none, and the statement goes out with the next one or
   * with the commit. One that fails fails the transaction, with its own error.
   */
  readonly later: Queryable;
  /** Runs `fn` once the transaction is durable. Not called after a rollback. */
  afterCommit(fn: () => void): void;
}

/** Statements alone, in a transaction, or in a batch. */
export interface Transactional extends Queryable {
  /** BEGIN … COMMIT around `fn`; rolls back and rethrows when it throws. */
  tx<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs the statements in one transaction in one round trip; the rows of each, in order. */
  batch(statements: readonly Statement[]): Promise<unknown[][]>;
}

/** The database for work that no caller waits for. */
export interface Patient extends Transactional {
  /** How many rows one statement should take now, of `most`: few while others call, so that none of theirs waits long. */
  rows(most: number): number;
}

/** On whose behalf a workspace acts: the ids of the devices a key is held to, the id of a person, or nobody in particular. */
export type Whom = readonly string[] | string | null;

/**
 * The database as WAPing needs it: one PostgreSQL dialect, embedded (PGlite) or remote (pg).
 * A commit that resolved is on disk: both adapters wait for the flush.
 */
export interface Db extends Transactional, AsyncDisposable {
  readonly kind: 'pglite' | 'postgres';
  /**
   * The database as one workspace may use it: whatever a statement says, row-level security shows it, and lets it
   * write, rows of that workspace alone, in the tables a workspace may touch. The second wall behind the filters of
   * every statement. Held to devices, rows of other devices are out of reach too: a filter forgotten in a statement
   * cannot show them. In a person's hands, that person's own memberships and sessions elsewhere show too.
   */
  within(workspaceId: string, whom?: Whom): Transactional;
  /**
   * The same database for work that no caller waits for, done for these workspaces (none: for the installation). Where
   * others call, theirs passes it: see `Patience`. Not from inside other such work: it would stand behind itself.
   */
  patient(workspaceIds: Iterable<string>): Patient;
  /** Who calls, as the surface tells it. */
  readonly callers: Callers;
  /** Hears NOTIFY on a channel (on PGlite: this process only). Returns the way to stop. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>;
  notify(channel: string, payload?: string): Promise<void>;
}
