import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openPglite } from '../../src/platform/db/pglite.ts';
import { StartupError } from '../../src/platform/errors.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage } from '../kit/db.ts';

const log = createLogger('silent');

const holder = fileURLToPath(new URL('./holder.mjs', import.meta.url));

/** Starts a process that opens the directory; its first line is what came of it. */
function hold(dataDir: string): { child: ChildProcess; line: Promise<string>; gone: Promise<void> } {
  const child = spawn(process.execPath, [holder, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('close', () => reject(new Error('the process ended without a word')));
  });
  return { child, line, gone };
}

it('refuses a second process on one data directory, naming the first, and takes over after it was killed', async () => {
  await using storage = await createStorage('pglite');
  const first = hold(storage.dataDir);
  try {
    expect(await first.line).toBe('open');
    const error: unknown = await openPglite({ dataDir: storage.dataDir, log }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StartupError);
    expect(error).toMatchObject({ message: expect.stringContaining(`process ${first.child.pid}`) });
    expect(error).toMatchObject({ cure: expect.stringContaining('WAPING_DATA_DIR') });
  } finally {
    first.child.kill('SIGKILL');
    await first.gone;
  }
  await using db = await openPglite({ dataDir: storage.dataDir, log });
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
});

it('lets exactly one of several processes that start together have the directory', async () => {
  await using storage = await createStorage('pglite');
  const all = Array.from({ length: 4 }, () => hold(storage.dataDir));
  try {
    const lines = await Promise.all(all.map((one) => one.line));
    expect(lines.filter((line) => line === 'open')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('is in use by process'))).toHaveLength(3);
  } finally {
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map((one) => one.gone));
  }
});

it('refuses a second opening in the same process', async () => {
  await using storage = await createStorage('pglite');
  await using db = await openPglite({ dataDir: storage.dataDir, log });
  await expect(openPglite({ dataDir: storage.dataDir, log })).rejects.toThrow(`process ${process.pid}`);
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
});

it('takes over the lock of a dead process whose number now belongs to another', async () => {
  await using storage = await createStorage('pglite');
  const file = path.join(storage.dataDir, 'database.lock');
  {
    await using _db = await openPglite({ dataDir: storage.dataDir, log });
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'));
    // The parent runs, but did not start when the lock says its owner did.
    const stale = { ...(typeof owner === 'object' ? owner : {}), pid: process.ppid, started: '1', nonce: 'old' };
    writeFileSync(file, JSON.stringify(stale));
  }
  await using db = await openPglite({ dataDir: storage.dataDir, log });
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
});

/** A lock as a process in another container would leave it: its number means nothing here. */
async function foreignLock(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'database.lock');
  const owner = { nonce: 'other', pid: 1, started: '1', place: 'elsewhere', host: 'other-host' };
  writeFileSync(file, JSON.stringify(owner));
  return file;
}

it('refuses a directory whose owner elsewhere still touches its lock', async () => {
  await using storage = await createStorage('pglite');
  const file = await foreignLock(storage.dataDir);
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 200);
  try {
    await expect(openPglite({ dataDir: storage.dataDir, log })).rejects.toThrow('process 1 on other-host');
  } finally {
    clearInterval(beat);
  }
});

it('takes over from an owner elsewhere that has gone silent', async () => {
  await using storage = await createStorage('pglite');
  await foreignLock(storage.dataDir);
  await using db = await openPglite({ dataDir: storage.dataDir, log });
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
});
