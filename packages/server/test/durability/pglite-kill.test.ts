import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { openPglite } from '../../src/platform/db/pglite.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage } from '../kit/db.ts';

const KILLS = 12;

const writer = fileURLToPath(new URL('./writer.mjs', import.meta.url));

/** Starts a writer and kills it after so many acknowledgements; what it acknowledged. */
function writeUntilKilled(dataDir: string, first: number, acks: number): Promise<number[]> {
  const child = spawn(process.execPath, [writer, dataDir, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: number[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(Number(line));
    if (said.length === acks) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_code, signal) =>
      signal === 'SIGKILL' ? resolve(said) : reject(new Error('the writer failed')),
    );
  });
}

it(`keeps every acknowledged row over ${KILLS} kills at full speed`, async () => {
  await using storage = await createStorage('pglite');
  const options = { dataDir: storage.dataDir, log: createLogger('silent') };
  const first = await openPglite(options);
  await first.query('create table kept (id integer primary key, note text not null)');
  await first[Symbol.asyncDispose]();

  const acknowledged: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acks = 5 + ((kill * 37) % 120);
    acknowledged.push(...(await writeUntilKilled(storage.dataDir, kill * 1_000_000, acks)));
  }

  await using db = await openPglite(options);
  const rows = await db.query<{ id: number }>('select id from kept');
  const stored = new Set(rows.map((row) => row.id));
  expect(acknowledged.length).toBeGreaterThan(KILLS * 5);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  // The index and the table agree: nothing was torn.
  expect(await db.query('select count(*)::int as n from kept where note is null')).toEqual([{ n: 0 }]);
});

it('starts again after a first start was killed while it made the database', async () => {
  await using storage = await createStorage('pglite', { empty: true });
  const moments = [/^database\.new-/, /^database\.new-/, /^database$/];
  for (const moment of moments) {
    const child = spawn(process.execPath, [writer, storage.dataDir, '0'], { stdio: 'ignore' });
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await vi.waitFor(() => expect(readdirSync(storage.dataDir).some((name) => moment.test(name))).toBe(true), {
      timeout: 60_000,
      interval: 5,
    });
    child.kill('SIGKILL');
    await gone;
  }
  await using db = await openPglite({ dataDir: storage.dataDir, log: createLogger('silent') });
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
  expect(readdirSync(storage.dataDir).sort()).toEqual(['database', 'database.lock']);
});
