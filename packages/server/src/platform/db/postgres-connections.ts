import { createHash } from 'node:crypto';
import pg from 'pg';
import { isStalePlan, isTransient } from './db-error.ts';
import { Later } from './later.ts';
import type { SqlValue, Statement, Tx } from './port.ts';
import { fromDriver } from './postgres-errors.ts';
import { enter, type Identity, kindOf } from './tenant.ts';
import { encodeValues } from './values.ts';

const TX_ATTEMPTS = 5;

/** Longer texts are one-offs: a plan kept on every connection would only cost memory. */
const MAX_PREPARED = 4096;
const MAX_NAMES = 500;

/** Names for prepared statements, by text; the first few hundred texts get one, so generated SQL cannot flood it. */
class StatementNames {
  readonly #names = new Map<string, string>();

  /** A tenant's statement has a name of its own: row-level security is part of a plan. */
  of(sql: string, as: Identity): string | undefined {
    const text = as === null ? sql : `${kindOf(as)} ${sql}`;
    const known = this.#names.get(text);
    if (known !== undefined || sql.length > MAX_PREPARED || this.#names.size >= MAX_NAMES) return known;
    const name = `w_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
    this.#names.set(text, name);
    return name;
  }
}

/** A connection and whether it may be used again. */
interface Lease {
  client: pg.PoolClient;
  broken: boolean;
}

/** Two bounded pools: workspaces' calls that wait in the database keep nobody from signing in, and no message back. */
export interface Pools {
  /** For what is done in a workspace's name. */
  workspaces: pg.Pool;
  /** For WAPing itself: authentication, delivery, jobs. */
  own: pg.Pool;
}

/** Runs statements on connections of bounded pools. */
export class Connections {
  readonly #pools: Pools;
  readonly #names = new StatementNames();

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  /** One statement on a leased connection; throws the port's errors and marks a connection that must not come back. */
  async run(lease: Lease, { sql, params }: Statement, as: Identity = null): Promise<unknown[]> {
    const name = this.#names.of(sql, as);
    const query = { text: sql, values: encodeValues(params), ...(name === undefined ? {} : { name }) };
    try {
      const result: pg.QueryResult<Record<string, unknown>> = await lease.client.query(query);
      return result.rows;
    } catch (error) {
      const known = fromDriver(error);
      // A stale plan lives in the connection; leaving it is the way to forget it.
      if (!(error instanceof pg.DatabaseError) || isStalePlan(known)) lease.broken = true;
      throw known;
    }
  }

  /** Lends a connection to `use` and takes it back, or throws it away when it broke. */
  async lend<T>(as: Identity, use: (lease: Lease) => Promise<T>): Promise<T> {
    const client = await this.#pools[as === null ? 'own' : 'workspaces'].connect().catch((error: unknown) => {
      throw fromDriver(error);
    });
    const lease: Lease = { client, broken: false };
    try {
      return await use(lease);
    } finally {
      client.release(lease.broken);
    }
  }
}

const BEGIN: Statement = { sql: 'BEGIN' };
const COMMIT: Statement = { sql: 'COMMIT' };
const ROLLBACK: Statement = { sql: 'ROLLBACK' };

/** COMMIT of a failed transaction answers ROLLBACK; that must be an error, for nothing was stored. */
async function commit(lease: Lease): Promise<void> {
  const result = await lease.client.query('COMMIT').catch((error: unknown) => {
    lease.broken ||= !(error instanceof pg.DatabaseError);
    throw fromDriver(error);
  });
  if (result.command !== 'COMMIT') throw new Error('The transaction was rolled back: one of its statements failed');
}

/** BEGIN, and at once whom the transaction is for: the setting ends with it. */
const begin = (as: Identity): Statement[] => (as === null ? [BEGIN] : [BEGIN, enter(as)]);

/** Runs statements in one transaction, sent at once. */
export async function runBatch(
  connections: Connections,
  statements: readonly Statement[],
  as: Identity,
): Promise<unknown[][]> {
  return connections.lend(as, async (lease) => {
    // The connection is in pipeline mode: all of it goes out at once and the answers come back in order.
    const opening = begin(as).map((statement) => connections.run(lease, statement));
    const sent = [
      ...opening,
      ...statements.map((one) => connections.run(lease, one, as)),
      connections.run(lease, COMMIT),
    ];
    const results = await Promise.allSettled(sent);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return results.slice(opening.length, -1).map((result) => (result.status === 'fulfilled' ? result.value : []));
  });
}

/** BEGIN … COMMIT around `body` on one connection; `afterCommit` runs when the connection is given back. */
export async function runTransaction<T>(
  connections: Connections,
  body: (tx: Tx) => Promise<T>,
  as: Identity,
): Promise<T> {
  const after: (() => void)[] = [];
  const result = await connections.lend(as, async (lease) => {
    let done = false;
    const query = async <Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> => {
      if (done) throw new Error('The transaction is over');
      return asRows<Row>(await connections.run(lease, { sql, params }, as));
    };
    const later = new Later(query);
    const tx: Tx = {
      query,
      later,
      afterCommit: (run) => {
        after.push(run);
      },
    };
    try {
      await Promise.all(begin(as).map((statement) => connections.run(lease, statement)));
      const value = await body(tx);
      done = true;
      await commit(lease);
      return value;
    } catch (error) {
      done = true;
      if (!lease.broken) await connections.run(lease, ROLLBACK).catch(() => undefined);
      throw later.reason(error);
    }
  });
  for (const run of after) run();
  return result;
}

/** Runs again what did nothing because of a conflict or a stale plan; waits a little longer each time, with jitter. */
export async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= TX_ATTEMPTS || !(isTransient(error) || isStalePlan(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** tries));
    }
  }
}

/** The rows a statement's author expects. */
export function asRows<Row>(rows: unknown[]): Row[] {
  // The port leaves the row's shape to the statement's author, who knows its columns.
  return rows as Row[];
}
