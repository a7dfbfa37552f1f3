import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WapingError } from '../errors.ts';
import { diskError, removeFile } from './files.ts';
import type { BlobKey, BlobStore } from './port.ts';

/** A file that was asked for lately stays: whoever asked may not have opened it yet. */
const KEEP_MS = 10 * 60_000;

interface Copy {
  path: string;
  size: number;
  usedAt: number;
}

/** Copies on this node's disk of blobs that are elsewhere, of bounded size together. Empty at every start. */
export class BlobCache {
  readonly #dir: string;
  readonly #store: BlobStore;
  readonly #maxBytes: number;
  /** Least lately used first. */
  readonly #copies = new Map<string, Copy>();
  readonly #loading = new Map<string, Promise<string>>();
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
   * A file with the blob's bytes: the store's own where it is on this disk, else a copy, which stays for ten minutes at
   * the least. Rejects with BlobMissing, or SERVICE_UNAVAILABLE when there is no room.
   */
  async localFile(key: BlobKey, size: number): Promise<string> {
    const own = this.#store.localPath(key);
    if (own !== null) return own;
    const name = `${key.workspaceId}.${key.sha256}`;
    const known = this.#copies.get(name);
    if (known) {
      this.#touch(name, known);
      return known.path;
    }
    const running = this.#loading.get(name);
    if (running) return running;
    const load = this.#load(key, name, size).finally(() => this.#loading.delete(name));
    this.#loading.set(name, load);
    return load;
  }

  /** Drops a copy: its blob is gone. */
  async forget(key: BlobKey): Promise<void> {
    const name = `${key.workspaceId}.${key.sha256}`;
    const copy = this.#copies.get(name);
    if (copy) await this.#drop(name, copy);
  }

  #touch(name: string, copy: Copy): void {
    copy.usedAt = Date.now();
    this.#copies.delete(name);
    this.#copies.set(name, copy);
  }

  async #load(key: BlobKey, name: string, size: number): Promise<string> {
    // Counted before it is there, so that many at once do not pass the bound together.
    this.#bytes += size;
    const file = path.join(this.#dir, name);
    try {
      await this.#makeRoom();
      const source = await this.#store.open(key);
      const handle = await open(file, 'w', 0o600);
      await pipeline(source, handle.createWriteStream());
    } catch (error) {
      this.#bytes -= size;
      await removeFile(file);
      throw diskError(error);
    }
    this.#copies.set(name, { path: file, size, usedAt: Date.now() });
    return file;
  }

  async #makeRoom(): Promise<void> {
    const before = Date.now() - KEEP_MS;
    for (const [name, copy] of this.#copies) {
      if (this.#bytes <= this.#maxBytes || copy.usedAt > before) break;
      await this.#drop(name, copy);
    }
    if (this.#bytes <= this.#maxBytes) return;
    throw new WapingError('SERVICE_UNAVAILABLE', 'too much media is in use at once', { retryAfter: 60 });
  }

  async #drop(name: string, copy: Copy): Promise<void> {
    if (!this.#copies.delete(name)) return;
    this.#bytes -= copy.size;
    await removeFile(copy.path);
  }
}
