import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { StartupError } from '../errors.ts';
import { createWrappedDataKey, loadMasterKey, parseMasterKey, unwrapDataKey } from './master-key.ts';
import { seal, unseal } from './seal.ts';

const key = randomBytes(32);

it('opens what it sealed, and only under the same key and context', () => {
  const sealed = seal(key, Buffer.from('secret'), 'row/1');
  expect(unseal(key, sealed, 'row/1').toString()).toBe('secret');
  expect(() => unseal(key, sealed, 'row/2')).toThrow();
  expect(() => unseal(randomBytes(32), sealed, 'row/1')).toThrow();
});

it('refuses a value with any one bit changed', () => {
  const sealed = seal(key, Buffer.from('secret'), 'row/1');
  for (let i = 0; i < sealed.length; i++) {
    const bad = Buffer.from(sealed);
    bad.writeUInt8((bad[i] ?? 0) ^ 1, i);
    expect(() => unseal(key, bad, 'row/1')).toThrow();
  }
});

it('makes the master key once, for its owner alone', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'waping-key-'));
  const [a, b] = await Promise.all([loadMasterKey(dir, undefined), loadMasterKey(dir, undefined)]);
  expect(a.equals(b)).toBe(true);
  expect((await stat(path.join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
  expect((await loadMasterKey(dir, undefined)).equals(a)).toBe(true);
  await writeFile(path.join(dir, 'master.key'), 'short');
  await expect(loadMasterKey(dir, undefined)).rejects.toThrow(StartupError);
  expect(await readFile(path.join(dir, 'master.key'), 'utf8')).toBe('short');
});

it('says so when the master key is another', () => {
  const wrapped = createWrappedDataKey(key, 'ws_a');
  expect(unwrapDataKey(key, 'ws_a', wrapped)).toHaveLength(32);
  expect(() => unwrapDataKey(randomBytes(32), 'ws_a', wrapped)).toThrow(/master key/);
  expect(() => unwrapDataKey(key, 'ws_b', wrapped)).toThrow(/master key/);
});

it('reads a key as hex or base64 and refuses anything else', () => {
  expect(parseMasterKey(key.toString('hex')).equals(key)).toBe(true);
  expect(parseMasterKey(key.toString('base64')).equals(key)).toBe(true);
  expect(() => parseMasterKey('hunter2')).toThrow(StartupError);
});
