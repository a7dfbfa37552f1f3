import pg from 'pg';
import { Callers } from '../callers.ts';
import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Patience, soleOf } from './patience.ts';
import type { Db, Patient, SqlValue, Statement, Tx } from './port.ts';
import { asRows, Connections, type Pools, retried, runBatch, runTransaction } from './postgres-connections.ts';
import { fromDriver } from './postgres-errors.ts';
import { PostgresListener } from './postgres-listener.ts';
import { handles, type Identity } from './tenant.ts';
import { TxScope } from './tx-scope.ts';
import { readerOf } from './values.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  log: Logger;
  /** Milliseconds one statement may run. Default 30,000. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection. Default 5,000. */
  connectTimeoutMs?: number;
}

/** Connections of one process at most; the one for LISTEN comes on top. */
const WORKSPACE_CONNECTIONS = 10;
const OWN_CONNECTIONS = 6;

/** The remote database, with what migrations need beside the port. */
export interface PostgresDb extends Db {
  readonly kind: 'postgres';
  /** Runs `fn` with a connection of its own that has no statement timeout; `run` takes a text of several statements. */
  withConnection<T>(fn: (run: (sql: string) => Promise<unknown[]>) => Promise<T>): Promise<T>;
}

// Sent as a statement, not as start-up parameters: a connection pooler in between refuses those. The server's default
// for a page out of order is that of a turning disk: by it a table of 2,000 rows is read whole for one of them.
const sessionSettings = (timeoutMs: number): string => `select
  set_config('statement_timeout', '${timeoutMs}', false),
  set_config('idle_in_transaction_session_timeout', '60000', false),
  set_config('plan_cache_mode', 'force_generic_plan', false),
  set_config('random_page_cost', case current_setting('random_page_cost') when '4' then '1.1'
    else current_setting('random_page_cost') end, false),
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

/** Opens the pools on a PostgreSQL server and checks that it answers and that its commits wait for the disk. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresDb> {
  const statementTimeout = options.statementTimeoutMs ?? 30_000;
  const connection: pg.ClientConfig = {
    connectionString: options.url,
    application_name: 'waping',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
  };
  const pool = (max: number) => openPool({ ...connection, max }, statementTimeout, options.log);
  const pools: Pools = { workspaces: pool(WORKSPACE_CONNECTIONS), own: pool(OWN_CONNECTIONS) };
  const listener = new PostgresListener(connection, options.log);
  const db = createDb({
    connections: new Connections(pools),
    listener,
    withConnection: (fn) => lendOwn(connection, fn),
    end: async () => {
      await listener.close();
      await Promise.all([pools.workspaces.end(), pools.own.end()]);
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

function openPool(config: pg.PoolConfig, statementTimeout: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...config,
    pipeline: true,
    // The server's own timeout answers first; this one frees a connection whose server no longer talks.
    query_timeout: statementTimeout + 5_000,
    types: { getTypeParser: (id: number) => readerOf(id) },
  });
  // An idle connection that breaks is replaced at the next use; one in use also fails its statement. Without a
  // listener on each, the event would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ err: error }, 'a database connection broke'));
    client.query(sessionSettings(statementTimeout)).catch((error: unknown) => {
      log.warn({ err: error }, 'a database connection refused its settings');
    });
  });
  return pool;
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
    const once = (): Promise<unknown[]> => connections.lend(null, (lease) => connections.run(lease, { sql, params }));
    return asRows<Row>(await retried(once));
  };
  const batch = async (as: Identity, statements: readonly Statement[]): Promise<unknown[][]> => {
    scope.refuseInside();
    return statements.length === 0 ? [] : retried(() => runBatch(connections, statements, as));
  };
  const tx = async <T>(as: Identity, fn: (tx: Tx) => Promise<T>): Promise<T> => {
    scope.refuseInside();
    return retried(() => runTransaction(connections, (handle) => scope.run(() => fn(handle)), as));
  };
  const own = { query, batch: (statements: readonly Statement[]) => batch(null, statements) };
  const callers = new Callers();
  const patience = new Patience(callers);
  const patient = (workspaceIds: Iterable<string>): Patient => {
    const whose = soleOf(workspaceIds);
    const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
      scope.refuseInside();
      return patience.run(whose, work);
    };
    return {
      query: <Row>(sql: string, params?: readonly SqlValue[]) => inTurn(() => query<Row>(sql, params)),
      batch: (statements) => inTurn(() => batch(null, statements)),
      tx: (fn) => inTurn(() => tx(null, fn)),
      rows: (most) => patience.rows(whose, most),
    };
  };
  return {
    kind: 'postgres',
    ...own,
    tx: (fn) => tx(null, fn),
    patient,
    callers,
    within: handles((as) => ({
      query: async <Row>(sql: string, params: readonly SqlValue[] = []) =>
        asRows<Row>((await batch(as, [{ sql, params }]))[0] ?? []),
      batch: (statements) => batch(as, statements),
      tx: (fn) => tx(as, fn),
    })),
    listen: (channel, onNotify) => listener.add(channel, onNotify),
    notify: async (channel, payload = '') => {
      await query('SELECT pg_notify($1, $2)', [channel, payload]);
    },
    withConnection,
    [Symbol.asyncDispose]: end,
  };
}
