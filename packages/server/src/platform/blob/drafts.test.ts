import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Drafts } from './drafts.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'waping-drafts-'));
});
afterAll(() => rm(dir, { recursive: true }));

const declared = { mimeType: null, fileName: null, maxBytes: 100 };

it('leaves nothing of what somebody else wrote and nobody took, whatever came of it', async () => {
  const drafts = await Drafts.open(dir);
  const failed = drafts.atNewPath(async (file) => {
    await writeFile(file, 'half');
    throw new Error('the tool broke');
  });
  await expect(failed).rejects.toThrow('the tool broke');
  expect(await readdir(dir)).toEqual([]);
});

it('removes what nobody has written to for hours, and no other', async () => {
  const drafts = await Drafts.open(dir);
  await using fresh = await drafts.receive(Readable.from([Buffer.from('fresh')]), declared);
  const left = path.join(dir, 'left');
  await writeFile(left, 'by a worker whose question had timed out');
  const old = new Date(Date.now() - 3 * 3600_000);
  await utimes(left, old, old);
  await drafts.dropStale();
  expect(await readdir(dir)).toEqual([path.basename(fresh.path)]);
});

it('takes nothing while less than the floor is free, and leaves nothing of it', async () => {
  const drafts = await Drafts.open(dir, Number.MAX_SAFE_INTEGER);
  expect(await drafts.space.isLow()).toBe(true);
  const refused = drafts.receive(Readable.from([Buffer.from('x')]), declared);
  await expect(refused).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await readdir(dir)).toEqual([]);
});
