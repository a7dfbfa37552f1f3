import { describe, expect, it } from 'vitest';
import { insertPerson } from '../../src/features/members/person-store.ts';
import { insertSession } from '../../src/features/members/session-store.ts';
import { insertMembership } from '../../src/features/members/store.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { migrate } from '../../src/platform/db/migrate.ts';
import { migrations } from '../../src/platform/db/migrations/index.ts';
import type { Migration } from '../../src/platform/db/migrations/migration.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import { openPglite, type PgliteDb } from '../../src/platform/db/pglite.ts';
import { openPostgres, type PostgresDb } from '../../src/platform/db/postgres.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';

const log = createLogger('silent');

const one: Migration = { id: 1, name: 'one', up: `create table a (id integer); create table b (note text); -- done` };
const two: Migration = { id: 2, name: "two's", up: `insert into b values ('semi;colon');\n` };
const broken: Migration = { id: 3, name: 'broken', up: 'create table c (id integer); select 1 / 0' };

function open({ dataDir, databaseUrl }: TestStorage): Promise<PgliteDb | PostgresDb> {
  return databaseUrl === undefined ? openPglite({ dataDir, log }) : openPostgres({ url: databaseUrl, log });
}

describe.each(DATABASE_KINDS)('migrations on %s', (kind) => {
  it('applies what is missing, once, in order', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await open(storage);
    expect(await migrate(db, [one])).toEqual({ applied: [1] });
    expect(await migrate(db, [one, two])).toEqual({ applied: [2] });
    expect(await migrate(db, [one, two])).toEqual({ applied: [] });
    expect(await db.query('select note from b')).toEqual([{ note: 'semi;colon' }]);
    expect(await db.query('select id, name from schema_migration order by id')).toEqual([
      { id: 1, name: 'one' },
      { id: 2, name: "two's" },
    ]);
  });

  it('leaves nothing of a step that fails, and keeps the steps before it', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await open(storage);
    await expect(migrate(db, [one, two, broken])).rejects.toThrow('Step 3 (broken)');
    expect(await db.query(`select to_regclass('c') as c`)).toEqual([{ c: null }]);
    expect(await migrate(db, [one, two])).toEqual({ applied: [] });
  });

  it('refuses a database newer than the code', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await open(storage);
    await migrate(db, [one, two]);
    await expect(migrate(db, [one])).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringContaining('newer'),
    });
  });

  it('refuses a database made by an edited step', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await open(storage);
    await migrate(db, [one]);
    await expect(migrate(db, [{ ...one, up: 'select 2' }])).rejects.toThrow('another build');
  });

  it('brings an empty database to the schema of this version', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await openDatabase({ dataDir: storage.dataDir, databaseUrl: storage.databaseUrl, log });
    const rows = await db.query('select id from schema_migration order by id');
    expect(rows).toEqual(migrations.map(({ id }) => ({ id })));
  });

  it('gives a populated database of the version before an audit log, and changes nothing else', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await open(storage);
    await migrate(
      db,
      migrations.filter(({ id }) => id < 5),
    );
    const [workspaceId, personId, sessionId] = [newId('ws'), newId('usr'), newId('ses')];
    await insertWorkspace(db, { id: workspaceId, name: 'Old', plan: 'free', dataKey: Buffer.alloc(61) });
    await insertPerson(db, { id: personId, email: 'old@example.com', name: 'Old', passwordHash: 'none' });
    await insertMembership(db, { workspaceId, personId, role: 'owner' });
    const session = {
      id: sessionId,
      personId,
      workspaceId,
      tokenHash: Buffer.alloc(32),
      address: '::1',
      userAgent: null,
    };
    await insertSession(db, { ...session, expiresAt: new Date(Date.now() + 60_000) });
    const everything = () => db.query('select * from workspace, person, membership, person_session');
    const before = await everything();
    expect(before).toHaveLength(1);
    expect(
      await migrate(
        db,
        migrations.filter(({ id }) => id <= 5),
      ),
    ).toEqual({ applied: [5] });
    expect(await everything()).toEqual(before);
    expect(await db.within(workspaceId).query('select id from person_session')).toEqual([{ id: sessionId }]);
    expect(await db.query('select id from audit')).toEqual([]);
  });

  it('refuses a list out of order', async () => {
    await using storage = await createStorage(kind, { empty: true });
    await using db = await open(storage);
    await expect(migrate(db, [two, one])).rejects.toThrow('out of order');
  });
});

it('lets several nodes start at once on one server', async () => {
  await using storage = await createStorage('postgres', { empty: true });
  const nodes = await Promise.all(Array.from({ length: 5 }, () => open(storage)));
  try {
    const slow: Migration = { ...one, up: `${one.up}\n; select pg_sleep(0.2)` };
    const reports = await Promise.all(nodes.map((node) => migrate(node, [slow, two])));
    expect(reports.flatMap((report) => report.applied).sort()).toEqual([1, 2]);
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  }
});
