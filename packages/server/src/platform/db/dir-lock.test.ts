import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDirectory } from './dir-lock.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'waping-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (): string => path.join(directory, 'database.lock');

it('leaves nothing behind after release', async () => {
  const lock = await lockDirectory(directory);
  expect(readdirSync(directory)).toEqual(['database.lock']);
  lock.release();
  expect(readdirSync(directory)).toEqual([]);
});

it('gives the lock to one of many that ask at once', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory)));
  const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(held).toHaveLength(1);
  for (const lock of held) lock.release();
});

it('gives a stale lock to one of many that ask at once', async () => {
  const first = await lockDirectory(directory);
  const owner: unknown = JSON.parse(readFileSync(file(), 'utf8'));
  first.release();
  writeFileSync(file(), JSON.stringify({ ...(typeof owner === 'object' ? owner : {}), started: 'never' }));
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory)));
  const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(held).toHaveLength(1);
  for (const lock of held) lock.release();
});

it('takes over an unreadable lock', async () => {
  writeFileSync(file(), '{"pid":');
  const lock = await lockDirectory(directory);
  lock.release();
});

it('does not remove a lock that is no longer its own', async () => {
  const lock = await lockDirectory(directory);
  writeFileSync(file(), '{}');
  lock.release();
  expect(readdirSync(directory)).toEqual(['database.lock']);
});
