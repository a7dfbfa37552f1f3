import { open, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Flushes one file or directory to the disk. */
export async function syncPath(target: string): Promise<void> {
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Windows cannot flush a directory handle; its file system journals the entry itself.
    if (process.platform !== 'win32') throw error;
  } finally {
    await handle.close();
  }
}

/** Flushes a whole tree and the directory that holds it, eight files at a time. */
export async function syncTree(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => path.join(entry.parentPath, entry.name));
  const queue = [...paths, root];
  const lane = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await syncPath(next);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  await syncPath(path.dirname(root));
}
