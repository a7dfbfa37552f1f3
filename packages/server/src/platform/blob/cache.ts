import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WapingError } from '../errors.ts';
import { diskError, removeFile } from './files.ts';
import { type BlobKey, BlobMissing, type BlobStore } from './port.ts';

/** A copy nobody has used for so long goes, though there is room: its blob may be gone everywhere else. */
const IDLE_MS = 10 * 60_000;

interface Copy {
  path: string;
  size: number;
  /** Who has it in hand: while there are any it stays. */
  users: number;
  usedAt: number;
  /** Its blob is gone: once it is loaded it goes too. */
  forgotten: boolean;
  ready: Promise<void>;
}

/** A file of this node's disk that stays until it is disposed of. */
export interface FileInUse extends Disposable {
  path: string;
}

/** Copies on this node's disk of blobs that are elsewhere, of bounded size together. Empty at every start. */
export class BlobCache {
  readonly #dir: string;
  readonly #store: BlobStore;
  readonly #maxBytes: number;
  /** Least lately used first. */
  readonly #copies = new Map<string, Copy>();
  #bytes = 0;

  private constructor(store: BlobStore, dir: string, maxBytes: number) {
    this.#store = store;
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** `maxBytes` bounds all copies together. No other process may use the directory. */
  static async open(store: BlobStore, dir: string, maxBytes: number): Promise<BlobCache> {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return new BlobCache(store, dir, maxBytes);
  }

  /**
   * A file with the blob's bytes: the store's own where it is on this disk, else a copy. Rejects with BlobMissing, or
   * SERVICE_UNAVAILABLE when there is no room beside what is in use.
   */
  async localFile(key: BlobKey, size: number): Promise<FileInUse> {
    const own = this.#store.localPath(key);
    if (own !== null) return { path: own, [Symbol.dispose]() {} };
    const name = nameOf(key);
    const copy = this.#copies.get(name) ?? this.#begin(key, name, size);
    copy.users += 1;
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      copy.users -= 1;
      copy.usedAt = Date.now();
      // Its place in the line is by its last use; one that was dropped meanwhile has none.
      if (this.#copies.get(name) === copy && this.#copies.delete(name)) this.#copies.set(name, copy);
    };
    try {
      await copy.ready;
    } catch (error) {
      leave();
      throw error;
    }
    return { path: copy.path, [Symbol.dispose]: leave };
  }

  /** Drops a copy: its blob is gone. One that is still being loaded goes as soon as it is there. */
  async forget(key: BlobKey): Promise<void> {
    const copy = this.#copies.get(nameOf(key));
    if (!copy) return;
    copy.forgotten = true;
    this.#copies.delete(nameOf(key));
    await copy.ready.then(
      () => this.#remove(copy),
      () => undefined,
    );
  }

  /** Drops what nobody has used for ten minutes: another node may have removed its blob. */
  async dropIdle(now = Date.now()): Promise<void> {
    for (const [name, copy] of this.#copies)
      if (copy.users === 0 && copy.usedAt <= now - IDLE_MS) await this.#drop(name, copy);
  }

  #begin(key: BlobKey, name: string, size: number): Copy {
    // A path of its own: what was forgotten while it was loaded must not be written over what is loaded anew.
    const file = path.join(this.#dir, `${name}.${randomBytes(6).toString('hex')}`);
    const copy: Copy = { path: file, size, users: 0, usedAt: Date.now(), forgotten: false, ready: Promise.resolve() };
    copy.ready = this.#load(key, copy).catch((error: unknown) => {
      if (this.#copies.get(name) === copy) this.#copies.delete(name);
      throw error;
    });
    this.#copies.set(name, copy);
    return copy;
  }

  async #load(key: BlobKey, copy: Copy): Promise<void> {
    // Counted before it is there, so that many at once do not pass the bound together.
    this.#bytes += copy.size;
    try {
      await this.#makeRoom();
      const source = await this.#store.open(key);
      const handle = await open(copy.path, 'wx', 0o600);
      await pipeline(source, handle.createWriteStream());
      if (copy.forgotten) throw new BlobMissing(key);
    } catch (error) {
      this.#bytes -= copy.size;
      await removeFile(copy.path);
      throw diskError(error);
    }
  }

  async #makeRoom(): Promise<void> {
    for (const [name, copy] of this.#copies) {
      if (this.#bytes <= this.#maxBytes) return;
      if (copy.users === 0) await this.#drop(name, copy);
    }
    if (this.#bytes <= this.#maxBytes) return;
    throw new WapingError('SERVICE_UNAVAILABLE', 'too much media is in use at once', { retryAfter: 60 });
  }

  async #drop(name: string, copy: Copy): Promise<void> {
    if (this.#copies.get(name) !== copy) return;
    this.#copies.delete(name);
    await this.#remove(copy);
  }

  async #remove(copy: Copy): Promise<void> {
    this.#bytes -= copy.size;
    await removeFile(copy.path);
  }
}

const nameOf = ({ workspaceId, sha256 }: BlobKey): string => `${workspaceId}.${sha256}`;
