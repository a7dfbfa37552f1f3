import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

/** A gateway that was used: it holds a device, so that "nothing is lost" can be seen. */
interface Used {
  storage: TestStorage;
  env: Record<string, string>;
  apiKey: string;
}

const MASTER_KEY = 'a1'.repeat(32);

async function used(kind: (typeof DATABASE_KINDS)[number]): Promise<Used> {
  const storage = await createStorage(kind);
  const env = {
    HOME: storage.dataDir,
    WAPING_DATA_DIR: storage.dataDir,
    WAPING_PORT: '0',
    WAPING_SANDBOX: 'off',
    WAPING_MASTER_KEY: MASTER_KEY,
    WAPING_LOG_LEVEL: 'silent',
    ...(storage.databaseUrl === undefined ? {} : { DATABASE_URL: storage.databaseUrl }),
  };
  await using server = await TestServer.start({ dataDir: storage.dataDir, env });
  await expectOk(server.api.post('/v1/devices', { label: 'Mine', network: 'whatsapp' }));
  return { storage, env, apiKey: server.apiKey };
}

const start = ({ storage, env, apiKey }: Used): Promise<TestServer> =>
  TestServer.start({ dataDir: storage.dataDir, env, apiKey });

async function expectKept(server: TestServer): Promise<void> {
  const { body } = await server.api.get('/v1/devices');
  expect(rowsOf(body).map((row) => row['label'])).toEqual(['Mine']);
}

/** The start is refused in words a person can act on: no stack, exit code 1. */
async function expectRefused(env: Record<string, string>, fault: RegExp, cure: RegExp): Promise<void> {
  const { code, out, err } = await runCli(['serve'], env);
  expect(err).toMatch(fault);
  expect(err.replace(/\s+/g, ' ')).toMatch(new RegExp(`What to do: .*${cure.source}`));
  expect(err).not.toMatch(/\n\s+at /);
  expect([code, out]).toEqual([1, '']);
}

describe.each(DATABASE_KINDS)('a start that cannot succeed, on %s', (kind) => {
  let mine: Used;
  beforeAll(async () => {
    mine = await used(kind);
  });
  afterAll(() => mine?.storage[Symbol.asyncDispose]());

  it('refuses a second process on one data directory and leaves the first one alone', async () => {
    await using server = await start(mine);
    await expectRefused(mine.env, new RegExp(`in use by process ${server.pid}`), /WAPING_DATA_DIR/);
    await expectKept(server);
  });

  it('has pacing off on a network of one’s own alone', async () => {
    await expectRefused({ ...mine.env, WAPING_PACING: 'off' }, /a network of your own/, /WAPING_WHATSAPP_URL/);
  });

  it('names the port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = String(address !== null && typeof address === 'object' ? address.port : 0);
    try {
      await expectRefused({ ...mine.env, WAPING_PORT: port }, new RegExp(`port ${port} is in use`), /WAPING_PORT/);
    } finally {
      taken.close();
    }
    await using server = await start(mine);
    await expectKept(server);
  });

  it('refuses a wrong master key and a malformed one, and takes the right one after', async () => {
    const wrong = { ...mine.env, WAPING_MASTER_KEY: 'b2'.repeat(32) };
    await expectRefused(wrong, /the master key does not open/, /WAPING_MASTER_KEY/);
    await expectRefused({ ...mine.env, WAPING_MASTER_KEY: 'abc' }, /not a 32-byte key/, /64 hex digits/);
    await using server = await start(mine);
    await expectKept(server);
  });
});

describe('a database that cannot be opened', () => {
  let mine: Used;
  beforeAll(async () => {
    mine = await used('pglite');
  });
  afterAll(() => mine?.storage[Symbol.asyncDispose]());

  const damages: [string, (database: string) => void][] = [
    ['without its version file', (database) => writeFileSync(path.join(database, 'PG_VERSION'), '')],
    ['of another version', (database) => writeFileSync(path.join(database, 'PG_VERSION'), '15\n')],
    ['with a control file of noise', (database) => overwrite(path.join(database, 'global/pg_control'))],
    ['with a truncated control file', (database) => truncateSync(path.join(database, 'global/pg_control'), 100)],
    ['with a log of noise', (database) => overwriteAll(path.join(database, 'pg_wal'))],
  ];

  it.each(damages)('refuses a database %s, touches nothing and opens the restored one', async (_name, damage) => {
    const database = path.join(mine.storage.dataDir, 'database');
    const backup = `${database}.backup`;
    cpSync(database, backup, { recursive: true });
    damage(database);
    const before = readFileSync(path.join(database, 'global/pg_control'));
    await expectRefused(mine.env, /waping: /, /(restore a|Start the version)/);
    expect(readFileSync(path.join(database, 'global/pg_control')).equals(before)).toBe(true);
    renameSync(database, `${database}.damaged-${process.hrtime.bigint()}`);
    renameSync(backup, database);
    await using server = await start(mine);
    await expectKept(server);
  });

  it('names DATABASE_URL when no PostgreSQL answers there', async () => {
    const nowhere = path.join(mine.storage.dataDir, 'nowhere');
    mkdirSync(nowhere);
    const url = `postgres://postgres@localhost/waping?host=${encodeURIComponent(nowhere)}`;
    await expectRefused({ ...mine.env, DATABASE_URL: url }, /DATABASE_URL cannot be used/, /DATABASE_URL/);
  });
});

function overwrite(file: string): void {
  writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0xa5));
}

function overwriteAll(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isFile()) overwrite(path.join(directory, entry.name));
  }
}
