import { timingSafeEqual } from 'node:crypto';
import { StartupError } from '../errors.ts';
import { keyFile, nextKeyFile, readIfThere } from './key-files.ts';
import { createWrappedDataKey, loadMasterKey, parseMasterKey, unwrapDataKey } from './master-key.ts';

const sameKey = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Where master keys come from. */
export interface KeySource {
  dataDir: string;
  /** WAPING_MASTER_KEY; undefined: `master.key` in the data directory. */
  configured: string | undefined;
  /** WAPING_MASTER_KEY_NEXT; undefined: `master.key.next` beside it. */
  configuredNext: string | undefined;
}

/**
 * The master keys this process knows: the one in use and, while a rotation runs, the next. Either opens a data key; which
 * one wraps new ones, the database says (`rotation.ts`).
 */
export class MasterKeys {
  readonly #source: KeySource;
  #current: Buffer;
  #next: Buffer | null;

  private constructor(source: KeySource, keys: { current: Buffer; next: Buffer | null }) {
    this.#source = source;
    this.#current = keys.current;
    this.#next = keys.next;
  }

  /** Reads the keys, and makes the first on first start. Throws StartupError when one is malformed. */
  static async load(source: KeySource): Promise<MasterKeys> {
    const keys = new MasterKeys(source, {
      current: await loadMasterKey(source.dataDir, source.configured),
      next: null,
    });
    await keys.refresh();
    return keys;
  }

  /** One key, as tests and tools have it. */
  static of(key: Buffer): MasterKeys {
    return new MasterKeys(
      { dataDir: '', configured: key.toString('hex'), configuredNext: undefined },
      { current: key, next: null },
    );
  }

  get source(): KeySource {
    return this.#source;
  }

  get current(): Buffer {
    return this.#current;
  }

  get next(): Buffer | null {
    return this.#next;
  }

  /** Reads the files again: another process may have begun, or ended, a rotation. Keys of the environment stay. */
  async refresh(): Promise<void> {
    const { dataDir, configured } = this.#source;
    // The next key first: it takes the other's place, so that order sees it in one place or the other.
    const next = await readNext(this.#source);
    if (configured === undefined) {
      const text = await readIfThere(keyFile(dataDir));
      if (text !== null) this.#current = parseMasterKey(text);
    }
    this.#next = next && !sameKey(next, this.#current) ? next : null;
  }

  /** The rotation is over: the next key is the one in use. */
  promote(): void {
    if (this.#next === null) return;
    this.#current = this.#next;
    this.#next = null;
  }

  /** Opens a data key with whichever master key wraps it. Throws StartupError when none does. */
  unwrap(workspaceId: string, wrapped: Uint8Array): Buffer {
    if (this.#next === null) return unwrapDataKey(this.#current, workspaceId, wrapped);
    try {
      return unwrapDataKey(this.#next, workspaceId, wrapped);
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      return unwrapDataKey(this.#current, workspaceId, wrapped);
    }
  }

  /** Makes a workspace's data key, wrapped by the key in use. */
  newDataKey(workspaceId: string): Buffer {
    return createWrappedDataKey(this.#current, workspaceId);
  }
}

async function readNext({ dataDir, configured, configuredNext }: KeySource): Promise<Buffer | null> {
  if (configuredNext !== undefined) return parseMasterKey(configuredNext, 'WAPING_MASTER_KEY_NEXT');
  // A key in a file takes the place of a key in a file: beside one of the environment it would be nobody's.
  const text = configured === undefined ? await readIfThere(nextKeyFile(dataDir)) : null;
  return text === null ? null : parseMasterKey(text, nextKeyFile(dataDir));
}
