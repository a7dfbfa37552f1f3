import { createHmac, randomBytes } from 'node:crypto';
import { StartupError } from '../errors.ts';
import { keyFile, readIfThere, writeKeyFile } from './key-files.ts';
import { seal, unseal } from './seal.ts';

const KEY_BYTES = 32;
const ID_BYTES = 8;
/** First byte of a data key that says which master key wraps it; those of before the first rotation do not. */
const NAMED = 2;

/** Reads a 32-byte key written as 64 hex digits or as base64. */
export function parseMasterKey(text: string, name = 'WAPING_MASTER_KEY'): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new StartupError(
      `${name} is not a 32-byte key`,
      'Give 64 hex digits, for example from: openssl rand -hex 32',
    );
  }
  return key;
}

/** A new master key. */
export const newMasterKey = (): Buffer => randomBytes(KEY_BYTES);

/** A key's fingerprint: tells keys apart and says nothing about them. */
export function masterKeyId(key: Uint8Array): Buffer {
  return createHmac('sha256', key).update('waping/master-key/id').digest().subarray(0, ID_BYTES);
}

/**
 * The key that wraps every workspace's data key. Taken from configuration, or from `master.key` in the data directory,
 * which is made on first start, readable by its owner alone.
 */
export async function loadMasterKey(dataDir: string, configured: string | undefined): Promise<Buffer> {
  if (configured !== undefined) return parseMasterKey(configured);
  const file = keyFile(dataDir);
  const existing = await readIfThere(file);
  if (existing !== null) return parseMasterKey(existing, file);
  await writeKeyFile(file, newMasterKey());
  return parseMasterKey((await readIfThere(file)) ?? '', file);
}

const dataKeyContext = (workspaceId: string) => `data-key/${workspaceId}`;

/** Wraps a workspace's data key: version byte, fingerprint of the master key, sealed key. */
export function wrapDataKey(masterKey: Uint8Array, workspaceId: string, dataKey: Uint8Array): Buffer {
  const sealed = seal(masterKey, dataKey, dataKeyContext(workspaceId));
  return Buffer.concat([Buffer.of(NAMED), masterKeyId(masterKey), sealed]);
}

/** Makes a workspace's data key, wrapped by the master key. */
export function createWrappedDataKey(masterKey: Uint8Array, workspaceId: string): Buffer {
  return wrapDataKey(masterKey, workspaceId, randomBytes(KEY_BYTES));
}

/** Opens a workspace's data key. A wrong master key is a start-up fault with a cure, never a silent new key. */
export function unwrapDataKey(masterKey: Uint8Array, workspaceId: string, wrapped: Uint8Array): Buffer {
  const sealed = wrapped[0] === NAMED ? wrapped.subarray(1 + ID_BYTES) : wrapped;
  try {
    return unseal(masterKey, sealed, dataKeyContext(workspaceId));
  } catch (cause) {
    throw new StartupError(
      'the master key does not open the stored credentials',
      'Start with the WAPING_MASTER_KEY (or master.key file) this database was created with.',
      cause,
    );
  }
}

/** Whether a data key says that this master key wraps it. */
export function isWrappedBy(masterKey: Uint8Array, wrapped: Uint8Array): boolean {
  return wrapped[0] === NAMED && masterKeyId(masterKey).equals(wrapped.subarray(1, 1 + ID_BYTES));
}
