import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { diskError, isMissing, makeDirectory, removeFile, syncDirectory } from './files.ts';
import { type BlobKey, BlobMissing, type BlobStore, type ByteRange } from './port.ts';

const SHAPE = /^[0-9a-f]{64}$/;
const WORKSPACE = /^[a-z]+_[0-9a-z]+$/;

/** Blobs as files named for their content, below one directory. Only their owner can read them. */
export class DiskBlobs implements BlobStore {
  readonly kind = 'disk';
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** `dir` is made where it is not there. Throws when it cannot be written. */
  static async open(dir: string): Promise<DiskBlobs> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    for (let at = path.dirname(dir), i = 0; i < 2; i++, at = path.dirname(at)) await syncDirectory(at);
    return new DiskBlobs(dir);
  }

  localPath(key: BlobKey): string {
    // A name that is not ours never becomes a path.
    if (!SHAPE.test(key.sha256)) throw new Error('not a content hash');
    return path.join(this.#workspace(key.workspaceId), key.sha256.slice(0, 2), key.sha256);
  }

  #workspace(workspaceId: string): string {
    if (!WORKSPACE.test(workspaceId)) throw new Error('not a workspace id');
    return path.join(this.#dir, workspaceId);
  }

  async put(key: BlobKey, file: { path: string; size: number }): Promise<void> {
    const place = this.localPath(key);
    try {
      const there = await stat(place).catch(() => null);
      if (there?.size === file.size) return;
      await makeDirectory(this.#dir, path.dirname(place));
      // The draft was flushed when it was written: after this the file is there whole, or not at all.
      await rename(file.path, place);
      await syncDirectory(path.dirname(place));
    } catch (error) {
      throw diskError(error);
    }
  }

  async open(key: BlobKey, range?: ByteRange): Promise<Readable> {
    let handle: FileHandle;
    try {
      handle = await open(this.localPath(key), 'r');
    } catch (error) {
      throw isMissing(error) ? new BlobMissing(key, error) : error;
    }
    // The stream closes the file, however it ends.
    return handle.createReadStream(range ? { start: range.start, end: range.end } : {});
  }

  async remove(key: BlobKey): Promise<void> {
    await removeFile(this.localPath(key));
  }

  async removeAll(workspaceId: string): Promise<void> {
    await rm(this.#workspace(workspaceId), { recursive: true, force: true });
  }

  async check(): Promise<void> {
    const probe = path.join(this.#dir, `probe.${randomBytes(6).toString('hex')}`);
    await writeFile(probe, 'probe', { mode: 0o600 });
    await readFile(probe);
    await removeFile(probe);
  }
}
