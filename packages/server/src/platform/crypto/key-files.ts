import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/** The key in use, and the one that is to take its place while a rotation runs. */
export const keyFile = (dataDir: string): string => path.join(dataDir, 'master.key');
export const nextKeyFile = (dataDir: string): string => path.join(dataDir, 'master.key.next');

/** A file's text; null when there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function syncDirectory(file: string): Promise<void> {
  const dir = await open(path.dirname(file), 'r');
  await dir.sync();
  await dir.close();
}

/**
 * Writes a key for its owner alone, unless the file is there already. Written whole and flushed under another name, then
 * linked: a crash leaves no half key, a race keeps the first.
 */
export async function writeKeyFile(file: string, key: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'w', 0o600);
  await handle.writeFile(`${Buffer.from(key).toString('hex')}\n`);
  await handle.sync();
  await handle.close();
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(draft);
  await chmod(file, 0o600);
  await syncDirectory(file);
}

/** Puts the next key in the place of the one in use, in one step. Nothing when another process has done so. */
export async function promoteNextKey(dataDir: string): Promise<void> {
  try {
    await rename(nextKeyFile(dataDir), keyFile(dataDir));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  await syncDirectory(keyFile(dataDir));
}
