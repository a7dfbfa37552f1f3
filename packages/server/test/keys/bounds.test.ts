import { expect, it } from 'vitest';
import type { Actor } from '../../src/operations/context.ts';
import { migrate } from '../../src/platform/db/migrate.ts';
import { migrations } from '../../src/platform/db/migrations/index.ts';
import { openPglite } from '../../src/platform/db/pglite.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { openPostgres } from '../../src/platform/db/postgres.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Caller } from '../kit/calls.ts';
import { createStorage, DATABASE_KINDS, describeEachDb } from '../kit/db.ts';

const log = createLogger('silent');
const MOST = 500;
const owner: Actor = { kind: 'person', id: newId('usr'), role: 'owner', sessionId: newId('ses') };

/** Many keys at once, as quickly as the database makes rows. */
const fill = (db: Db, workspaceId: string, count: number, revoked: boolean) =>
  db.query(
    `insert into api_key (id, workspace_id, name, secret_hash, scopes, revoked_at)
     select 'key_' || $1 || n, $1, 'Many', 'x', array['*'], case when $3 then now() - n * interval '1 second' end
     from generate_series($4::int, $4::int + $2::int - 1) n`,
    [workspaceId, count, revoked, revoked ? 100_000 : 0],
  );

describeEachDb('the keys of a workspace', (database) => {
  const create = (caller: Caller) =>
    caller.call('keys.create', { body: { name: 'One more', scopes: ['*'] } }, { actor: owner });
  const count = async (caller: Caller, where: string) => {
    const sql = `select count(*)::int as count from api_key where workspace_id = $1 and ${where}`;
    return (await caller.db.query<{ count: number }>(sql, [caller.workspaceId]))[0]?.count;
  };

  it(`are ${MOST} at the most, whoever comes first`, async () => {
    const caller = await Caller.create(database().db);
    await fill(caller.db, caller.workspaceId, MOST - 3, false);
    const replies = await Promise.allSettled(Array.from({ length: 8 }, () => create(caller)));
    expect(replies.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const reply of replies) if (reply.status === 'rejected') expect(reply.reason.code).toBe('CONFLICT');
    expect(await count(caller, 'revoked_at is null')).toBe(MOST);
  });

  it(`that were revoked are kept up to ${MOST}, the last of them`, async () => {
    const caller = await Caller.create(database().db);
    await fill(caller.db, caller.workspaceId, MOST + 20, true);
    await create(caller);
    expect(await count(caller, 'revoked_at is not null')).toBe(MOST);
    expect(
      await count(caller, `revoked_at > now() - interval '100000 seconds' - interval '${MOST - 10} seconds'`),
    ).toBeGreaterThan(MOST - 60);
  });
});

it.each(DATABASE_KINDS)('keys made before the upgrade go on working as they did, on %s', async (kind) => {
  await using storage = await createStorage(kind, { empty: true });
  const { dataDir, databaseUrl } = storage;
  await using db = databaseUrl ? await openPostgres({ url: databaseUrl, log }) : await openPglite({ dataDir, log });
  await migrate(
    db,
    migrations.filter(({ id }) => id < 6),
  );
  const workspaceId = newId('ws');
  const [id, deviceId] = [newId('key'), newId('dev')];
  await db.query(`insert into workspace (id, name, plan, data_key) values ($1, 'Old', 'growth', 'x')`, [workspaceId]);
  await db.query(
    `insert into device (id, workspace_id, label, network, state, state_reason) values ($1, $2, 'Old', 'sandbox', 'unlinked', 'created')`,
    [deviceId, workspaceId],
  );
  await db.query(
    `insert into api_key (id, workspace_id, name, secret_hash, scopes, last_used_at) values ($1, $2, 'Old', 'x', array['a:b'], now())`,
    [id, workspaceId],
  );
  await migrate(db, migrations);
  const within = db.within(workspaceId);
  expect(
    await within.query('select id, scopes, device_ids, allowed_ips, previous_hash, last_used_ip from api_key'),
  ).toEqual([{ id, scopes: ['a:b'], device_ids: null, allowed_ips: null, previous_hash: null, last_used_ip: null }]);
  expect(await within.query('select id from device')).toEqual([{ id: deviceId }]);
  expect(await db.within(workspaceId, ['none']).query('select id from device')).toEqual([]);
});

it.each(DATABASE_KINDS)(
  'a table made after the upgrade is held to the devices of a key by itself, on %s',
  async (kind) => {
    await using storage = await createStorage(kind, { empty: true });
    const { dataDir, databaseUrl } = storage;
    await using db = databaseUrl ? await openPostgres({ url: databaseUrl, log }) : await openPglite({ dataDir, log });
    const table = 'create table thing (workspace_id text, device_id text)';
    const up = `${table}; select wall_off('thing', 'select, insert')`;
    await migrate(db, [...migrations, { id: 1_000, name: 'thing', up }]);
    const insert = (devices: string[] | null, device: string | null) =>
      db.within('ws', devices).query('insert into thing values ($1, $2)', ['ws', device]);
    for (const device of ['a', 'b', null]) await insert(null, device);
    await insert(['a'], 'a');
    await expect(insert(['a'], 'b')).rejects.toMatchObject({ sqlstate: '42501' });
    const seen = (devices: string[] | null) => db.within('ws', devices).query('select device_id from thing');
    expect(await seen(['a'])).toEqual([{ device_id: 'a' }, { device_id: 'a' }]);
    expect(await seen(null)).toHaveLength(4);
  },
);
