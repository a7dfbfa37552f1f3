import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Caller } from '../kit/calls.ts';
import { startPostgres } from '../kit/db-server.ts';

it('a database user that is no superuser, but may make roles, has both walls', async () => {
  const postgres = await startPostgres();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'waping-plain-'));
  try {
    await postgres.run('create role plain login createrole');
    await postgres.run('create database plain owner plain');
    const databaseUrl = postgres.urlOf('plain').replace('postgres@', 'plain@');
    await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
    expect(await db.query('select current_user as name, rolsuper from pg_roles where rolname = current_user')).toEqual([
      { name: 'plain', rolsuper: false },
    ]);
    const caller = await Caller.create(db);
    const [mine, other] = [await caller.device(), await caller.device()];
    await caller.send(mine, '+15550001234');
    await caller.send(other, '+15550001234');
    const devices = async (list: string[] | null) => {
      const rows = await db
        .within(caller.workspaceId, list)
        .query<{ device_id: string }>('select device_id from message');
      return rows.map((row) => row.device_id).sort();
    };
    expect(await devices([mine])).toEqual([mine]);
    expect(await devices(null)).toEqual([mine, other].sort());
    expect((await (await Caller.create(db)).call('messages.list', {})).body).toContain('"data":[]');
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
