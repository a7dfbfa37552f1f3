import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MediaFiles } from '../../src/features/media/index.ts';
import { BlobCache } from '../../src/platform/blob/cache.ts';
import { DiskBlobs } from '../../src/platform/blob/disk.ts';
import { Drafts } from '../../src/platform/blob/drafts.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { parseNetwork } from '../../src/platform/ip.ts';
import { type AllowList, SafeFetch } from '../../src/platform/safe-fetch/index.ts';

const dirs: string[] = [];
process.once('exit', () => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const loopback = parseNetwork('127.0.0.0/8');

/** Lets outside URLs lead to servers of the tests. */
export const ALLOW_LOOPBACK: AllowList = { networks: loopback ? [loopback] : [], hosts: new Set() };

/** The way outside of callers without a server: to servers of the tests by their address, and no name leads anywhere. */
export const OUTSIDE = new SafeFetch({ allow: ALLOW_LOOPBACK, resolver: async () => [] });

/** A directory that goes with the process. */
export function scratch(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'waping-media-'));
  dirs.push(dir);
  return dir;
}

async function make(db: Db): Promise<MediaFiles> {
  const dir = scratch();
  const blobs = await DiskBlobs.open(path.join(dir, 'media', 'blobs'));
  return new MediaFiles({
    db,
    blobs,
    drafts: await Drafts.open(path.join(dir, 'media', 'drafts')),
    cache: await BlobCache.open(blobs, path.join(dir, 'media', 'cache'), 1024 ** 3),
    fetcher: OUTSIDE,
    dataKey: async () => Buffer.alloc(32, 7),
  });
}

const made = new WeakMap<Db, Promise<MediaFiles>>();

/** The media of everything that works on this database in this process, on a disk of its own. */
export function mediaOn(db: Db): Promise<MediaFiles> {
  const known = made.get(db) ?? make(db);
  made.set(db, known);
  return known;
}

/** The smallest PNG: one pixel. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let server: Promise<string> | null = null;

/** URL of a file on loopback, for as long as the process lives. */
export function outsideFile(): Promise<string> {
  server ??= new Promise((resolve) => {
    const http = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end(PIXEL);
    });
    http.unref();
    http.listen(0, '127.0.0.1', () => {
      const { port } = http.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}/pixel.png`);
    });
  });
  return server;
}
