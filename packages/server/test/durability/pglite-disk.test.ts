import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openPglite, type PgliteDb, type PgliteOptions } from '../../src/platform/db/pglite.ts';
import { StartupError } from '../../src/platform/errors.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage } from '../kit/db.ts';

const log = createLogger('silent');

const TABLE = 'create table kept (id integer primary key, note text)';

async function withDb(
  options: Partial<PgliteOptions>,
  use: (db: PgliteDb, dataDir: string) => Promise<void>,
): Promise<void> {
  await using storage = await createStorage('pglite');
  await using db = await openPglite({ dataDir: storage.dataDir, log, ...options });
  await use(db, storage.dataDir);
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Waits until the database answers again after it was lost. */
function reopened(db: PgliteDb): Promise<unknown> {
  return vi.waitFor(() => db.query('select 1'), { timeout: 60_000, interval: 50 });
}

function walHolds(dataDir: string, text: string): boolean {
  const directory = path.join(dataDir, 'database/pg_wal');
  return readdirSync(directory).some((name) => {
    const file = path.join(directory, name);
    return statSync(file).isFile() && readFileSync(file).includes(text);
  });
}

describe('the fsync canary', () => {
  it('flushes at least once for every commit, whichever way it is made', async () => {
    await withDb({}, async (db, dataDir) => {
      await db.query(TABLE);
      const flushes = async (work: () => Promise<unknown>): Promise<number> => {
        const before = (await db.counters()).fsyncs;
        await work();
        return (await db.counters()).fsyncs - before;
      };
      for (let id = 0; id < 5; id += 1) {
        const sql = `insert into kept values (${id * 10 + 1}, 'canary-${id}')`;
        expect(await flushes(() => db.query(sql))).toBeGreaterThanOrEqual(1);
        expect(walHolds(dataDir, `canary-${id}`)).toBe(true);
        expect(
          await flushes(() => db.batch([{ sql: `insert into kept values (${id * 10 + 2})` }])),
        ).toBeGreaterThanOrEqual(1);
        expect(
          await flushes(() => db.tx(async (tx) => tx.query(`insert into kept values (${id * 10 + 3})`))),
        ).toBeGreaterThanOrEqual(1);
      }
    });
  });

  it('does not flush for a read', async () => {
    await withDb({}, async (db) => {
      await db.query('select 1');
      const before = await db.counters();
      for (let times = 0; times < 20; times += 1) await db.query('select 1');
      expect((await db.counters()).fsyncs).toBe(before.fsyncs);
    });
  });

  it('shares one flush among writes that wait together', async () => {
    await withDb({}, async (db) => {
      await db.query(TABLE);
      const before = await db.counters();
      await Promise.all(Array.from({ length: 64 }, (_, id) => db.query('insert into kept values ($1)', [id])));
      const flushes = (await db.counters()).fsyncs - before.fsyncs;
      expect(flushes).toBeGreaterThanOrEqual(1);
      expect(flushes).toBeLessThan(32);
    });
  });
});

describe('a failing disk', () => {
  it('acknowledges nothing after a failed flush, reopens and has every acknowledged row', async () => {
    await withDb({ faults: { failFsync: 12, path: 'pg_wal' } }, async (db) => {
      await db.query(TABLE);
      const acknowledged: number[] = [];
      const write = async (id: number): Promise<void> => {
        await db.query('insert into kept values ($1)', [id]);
        acknowledged.push(id);
      };
      const results: unknown[] = [];
      for (let id = 0; id < 20 && results.length === 0; id += 1) {
        const error = await failure(write(id));
        if (error !== undefined) results.push(error);
      }
      expect(results).toMatchObject([{ code: 'SERVICE_UNAVAILABLE', retryable: true }]);
      await reopened(db);
      const rows = await db.query<{ id: number }>('select id from kept');
      expect(acknowledged.filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
      await write(1000);
    });
  });

  it('fails every waiting request at once when a shared flush fails', async () => {
    await withDb({ faults: { failFsync: 3, path: 'pg_wal' } }, async (db) => {
      await db.query(TABLE);
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, id) =>
          db.query<{ id: number }>('insert into kept values ($1) returning id', [id]),
        ),
      );
      const acknowledged = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
      expect(acknowledged.length).toBeLessThan(60);
      await reopened(db);
      const rows = await db.query<{ id: number }>('select id from kept');
      const stored = new Set(rows.map((row) => row.id));
      expect(acknowledged.filter((row) => !stored.has(row.id))).toEqual([]);
    });
  });

  it('says that the disk is full when the log cannot grow, and goes on once there is room', async () => {
    await withDb({ faults: { fullAfterBytes: 900_000, path: 'pg_wal' } }, async (db) => {
      await db.query(TABLE);
      let error: unknown;
      for (let id = 0; error === undefined; id += 1) {
        error = await failure(db.query('insert into kept values ($1, $2)', [id, randomBytes(3000).toString('hex')]));
        expect(id).toBeLessThan(1000);
      }
      expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', message: expect.stringContaining('disk is full') });
      await reopened(db);
      await db.query(`insert into kept values (5000, 'room again')`);
    });
  });

  it('refuses only the statement when a table cannot grow', async () => {
    await withDb({ faults: { fullAfterBytes: 300_000, path: '/base/' } }, async (db) => {
      await db.query(TABLE);
      const error = await failure(
        db.query(`insert into kept select n, md5(n::text) || md5((n * 7)::text) from generate_series(1, 50000) n`),
      );
      expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', message: expect.stringContaining('disk is full') });
      expect(await db.query('select count(*)::int as n from kept')).toEqual([{ n: 0 }]);
    });
  });
});

describe('damaged files', () => {
  const damage = async (spoil: (database: string) => void): Promise<StartupError> => {
    await using storage = await createStorage('pglite');
    spoil(path.join(storage.dataDir, 'database'));
    const error = await failure(openPglite({ dataDir: storage.dataDir, log }));
    // The refused start gives the directory back.
    expect(readdirSync(storage.dataDir)).not.toContain('database.lock');
    if (!(error instanceof StartupError)) throw new Error(`not a StartupError: ${String(error)}`);
    return error;
  };

  it('names the damage when the control file is cut short', async () => {
    const error = await damage((database) => truncateSync(path.join(database, 'global/pg_control'), 100));
    expect(error.message).toContain('cannot be opened');
    expect(error.cure).toContain('backup');
  });

  it('names the damage when the control file is overwritten', async () => {
    const error = await damage((database) =>
      writeFileSync(path.join(database, 'global/pg_control'), Buffer.alloc(8192, 7)),
    );
    expect(error.message).toContain('cannot be opened');
  });

  it('names the damage when the log is gone', async () => {
    const error = await damage((database) => {
      const wal = path.join(database, 'pg_wal');
      for (const name of readdirSync(wal).filter((file) => /^[0-9A-F]{24}$/.test(file)))
        truncateSync(path.join(wal, name), 0);
    });
    expect(error.message).toContain('cannot be opened');
  });

  it('refuses a directory of another PostgreSQL version', async () => {
    const error = await damage((database) => writeFileSync(path.join(database, 'PG_VERSION'), '15\n'));
    expect(error.message).toContain('PostgreSQL 15');
  });

  it('refuses a directory that is no database', async () => {
    const error = await damage((database) => writeFileSync(path.join(database, 'PG_VERSION'), ''));
    expect(error.message).toContain('not a database');
  });

  it('answers a damaged table page with an outage, not with wrong rows', async () => {
    await using storage = await createStorage('pglite');
    const open = () => openPglite({ dataDir: storage.dataDir, log });
    let file = '';
    {
      await using db = await open();
      await db.query(TABLE);
      await db.query(`insert into kept select n, 'x' from generate_series(1, 2000) n`);
      const [row] = await db.query<{ path: string }>(`select pg_relation_filepath('kept') as path`);
      file = path.join(storage.dataDir, 'database', row?.path ?? '');
    }
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 8192 + 3000, 8192 + 3200);
    writeFileSync(file, bytes);
    await using db = await open();
    expect(await failure(db.query('select sum(id) from kept'))).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('damaged'),
    });
  });
});

describe('the one connection', () => {
  it('rolls back a transaction that is held too long, and serves the others', async () => {
    await withDb({ txTimeoutMs: 300 }, async (db) => {
      await db.query(TABLE);
      const held = db.tx(async (tx) => {
        await tx.query('insert into kept values (1)');
        await vi.waitFor(() => other, { timeout: 30_000 });
        await other;
        await tx.query('insert into kept values (2)');
      });
      const other = db.query('insert into kept values (3)');
      expect(await failure(held)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      await other;
      expect(await db.query('select id from kept')).toEqual([{ id: 3 }]);
    });
  });

  it('finishes an open transaction before it closes', async () => {
    await using storage = await createStorage('pglite');
    const db = await openPglite({ dataDir: storage.dataDir, log });
    await db.query(TABLE);
    let closed: PromiseLike<void> | undefined;
    const ids = [1, 2, 3];
    await db.tx(async (tx) => {
      for (const id of ids) {
        await tx.query('insert into kept values ($1)', [id]);
        closed ??= db[Symbol.asyncDispose]();
      }
    });
    await closed;
    expect(await failure(db.query('select 1'))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await using again = await openPglite({ dataDir: storage.dataDir, log });
    expect(await again.query('select id from kept order by id')).toEqual(ids.map((id) => ({ id })));
  });

  it('gives the directory back when it is closed while it reopens', async () => {
    await using storage = await createStorage('pglite');
    const db = await openPglite({ dataDir: storage.dataDir, log, faults: { failFsync: 1, path: 'pg_wal' } });
    expect(await failure(db.query(TABLE))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await db[Symbol.asyncDispose]();
    await using again = await openPglite({ dataDir: storage.dataDir, log });
    expect(await again.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('checkpoints a grown log and vacuums dead rows by itself', async () => {
    const upkeep = { everyMs: 100, checkpointBytes: 1_000_000, vacuumMs: 100 };
    await withDb({ upkeep }, async (db) => {
      const checkpoint = async (): Promise<unknown> =>
        (await db.query('select redo_lsn::text from pg_control_checkpoint()'))[0];
      const before = await checkpoint();
      await db.query(TABLE);
      await db.query(`insert into kept select n, repeat('x', 200) from generate_series(1, 20000) n`);
      await db.query('update kept set note = null');
      await vi.waitFor(async () => expect(await checkpoint()).not.toEqual(before), { timeout: 30_000, interval: 200 });
      await vi.waitFor(
        async () => {
          const [row] = await db.query(
            `select vacuum_count::int > 0 as done from pg_stat_user_tables where relname = 'kept'`,
          );
          expect(row).toEqual({ done: true });
        },
        { timeout: 30_000, interval: 200 },
      );
    });
  });

  it('starts fresh from the packed template in a directory that does not exist', async () => {
    await using storage = await createStorage('pglite', { empty: true });
    await using db = await openPglite({ dataDir: path.join(storage.dataDir, 'new/deeper'), log });
    expect(await db.query('show data_checksums')).toEqual([{ data_checksums: 'on' }]);
    expect(await db.query('show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await db.query('show full_page_writes')).toEqual([{ full_page_writes: 'on' }]);
  });
});
