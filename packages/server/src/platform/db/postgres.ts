import { createHash } from 'node:crypto';
import pg from 'pg';
import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { isStalePlan, isTransient } from './db-error.ts';
import type { Db, SqlValue, Statement, Tx } from './port.ts';
import { fromDriver } from './postgres-errors.ts';
import { PostgresListener } from './postgres-listener.ts';
import { TxScope } from './tx-scope.ts';
import { encodeValues, readerOf } from './values.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  log: Logger;
  /** Connections of this process at most, the one for LISTEN not counted. Default 10. */
  poolSize?: number;
  /** Milliseconds one statement may run. Default 30,000. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection. Default 5,000. */
  connectTimeoutMs?: number;
}

/** The remote database, with what migrations need beside the port. */
export interface PostgresDb extends Db {
  readonly kind: 'postgres';
  /** Runs `fn` with a connection of its own that has no statement timeout; `run` takes a text of several statements. */
  withConnection<T>(fn: (run: (sql: string) => Promise<unknown[]>) => Promise<T>): Promise<T>;
}

const TX_ATTEMPTS = 5;

/** Longer texts are one-offs: a plan kept on every connection would only cost memory. */
const MAX_PREPARED = 4096;
const MAX_NAMES = 500;

/** Names for prepared statements, by text; the first few hundred texts get one, so generated SQL cannot flood it. */
class StatementNames {
  readonly #names = new Map<string, string>();

  of(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || sql.length > MAX_PREPARED || this.#names.size >= MAX_NAMES) return known;
    const name = `w_${createHash('sha256').update(sql).digest('base64url').slice(0, 22)}`;
    this.#names.set(sql, name);
    return name;
  }
}

/** A connection and whether it may be used again. */
interface Lease {
  client: pg.PoolClient;
  broken: boolean;
}

/** Runs statements on connections of a bounded pool. */
class Connections {
  readonly #pool: pg.Pool;
  readonly #names = new StatementNames();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** One statement on a leased connection; throws the port's errors and marks a connection that must not come back. */
  async run(lease: Lease, { sql, params }: Statement): Promise<unknown[]> {
    const name = this.#names.of(sql);
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
  async lend<T>(use: (lease: Lease) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
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

async function runBatch(connections: Connections, statements: readonly Statement[]): Promise<unknown[][]> {
  return connections.lend(async (lease) => {
    // The connection is in pipeline mode: all of it goes out at once and the answers come back in order.
    const sent = [BEGIN, ...statements, COMMIT].map((statement) => connections.run(lease, statement));
    const results = await Promise.allSettled(sent);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return results.slice(1, -1).map((result) => (result.status === 'fulfilled' ? result.value : []));
  });
}

async function runTransaction<T>(connections: Connections, body: (tx: Tx) => Promise<T>): Promise<T> {
  const after: (() => void)[] = [];
  const result = await connections.lend(async (lease) => {
    let done = false;
    const tx: Tx = {
      query: async <Row>(sql: string, params: readonly SqlValue[] = []) => {
        if (done) throw new Error('The transaction is over');
        return asRows<Row>(await connections.run(lease, { sql, params }));
      },
      afterCommit: (run) => {
        after.push(run);
      },
    };
    try {
      await connections.run(lease, BEGIN);
      const value = await body(tx);
      done = true;
      await commit(lease);
      return value;
    } catch (error) {
      done = true;
      if (!lease.broken) await connections.run(lease, ROLLBACK).catch(() => undefined);
      throw error;
    }
  });
  for (const run of after) run();
  return result;
}

/** Runs again what did nothing because of a conflict or a stale plan; waits a little longer each time, with jitter. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= TX_ATTEMPTS || !(isTransient(error) || isStalePlan(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** tries));
    }
  }
}

function asRows<Row>(rows: unknown[]): Row[] {
  // The port leaves the row's shape to the statement's author, who knows its columns.
  return rows as Row[];
}

// Sent as a statement, not as start-up parameters: a connection pooler in between refuses those.
const sessionSettings = (timeoutMs: number): string => `select
  set_config('statement_timeout', '${timeoutMs}', false),
  set_config('idle_in_transaction_session_timeout', '60000', false),
  set_config('synchronous_commit', case current_setting('synchronous_commit')
    when 'off' then 'on' else current_setting('synchronous_commit') end, false)`;

interface ServerFacts {
  version: number;
  encoding: string;
  standby: boolean;
}

async function checkServer(db: Db): Promise<void> {
  const [facts] = await db.query<ServerFacts>(`select current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby`);
  if (facts === undefined || facts.version < 150_000) {
    throw new StartupError('The PostgreSQL server is older than version 15', 'Upgrade it to PostgreSQL 15 or newer.');
  }
  if (facts.encoding !== 'UTF8') {
    throw new StartupError(
      `The database in DATABASE_URL has the encoding ${facts.encoding}`,
      "Create one with: CREATE DATABASE waping ENCODING 'UTF8' TEMPLATE template0",
    );
  }
  if (facts.standby) {
    throw new StartupError('The PostgreSQL server is a read-only standby', 'Name the primary server in DATABASE_URL.');
  }
}

/** Opens a pool on a PostgreSQL server and checks that it answers and that its commits wait for the disk. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresDb> {
  const statementTimeout = options.statementTimeoutMs ?? 30_000;
  const connection: pg.ClientConfig = {
    connectionString: options.url,
    application_name: 'waping',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.poolSize ?? 10,
    pipeline: true,
    // The server's own timeout answers first; this one frees a connection whose server no longer talks.
    query_timeout: statementTimeout + 5_000,
    types: { getTypeParser: (id: number) => readerOf(id) },
  });
  // An idle connection that breaks is replaced at the next use; one in use also fails its statement. Without a
  // listener on each, the event would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', (error) => options.log.warn({ err: error }, 'a database connection broke'));
    client.query(sessionSettings(statementTimeout)).catch((error: unknown) => {
      options.log.warn({ err: error }, 'a database connection refused its settings');
    });
  });
  const listener = new PostgresListener(connection, options.log);
  const db = createDb({
    connections: new Connections(pool),
    listener,
    withConnection: (fn) => lendOwn(connection, fn),
    end: async () => {
      await listener.close();
      await pool.end();
    },
  });
  try {
    await checkServer(db);
    return db;
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
}

async function lendOwn<T>(
  config: pg.ClientConfig,
  fn: (run: (sql: string) => Promise<unknown[]>) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(config);
  // A broken connection also fails the statement in flight; that error is the one told.
  client.on('error', () => undefined);
  try {
    await client.connect().catch((error: unknown) => {
      throw fromDriver(error);
    });
    return await fn(async (sql) => {
      const result: pg.QueryResult<Record<string, unknown>> = await client.query(sql).catch((error: unknown) => {
        throw fromDriver(error);
      });
      return result.rows ?? [];
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Parts {
  connections: Connections;
  listener: PostgresListener;
  withConnection: PostgresDb['withConnection'];
  end: () => Promise<void>;
}

function createDb({ connections, listener, withConnection, end }: Parts): PostgresDb {
  const scope = new TxScope();
  const query = async <Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> => {
    scope.refuseInside();
    const once = (): Promise<unknown[]> => connections.lend((lease) => connections.run(lease, { sql, params }));
    return asRows<Row>(await retried(once));
  };
  return {
    kind: 'postgres',
    query,
    batch: async (statements) => {
      scope.refuseInside();
      return statements.length === 0 ? [] : retried(() => runBatch(connections, statements));
    },
    tx: async (fn) => {
      scope.refuseInside();
      return retried(() => runTransaction(connections, (tx) => scope.run(() => fn(tx))));
    },
    listen: (channel, onNotify) => listener.add(channel, onNotify),
    notify: async (channel, payload = '') => {
      await query('SELECT pg_notify($1, $2)', [channel, payload]);
    },
    withConnection,
    [Symbol.asyncDispose]: end,
  };
}
