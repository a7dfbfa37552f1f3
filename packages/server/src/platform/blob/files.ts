import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { WapingError } from '../errors.ts';

const isCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

export const isMissing = (error: unknown): boolean => isCode(error, 'ENOENT');

/** Makes a file's or directory's entry durable: a rename that was not flushed is undone by a power cut. */
export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory for its owner alone, with every one above it up to `root`, which is there. All durable. */
export async function makeDirectory(root: string, dir: string): Promise<void> {
  const made = await mkdir(dir, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let at = path.dirname(dir); at.startsWith(root); at = path.dirname(at)) await syncDirectory(at);
}

/** Makes a directory that only its owner can read, empty: what an earlier life left in it is nobody's. Returns it. */
export async function emptyDirectory(dir: string): Promise<string> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return dir;
}

/** Removes a file. One that is gone is no error. */
export async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** What a caller is told when the disk does not take more: a full disk is an outage, not a fault of the request. */
export function diskError(error: unknown): unknown {
  if (!isCode(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO')) return error;
  return new WapingError('SERVICE_UNAVAILABLE', 'the disk of the media store takes no more: free some space', {
    retryAfter: 30,
    cause: error,
  });
}
