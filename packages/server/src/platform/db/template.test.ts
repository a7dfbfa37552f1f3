import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { packDirectory, unpackDirectory } from './template.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'waping-pack-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('unpacks exactly the files and empty directories that were packed', async () => {
  const source = path.join(scratch, 'source');
  mkdirSync(path.join(source, 'deep/empty'), { recursive: true });
  writeFileSync(path.join(source, 'deep/bytes'), Buffer.from([0, 1, 255]));
  writeFileSync(path.join(source, 'nothing'), '');
  await packDirectory(source, path.join(scratch, 'packed.gz'));
  const target = path.join(scratch, 'target');
  await unpackDirectory(path.join(scratch, 'packed.gz'), target);
  expect(readdirSync(target, { recursive: true }).sort()).toEqual(['deep', 'deep/bytes', 'deep/empty', 'nothing']);
  expect(readFileSync(path.join(target, 'deep/bytes'))).toEqual(Buffer.from([0, 1, 255]));
});

it('gives the same bytes for the same directory', async () => {
  const source = path.join(scratch, 'same');
  mkdirSync(source);
  for (const name of ['b', 'a', 'c']) writeFileSync(path.join(source, name), name);
  await Promise.all(['one.gz', 'two.gz'].map((name) => packDirectory(source, path.join(scratch, name))));
  expect(readFileSync(path.join(scratch, 'one.gz'))).toEqual(readFileSync(path.join(scratch, 'two.gz')));
});

it('refuses a packed path that leaves the target', async () => {
  const index = Buffer.from(JSON.stringify({ directories: [], files: [{ path: '../evil', size: 1 }] }));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(index.length);
  writeFileSync(path.join(scratch, 'evil.gz'), gzipSync(Buffer.concat([head, index, Buffer.from('x')])));
  await expect(unpackDirectory(path.join(scratch, 'evil.gz'), path.join(scratch, 'inner'))).rejects.toThrow('outside');
});
