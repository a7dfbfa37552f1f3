import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataKeys, findWorkspace, rotateMasterKey } from '../../src/features/workspaces/index.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey, isWrappedBy, parseMasterKey } from '../../src/platform/crypto/master-key.ts';
import { MasterKeys } from '../../src/platform/crypto/master-keys.ts';
import { seal } from '../../src/platform/crypto/seal.ts';
import { isMasterKeyReplaced } from '../../src/platform/db/db-error.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { ROTATION_POINTS } from '../../src/platform/fault-points.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { runCli, TestServer } from '../kit/server.ts';

const WORKSPACES = 150;
const log = createLogger('silent');

const hex = () => randomBytes(32).toString('hex');
const file = (storage: TestStorage, name: string) => path.join(storage.dataDir, name);
const envOf = ({ dataDir, databaseUrl }: TestStorage): Record<string, string> => ({
  WAPING_DATA_DIR: dataDir,
  ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
});

async function withDb<T>({ dataDir, databaseUrl }: TestStorage, work: (db: Db) => Promise<T>): Promise<T> {
  await using db = await openDatabase({ dataDir, databaseUrl, log });
  return await work(db);
}

/** Many workspaces under one master key, each with a value sealed under its data key. */
async function furnish(storage: TestStorage, masterKey: Buffer): Promise<Map<string, Buffer>> {
  mkdirSync(storage.dataDir, { recursive: true });
  const sealed = new Map<string, Buffer>();
  await withDb(storage, async (db) => {
    const keys = new DataKeys(db, MasterKeys.of(masterKey));
    for (let i = 0; i < WORKSPACES; i += 1) {
      const id = newId('ws');
      await insertWorkspace(db, { id, name: 'Many', plan: 'free', dataKey: createWrappedDataKey(masterKey, id) });
      sealed.set(id, await keys.seal(id, `secret of ${id}`, 'test'));
    }
    // Those of before the first rotation do not say which key wraps them.
    const [old = ''] = sealed.keys();
    const key = await keys.get(old);
    await db.query('update workspace set data_key = $2 where id = $1', [old, seal(masterKey, key, `data-key/${old}`)]);
  });
  return sealed;
}

/** Opens every sealed value with the keys a start would find; `then` looks at the same opening, each of which takes long. */
async function openAll(
  storage: TestStorage,
  sealed: Map<string, Buffer>,
  env: { current?: string; next?: string } = {},
  then: (db: Db) => Promise<void> = async () => {},
) {
  const keys = await MasterKeys.load({ dataDir: storage.dataDir, configured: env.current, configuredNext: env.next });
  await withDb(storage, async (db) => {
    const dataKeys = new DataKeys(db, keys);
    for (const [id, value] of sealed) expect(await dataKeys.open(id, value, 'test')).toBe(`secret of ${id}`);
    await then(db);
  });
}

async function foreign(db: Db, key: Buffer): Promise<number> {
  const rows = await db.query<{ data_key: Uint8Array }>('select data_key from workspace');
  return rows.filter((row) => !isWrappedBy(key, row.data_key)).length;
}

describe.each(DATABASE_KINDS)('rotating the master key on %s', (kind) => {
  it.each(ROTATION_POINTS)(
    'leaves everything readable when it is killed at %s, and goes on when called again',
    async (point) => {
      await using storage = await createStorage(kind);
      const old = randomBytes(32);
      const sealed = await furnish(storage, old);
      writeFileSync(file(storage, 'master.key'), old.toString('hex'), { mode: 0o600 });
      const passes = point === 'rotate.batch' ? ':1' : ':0';
      const killed = await runCli(['keys', 'rotate-master'], {
        ...envOf(storage),
        WAPING_FAULT_POINT: `${point}${passes}`,
      });
      expect(killed.code, killed.err).toBeNull();
      await openAll(storage, sealed);

      const over = point === 'rotate.replaced';
      const done = await runCli(['keys', 'rotate-master'], envOf(storage));
      expect(done.code, done.err).toBe(0);
      const key = parseMasterKey(readFileSync(file(storage, 'master.key'), 'utf8'));
      await openAll(storage, sealed, {}, async (db) => {
        expect(await foreign(db, key)).toBe(0);
        // Called again after it was over it is a new rotation, else the one that was begun.
        const finished = await db.query('select 1 from master_key where next_id is null');
        if (!over) expect(finished).toHaveLength(1);
      });
      expect(key.equals(old)).toBe(false);
      expect(statSync(file(storage, 'master.key')).mode & 0o777).toBe(0o600);
      expect(readdirSync(storage.dataDir).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
      for (const { out, err } of [killed, done])
        for (const secret of [old.toString('hex'), key.toString('hex')]) expect(out + err).not.toContain(secret);
    },
  );

  it('takes keys of the environment, accepts both meanwhile, and says what the operator does next', async () => {
    await using storage = await createStorage(kind);
    const [current, next] = [hex(), hex()];
    const sealed = await furnish(storage, Buffer.from(current, 'hex'));
    const env = { ...envOf(storage), WAPING_MASTER_KEY: current };
    const alone = await runCli(['keys', 'rotate-master'], env);
    expect([alone.code, alone.err]).toEqual([1, expect.stringContaining('WAPING_MASTER_KEY_NEXT')]);
    const done = await runCli(['keys', 'rotate-master'], { ...env, WAPING_MASTER_KEY_NEXT: next });
    expect([done.code, done.out], done.err).toEqual([0, expect.stringContaining('remove WAPING_MASTER_KEY_NEXT')]);
    await openAll(storage, sealed, { current, next });
    await openAll(storage, sealed, { current: next });
    await expect(openAll(storage, sealed, { current })).rejects.toThrow(/master key/);
    expect(readdirSync(storage.dataDir).filter((name) => name.startsWith('master.key'))).toEqual([]);
  });

  it('refuses a data key under the old master key from a node that has not heard', async () => {
    await using storage = await createStorage(kind);
    const [old, next] = [randomBytes(32), randomBytes(32)];
    await furnish(storage, old);
    const source = { dataDir: storage.dataDir, configured: old.toString('hex'), configuredNext: next.toString('hex') };
    await withDb(storage, async (db) => {
      const late = MasterKeys.of(old);
      await rotateMasterKey(db, await MasterKeys.load(source));
      const id = newId('ws');
      const made = insertWorkspace(db, { id, name: 'Late', plan: 'free', dataKey: late.newDataKey(id) });
      await expect(made).rejects.toSatisfy(isMasterKeyReplaced);
      expect(await findWorkspace(db, id)).toBeNull();
    });
  });

  it('refuses another new key while a rotation is under way, and a key that is none', async () => {
    await using storage = await createStorage(kind);
    const old = randomBytes(32);
    const sealed = await furnish(storage, old);
    writeFileSync(file(storage, 'master.key'), old.toString('hex'), { mode: 0o600 });
    await runCli(['keys', 'rotate-master'], { ...envOf(storage), WAPING_FAULT_POINT: 'rotate.begun:0' });
    const other = file(storage, 'other.key');
    writeFileSync(other, hex());
    const refused = await runCli(['keys', 'rotate-master', '--new-key-file', other], envOf(storage));
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('has begun')]);
    writeFileSync(other, 'short');
    for (const bad of [other, file(storage, 'absent')])
      expect((await runCli(['keys', 'rotate-master', '--new-key-file', bad], envOf(storage))).code).toBe(1);
    await openAll(storage, sealed);
  });

  it('is carried out by a running server, without a restart', async () => {
    await using storage = await createStorage(kind);
    mkdirSync(storage.dataDir, { recursive: true });
    await using server = await TestServer.start({
      dataDir: storage.dataDir,
      databaseUrl: storage.databaseUrl,
      env: { WAPING_SANDBOX: 'off', WAPING_OPERATOR_KEY: 'operator-key-of-the-rotation-suite-0123456789' },
    });
    const before = readFileSync(file(storage, 'master.key'), 'utf8');
    const done = await runCli(['keys', 'rotate-master'], envOf(storage));
    expect(done.code, done.err).toBe(0);
    expect(readFileSync(file(storage, 'master.key'), 'utf8')).not.toBe(before);
    const { status } = await server.api.get('/v1/devices');
    expect(status).toBe(200);
    const create = () =>
      fetch(`${server.url}/v1/operator/workspaces`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer operator-key-of-the-rotation-suite-0123456789',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ name: 'After', plan: 'starter' }),
      }).then((reply) => reply.status);
    await expect.poll(create, { timeout: 20_000, interval: 500 }).toBe(201);
    await server.stop();
    const key = parseMasterKey(readFileSync(file(storage, 'master.key'), 'utf8'));
    await withDb(storage, async (db) => expect(await foreign(db, key)).toBe(0));
  });
});
