import type { Readable } from 'node:stream';

/** A content of a workspace. The same bytes in two workspaces are two blobs: neither learns of the other's. */
export interface BlobKey {
  workspaceId: string;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  sha256: string;
}

/** Bytes of a file, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The blob is not in the store, though its row says so. */
export class BlobMissing extends Error {
  constructor(key: BlobKey, cause?: unknown) {
    super(`blob ${key.workspaceId}/${key.sha256} is not in the store`, cause === undefined ? undefined : { cause });
  }
}

/** Where the bytes of media are. No blob is ever in memory whole. */
export interface BlobStore {
  readonly kind: 'disk' | 's3';
  /**
   * Stores the content of a file on this node's disk, durable once it resolves. The file may be moved away. Storing what
   * is there already is no error.
   */
  put(key: BlobKey, file: { path: string; size: number }): Promise<void>;
  /** Opens a blob, or a part of it, for reading; `forCaller`: by somebody who may be slow. Rejects with BlobMissing. */
  open(key: BlobKey, range?: ByteRange, forCaller?: boolean): Promise<Readable>;
  /** Removes a blob. One that is gone is no error. */
  remove(key: BlobKey): Promise<void>;
  /** Removes everything of a workspace. */
  removeAll(workspaceId: string): Promise<void>;
  /** The blob's own file on this node's disk; null where the store is elsewhere. */
  localPath(key: BlobKey): string | null;
  /** Writes, reads and removes a probe. Throws what went wrong. */
  check(): Promise<void>;
}
