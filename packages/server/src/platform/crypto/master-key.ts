import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { StartupError } from '../errors.ts';
import { seal, unseal } from './seal.ts';

const KEY_BYTES = 32;

/** Reads a 32-byte key written as 64 hex digits or as base64. */
export function parseMasterKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new StartupError(
      'WAPING_MASTER_KEY is not a 32-byte key',
      'Give 64 hex digits, for example from: openssl rand -hex 32',
    );
  }
  return key;
}

/**
 * The key that wraps every workspace's data key. Taken from configuration, or from `master.key` in the data directory,
 * which is made on first start, readable by its owner alone.
 */
export async function loadMasterKey(dataDir: string, configured: string | undefined): Promise<Buffer> {
  if (configured !== undefined) return parseMasterKey(configured);
  const file = path.join(dataDir, 'master.key');
  const existing = await readFile(file, 'utf8').catch(absentAsNull);
  if (existing !== null) return parseMasterKey(existing);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return createKeyFile(file);
}

// Written whole and flushed under another name, then linked: a crash leaves no half key, a race keeps the first.
async function createKeyFile(file: string): Promise<Buffer> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'w', 0o600);
  await handle.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
  await handle.sync();
  await handle.close();
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(draft);
  await chmod(file, 0o600);
  const dir = await open(path.dirname(file), 'r');
  await dir.sync();
  await dir.close();
  return parseMasterKey(await readFile(file, 'utf8'));
}

function absentAsNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

const dataKeyContext = (workspaceId: string) => `data-key/${workspaceId}`;

/** Makes a workspace's data key, wrapped by the master key. */
export function createWrappedDataKey(masterKey: Uint8Array, workspaceId: string): Buffer {
  return seal(masterKey, randomBytes(KEY_BYTES), dataKeyContext(workspaceId));
}

/** Opens a workspace's data key. A wrong master key is a start-up fault with a cure, never a silent new key. */
export function unwrapDataKey(masterKey: Uint8Array, workspaceId: string, wrapped: Uint8Array): Buffer {
  try {
    return unseal(masterKey, wrapped, dataKeyContext(workspaceId));
  } catch (cause) {
    throw new StartupError(
      'the master key does not open the stored credentials',
      'Start with the WAPING_MASTER_KEY (or master.key file) this database was created with.',
      cause,
    );
  }
}
