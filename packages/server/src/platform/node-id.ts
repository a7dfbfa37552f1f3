import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { uuidV7 } from './ids.ts';

/**
 * This node's lasting name, kept in its data directory. The directory's lock admits one process, so a process that
 * finds leases under its own name knows their holder is dead.
 */
export async function loadNodeId(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'node-id');
  try {
    await writeFile(file, `node_${uuidV7().toString(36)}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}
