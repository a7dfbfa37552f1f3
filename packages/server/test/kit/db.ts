import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';

export type DatabaseKind = Db['kind'];

export const DATABASE_KINDS: readonly DatabaseKind[] = ['pglite', 'postgres'];

/** A place for a database, not opened: what a server process is started with. */
export interface TestStorage extends AsyncDisposable {
  readonly kind: DatabaseKind;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
}

/** A storage with this process's open database on it. */
export interface TestDatabase extends TestStorage {
  readonly db: Db;
}

/** Asks the run's database keeper (db-setup.ts) one thing. */
function ask(line: string): Promise<string> {
  const address = inject('databaseKeeper');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(address, () => socket.write(`${line}\n`));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('end', () => (text.startsWith('ok ') ? resolve(text.slice(3)) : reject(new Error(text))));
  });
}

/** A fresh data directory and, on `postgres`, a fresh database; migrated unless `empty`. Gone after disposal. */
export async function createStorage(kind: DatabaseKind, { empty = false } = {}): Promise<TestStorage> {
  const dataDir = mkdtempSync(path.join(tmpdir(), `waping-${kind}-`));
  const removeDirectory = (): void => rmSync(dataDir, { recursive: true, force: true });
  if (kind === 'pglite') {
    if (!empty) cpSync(await ask('embedded'), path.join(dataDir, 'database'), { recursive: true });
    return { kind, dataDir, databaseUrl: undefined, [Symbol.asyncDispose]: async () => removeDirectory() };
  }
  const databaseUrl = await ask(empty ? 'create empty' : 'create');
  const name = new URL(databaseUrl).pathname.slice(1);
  return {
    kind,
    dataDir,
    databaseUrl,
    [Symbol.asyncDispose]: async () => {
      removeDirectory();
      await ask(`drop ${name}`);
    },
  };
}

/** A fresh migrated database, open. Closed and gone after disposal. */
export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const storage = await createStorage(kind);
  mkdirSync(storage.dataDir, { recursive: true });
  const { dataDir, databaseUrl } = storage;
  const db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  return {
    kind,
    dataDir,
    databaseUrl,
    db,
    [Symbol.asyncDispose]: async () => {
      await db[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  };
}

/** The same suite on both databases, each with a fresh one for the whole suite; call `database()` inside tests. */
export function describeEachDb(name: string, suite: (database: () => TestDatabase, kind: DatabaseKind) => void): void {
  describe.each(DATABASE_KINDS)(`${name} on %s`, (kind) => {
    let current: TestDatabase | undefined;
    beforeAll(async () => {
      current = await createTestDatabase(kind);
    });
    afterAll(async () => {
      await current?.[Symbol.asyncDispose]();
    });
    suite(() => {
      if (current === undefined) throw new Error('The database opens before the first test: call this inside one');
      return current;
    }, kind);
  });
}
