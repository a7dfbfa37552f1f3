import { expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import { openPostgres, type PostgresDb } from '../../src/platform/db/postgres.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage } from '../kit/db.ts';
import { startPostgres } from '../kit/db-server.ts';

const log = createLogger('silent');

async function withDb(use: (db: PostgresDb, url: string) => Promise<void>, statementTimeoutMs = 30_000): Promise<void> {
  await using storage = await createStorage('postgres');
  const url = storage.databaseUrl ?? '';
  await using db = await openPostgres({ url, log, statementTimeoutMs });
  await use(db, url);
}

/** Ends every other connection to this database, as a restart of the server would. */
const CUT =
  'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

it('answers SERVICE_UNAVAILABLE while the server is away', async () => {
  const server = await startPostgres();
  const db = await openPostgres({ url: server.urlOf('postgres'), log });
  try {
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(await failure(db.query('select 1'))).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    expect(await failure(db.batch([{ sql: 'select 1' }]))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await failure(db.tx(async (tx) => tx.query('select 1')))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  } finally {
    await db[Symbol.asyncDispose]();
    await server.stop();
  }
});

it('refuses to start without its server, naming DATABASE_URL', async () => {
  const databaseUrl = 'postgres://nobody@127.0.0.1:1/none';
  await expect(openDatabase({ dataDir: '', databaseUrl, log })).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringContaining('DATABASE_URL'),
  });
});

it('does not call a transaction committed whose connection broke', async () => {
  await withDb(async (db, url) => {
    await db.query('create table kept (id integer primary key)');
    await using other = await openPostgres({ url, log });
    const after = vi.fn();
    const error = await failure(
      db.tx(async (tx) => {
        tx.afterCommit(after);
        await tx.query('insert into kept values (1)');
        await other.query(CUT);
        await tx.query('insert into kept values (2)');
      }),
    );
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(after).not.toHaveBeenCalled();
    await vi.waitFor(async () => expect(await db.query('select * from kept')).toEqual([]), { timeout: 20_000 });
  });
});

it('listens again after its connection broke, and says "look" for what it may have missed', async () => {
  await withDb(async (db, url) => {
    await using other = await openPostgres({ url, log });
    const heard: string[] = [];
    const stop = await db.listen('news', (payload) => heard.push(payload));
    await other.notify('news', 'before');
    await vi.waitFor(() => expect(heard).toEqual(['before']), { timeout: 20_000 });
    await other.query(CUT);
    await vi.waitFor(() => expect(heard).toEqual(['before', '']), { timeout: 20_000 });
    await other.notify('news', 'after');
    await vi.waitFor(() => expect(heard).toEqual(['before', '', 'after']), { timeout: 20_000 });
    await stop();
  });
});

it('ends a statement that runs too long', async () => {
  await withDb(async (db) => {
    expect(await failure(db.query('select pg_sleep(60)'))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
  }, 1_000);
});

it('runs a transaction again after a deadlock', async () => {
  await withDb(async (db) => {
    await db.query('create table kept (id integer primary key, n integer)');
    await db.query('insert into kept values (1, 0), (2, 0)');
    let meeting = 0;
    const cross = (first: number, second: number): Promise<void> =>
      db.tx(async (tx) => {
        await tx.query('update kept set n = n + 1 where id = $1', [first]);
        meeting += 1;
        await vi.waitFor(() => expect(meeting).toBeGreaterThanOrEqual(2), { timeout: 20_000 });
        await tx.query('update kept set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await db.query('select n from kept order by id')).toEqual([{ n: 2 }, { n: 2 }]);
  });
});
