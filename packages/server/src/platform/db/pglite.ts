import path from 'node:path';
import { Callers } from '../callers.ts';
import type { Logger } from '../log.ts';
import { unavailable } from './db-error.ts';
import { lockDirectory } from './dir-lock.ts';
import { Later } from './later.ts';
import { Patience, soleOf } from './patience.ts';
import { PgliteClient, type WorkerCall } from './pglite-client.ts';
import type { DiskCounters, DiskFaults, UpkeepLimits, WireStatement } from './pglite-protocol.ts';
import type { Db, Patient, SqlValue, Statement, Transactional, Tx } from './port.ts';
import { handles, type Identity } from './tenant.ts';
import { TxScope } from './tx-scope.ts';
import { encodeValues } from './values.ts';
import { type Reply, readReply } from './wire-reader.ts';

export interface PgliteOptions {
  /** The server's data directory; the database lies in `database` inside it. */
  dataDir: string;
  log: Logger;
  /** Milliseconds one transaction may stay open before it is rolled back. Default 30,000. */
  txTimeoutMs?: number;
  upkeep?: Partial<UpkeepLimits>;
  /** Disk faults to play, for tests only. */
  faults?: DiskFaults;
}

/** The embedded database, with what only it can tell. */
export interface PgliteDb extends Db {
  readonly kind: 'pglite';
  counters(): Promise<DiskCounters>;
  /** Runs a text of several statements; they commit together. */
  script(sql: string): Promise<void>;
  /** Does the checkpoint and vacuum work now. */
  upkeep(): Promise<void>;
}

const UPKEEP: UpkeepLimits = {
  everyMs: 5_000,
  checkpointBytes: 64 * 1024 * 1024,
  checkpointMs: 5 * 60_000,
  vacuumMs: 60_000,
};

const wire = ({ sql, params }: Statement): WireStatement => ({ sql, values: encodeValues(params) });

const quoted = (channel: string): string => `"${channel.replaceAll('"', '""')}"`;

function asRows<Row>(rows: unknown[] | undefined): Row[] {
  // The port leaves the row's shape to the statement's author, who knows its columns.
  return (rows ?? []) as Row[];
}

function isCounters(value: unknown): value is DiskCounters {
  return typeof value === 'object' && value !== null && 'fsyncs' in value;
}

/** Listeners of this process, by channel. */
class Listeners {
  readonly byChannel = new Map<string, Set<(payload: string) => void>>();

  add(channel: string, listener: (payload: string) => void): void {
    const set = this.byChannel.get(channel) ?? new Set();
    this.byChannel.set(channel, set.add(listener));
  }

  /** True when it was the last one of its channel. */
  remove(channel: string, listener: (payload: string) => void): boolean {
    const set = this.byChannel.get(channel);
    if (set?.delete(listener) !== true || set.size > 0) return false;
    return this.byChannel.delete(channel);
  }

  tell(channel: string, payload: string): void {
    for (const listener of this.byChannel.get(channel) ?? []) listener(payload);
  }
}

/** One round trip; throws what the database refused. */
async function ask(client: PgliteClient, call: WorkerCall): Promise<Reply> {
  const bytes = await client.call(call);
  if (!(bytes instanceof Uint8Array)) throw new Error('The database worker answered with something else');
  const reply = readReply(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (reply.error !== undefined) {
    // The wire's stack says nothing; the caller's does.
    Error.captureStackTrace(reply.error, ask);
    throw reply.error;
  }
  return reply;
}

/** Where a transaction runs, its number, and as whom. */
interface TxPlace {
  client: PgliteClient;
  tx: number;
  as: Identity;
}

async function runTransaction<T>(place: TxPlace, body: (tx: Tx) => Promise<T>): Promise<T> {
  const { client, tx, as } = place;
  const after: (() => void)[] = [];
  let used = false;
  let done = false;
  const query = async <Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]> => {
    if (done) throw new Error('The transaction is over');
    used = true;
    const reply = await ask(client, { kind: 'tx', as, tx, statements: [wire({ sql, ...(params ? { params } : {}) })] });
    return asRows<Row>(reply.rows[0]);
  };
  const later = new Later(query);
  const handle: Tx = {
    query,
    later,
    afterCommit: (run) => {
      after.push(run);
    },
  };
  const result = await body(handle).catch(async (error: unknown) => {
    done = true;
    // When the engine is gone the transaction is too; the first error is the one to tell.
    if (used) await ask(client, { kind: 'tx', as, tx, statements: [], end: 'rollback' }).catch(() => undefined);
    throw later.reason(error);
  });
  done = true;
  if (used) {
    await commit(place).catch((error: unknown) => {
      throw later.reason(error);
    });
  }
  for (const run of after) run();
  return result;
}

async function commit({ client, tx, as }: TxPlace): Promise<void> {
  const reply = await ask(client, { kind: 'tx', as, tx, statements: [], end: 'commit' });
  // COMMIT of a transaction in which a statement failed answers ROLLBACK: nothing was stored, and it must be heard.
  if (!reply.tags.includes('COMMIT')) throw new Error('The transaction was rolled back: one of its statements failed');
}

/** Opens the embedded database of a data directory. Throws StartupError: in use, damaged, full disk, other version. */
export async function openPglite(options: PgliteOptions): Promise<PgliteDb> {
  const lock = await lockDirectory(options.dataDir);
  const listeners = new Listeners();
  try {
    const client: PgliteClient = await PgliteClient.open({
      log: options.log,
      input: {
        directory: path.join(options.dataDir, 'database'),
        txTimeoutMs: options.txTimeoutMs ?? 30_000,
        upkeep: { ...UPKEEP, ...options.upkeep },
        ...(options.faults === undefined ? {} : { faults: options.faults }),
      },
      onNotify: (channel, payload) => listeners.tell(channel, payload),
      onReopen: () => {
        for (const channel of listeners.byChannel.keys()) {
          const again = ask(client, {
            kind: 'run',
            as: null,
            statements: [{ sql: `LISTEN ${quoted(channel)}`, values: [] }],
          });
          again.catch((error: unknown) => options.log.error({ err: error, channel }, 'could not listen again'));
        }
      },
    });
    return createDb(client, listeners, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Statements alone and in batches, by one way to run them. */
function running(run: (statements: WireStatement[]) => Promise<Reply>): Pick<Transactional, 'query' | 'batch'> {
  return {
    query: async <Row>(sql: string, params?: readonly SqlValue[]) =>
      asRows<Row>((await run([wire({ sql, ...(params ? { params } : {}) })])).rows[0]),
    batch: async (statements) => (statements.length === 0 ? [] : (await run(statements.map(wire))).rows),
  };
}

function createDb(client: PgliteClient, listeners: Listeners, release: () => void): PgliteDb {
  const scope = new TxScope();
  let nextTx = 0;
  const callers = new Callers();
  const patience = new Patience(callers);
  const run = (as: Identity, statements: WireStatement[]): Promise<Reply> => {
    scope.refuseInside();
    return ask(client, { kind: 'run', as, statements });
  };
  const actingAs = (as: Identity): Transactional => ({
    ...running((statements) => run(as, statements)),
    tx: async (fn) => {
      scope.refuseInside();
      nextTx += 1;
      return runTransaction({ client, tx: nextTx, as }, (handle) => scope.run(() => fn(handle)));
    },
  });
  const patient = (workspaceIds: Iterable<string>): Patient => {
    const whose = soleOf(workspaceIds);
    const runPatient = async (statements: WireStatement[]): Promise<Reply> => {
      scope.refuseInside();
      return patience.run(whose, (apart) =>
        ask(client, { kind: 'run', as: null, statements, patient: apart ? 'apart' : 'along' }),
      );
    };
    return {
      ...running(runPatient),
      tx: async (fn) => {
        scope.refuseInside();
        return patience.run(whose, () => actingAs(null).tx(fn));
      },
      rows: (most) => patience.rows(whose, most),
    };
  };
  return {
    kind: 'pglite',
    ...actingAs(null),
    within: handles(actingAs),
    patient,
    callers,
    listen: async (channel, onNotify) => {
      listeners.add(channel, onNotify);
      await run(null, [{ sql: `LISTEN ${quoted(channel)}`, values: [] }]);
      return async () => {
        if (listeners.remove(channel, onNotify)) await run(null, [{ sql: `UNLISTEN ${quoted(channel)}`, values: [] }]);
      };
    },
    notify: async (channel, payload = '') => {
      await run(null, [{ sql: 'SELECT pg_notify($1, $2)', values: [channel, payload] }]);
    },
    script: async (sql) => {
      scope.refuseInside();
      await ask(client, { kind: 'script', sql });
    },
    counters: async () => {
      const value = await client.call({ kind: 'counters' });
      if (!isCounters(value)) throw unavailable('The database did not say its counters');
      return value;
    },
    upkeep: async () => {
      await client.call({ kind: 'upkeep' });
    },
    [Symbol.asyncDispose]: async () => {
      try {
        await client.close();
      } finally {
        release();
      }
    },
  };
}
