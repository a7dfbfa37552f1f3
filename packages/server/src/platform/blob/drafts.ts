import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { WapingError } from '../errors.ts';
import { diskError, removeFile } from './files.ts';
import { FreeSpace } from './free-space.ts';

/** What its sender says of a file, unchecked. */
export interface Declared {
  /** Media type; null where none was given. */
  mimeType: string | null;
  fileName: string | null;
}

/**
 * A file that arrived and is not kept yet: whole, flushed, with its hash. Disposing it removes what was not moved away.
 * Its fields are what makes two uploads one request (`fingerprint`); where it lies is not among them.
 */
export class Draft implements AsyncDisposable {
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly mimeType: string | null;
  readonly fileName: string | null;
  readonly #path: string;

  constructor(file: Declared & { path: string; sha256: string; size: number }) {
    this.#path = file.path;
    this.sha256 = file.sha256;
    this.size = file.size;
    this.mimeType = file.mimeType;
    this.fileName = file.fileName;
  }

  get path(): string {
    return this.#path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeFile(this.#path);
  }
}

const STALE_MS = 2 * 3600_000;

/** Files on their way in, each in a file of its own that only we can read. */
export class Drafts {
  readonly #dir: string;
  /** Of the disk they lie on. */
  readonly space: FreeSpace;

  private constructor(dir: string, floorBytes: number) {
    this.#dir = dir;
    this.space = new FreeSpace(dir, floorBytes);
  }

  /**
   * Makes the directory, empty: what an earlier life left there was never kept. No other process may use it. Nothing is
   * taken while less than `floorBytes` is free.
   */
  static async open(dir: string, floorBytes = 0): Promise<Drafts> {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return new Drafts(dir, floorBytes);
  }

  /**
   * Runs what has somebody else write a file: below our directory, so that it can be moved into the store. What is left
   * of it afterwards is removed.
   */
  async atNewPath<T>(work: (path: string) => Promise<T>): Promise<T> {
    const file = this.#newPath();
    try {
      return await work(file);
    } finally {
      await removeFile(file);
    }
  }

  /** Removes what nobody has written to for two hours: no draft lives so long, so whoever was to take it is gone. */
  async dropStale(now = Date.now()): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      const file = path.join(this.#dir, name);
      const found = await stat(file).catch(() => null);
      if (found && found.mtimeMs < now - STALE_MS) await removeFile(file);
    }
  }

  #newPath(): string {
    return path.join(this.#dir, randomBytes(16).toString('hex'));
  }

  /**
   * Writes a stream to disk and hashes it on the way, as fast as the disk takes it. Throws PAYLOAD_TOO_LARGE as soon as
   * it is longer than `maxBytes`, SERVICE_UNAVAILABLE as soon as the disk is almost full; whatever it throws, nothing
   * stays on disk.
   */
  async receive(
    source: AsyncIterable<Uint8Array>,
    { maxBytes, ...declared }: Declared & { maxBytes: number },
  ): Promise<Draft> {
    const file = this.#newPath();
    const hash = createHash('sha256');
    let size = 0;
    try {
      const handle = await open(file, 'wx', 0o600);
      try {
        for await (const chunk of source) {
          size += chunk.length;
          if (size > maxBytes) throw tooLarge(maxBytes);
          await this.space.check();
          hash.update(chunk);
          await handle.appendFile(chunk);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await removeFile(file);
      throw diskError(error);
    }
    return new Draft({ ...declared, path: file, size, sha256: hash.digest('hex') });
  }

  /** Takes a finished file that lies at a path of `atNewPath`: hashes and flushes it. */
  async adopt(file: string, { maxBytes, ...declared }: Declared & { maxBytes: number }): Promise<Draft> {
    const hash = createHash('sha256');
    let size = 0;
    try {
      const handle = await open(file, 'r+');
      try {
        await handle.chmod(0o600);
        for await (const chunk of handle.createReadStream({ autoClose: false })) {
          size += chunk.length;
          if (size > maxBytes) throw tooLarge(maxBytes);
          hash.update(chunk);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await removeFile(file);
      throw diskError(error);
    }
    return new Draft({ ...declared, path: file, size, sha256: hash.digest('hex') });
  }
}

const MIB = 1024 * 1024;

/** What is said of a file longer than it may be. */
export function tooLarge(maxBytes: number): WapingError {
  const most = maxBytes >= MIB ? `${Math.floor(maxBytes / MIB)} MiB` : `${maxBytes} bytes`;
  return new WapingError('PAYLOAD_TOO_LARGE', `the file is larger than ${most}`, { param: 'file' });
}
