import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobCache, FileInUse } from '../../platform/blob/cache.ts';
import type { Declared, Draft, Drafts } from '../../platform/blob/drafts.ts';
import type { BlobStore, ByteRange } from '../../platform/blob/port.ts';
import { isForeignKeyViolation } from '../../platform/db/db-error.ts';
import type { Db, Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { type MediaId, newId } from '../../platform/ids.ts';
import { Places } from '../../platform/places.ts';
import type { SafeFetch } from '../../platform/safe-fetch/index.ts';
import {
  forgetBlob,
  isReserved,
  nameBlob,
  renewBlob,
  renewRemoval,
  reserveBlob,
  takeUnnamed,
  type UnnamedBlob,
} from './blob-store.ts';
import { inspect, type KeptFile } from './inspect.ts';
import { MAX_MEDIA_BYTES, type Purpose, type SendKind } from './kinds.ts';
import { MediaLinks } from './links.ts';
import { nameMedia } from './naming-store.ts';
import { openOutside } from './outside.ts';
import { findMedia, insertMedia, insertNaming, type MediaRow, type MediaSource, type NewMedia } from './store.ts';

/** Minutes between a file's arrival in the store and the commit that names it. */
const RESERVED_MINUTES = 60;
/** A removal takes milliseconds; whoever brings the same content meanwhile waits for it. */
const REMOVAL_TRIES = 50;
const REMOVAL_PAUSE_MS = 100;
/** Taken at once for removal: each is removed long before another node would take it for left behind. */
const SWEEP_PAGE = 20;
/** Answers from a bucket on their way to callers: each holds a connection to it for as long as its caller reads. */
const READS = { total: 256, each: 64, refusal: 'too much media is being read at once' };
/** Fetches of one process at once: each holds a socket, perhaps for minutes, and a share of the disk. */
const FETCHES = { total: 64, each: 24, refusal: 'too much is being fetched at once' };

/** Media of a workspace on this node's disk, readable by this process and its children until it is disposed of. */
export interface LocalFile extends FileInUse {
  /** Bytes. */
  size: number;
  mimeType: string;
  /** Hex. */
  sha256: string;
  fileName: string | null;
}

/** What is to become of a kept file. */
export interface NewMediaOf {
  workspaceId: string;
  /** The device it belongs to; null: the workspace's. */
  deviceId: string | null;
  file: KeptFile;
  source: MediaSource;
  /** Stays until it is deleted; false: it goes with the last message that shows it. */
  standalone: boolean;
  now: Date;
  /** Known before: for who says it elsewhere first. */
  id?: MediaId;
}

/** A file from outside: a stream, or a path of `atNewPath`, which is taken away. */
export type Incoming = Declared & { from: AsyncIterable<Uint8Array> | string; maxBytes?: number };

/** Writes the row of a kept file, in the caller's transaction. Throws SERVICE_UNAVAILABLE when the file is gone again. */
export async function recordMedia(tx: Queryable, media: NewMediaOf): Promise<MediaId> {
  const { workspaceId, file } = media;
  const sha256 = Buffer.from(file.sha256, 'hex');
  if (!(await nameBlob(tx, workspaceId, sha256))) {
    throw new WapingError('SERVICE_UNAVAILABLE', 'the file was removed meanwhile: send it again', { retryAfter: 1 });
  }
  const id = media.id ?? newId('med');
  await insertMedia(tx, rowOf(media, id));
  return id;
}

/**
 * The same for a verb whose writes commit in one step and are told no rows. Where the file is gone again there is no row,
 * and what names it refuses the commit with a foreign key violation (`canBeNamed` tells).
 */
export async function recordKept(write: Queryable, media: Omit<NewMediaOf, 'id'> & { id: string }): Promise<void> {
  await insertNaming(write, rowOf(media, media.id));
}

/** What a row of media says of its file. */
export function keptFileOf(row: MediaRow): KeptFile {
  return {
    sha256: hexOf(row.sha256),
    size: Number(row.size),
    mimeType: row.mime_type,
    kind: row.kind,
    fileName: row.file_name,
    width: row.width,
    height: row.height,
  };
}

function rowOf({ file, ...media }: Omit<NewMediaOf, 'id'>, id: string): NewMedia {
  return {
    id,
    workspace_id: media.workspaceId,
    device_id: media.deviceId,
    sha256: Buffer.from(file.sha256, 'hex'),
    size: file.size,
    mime_type: file.mimeType,
    kind: file.kind,
    file_name: file.fileName,
    width: file.width,
    height: file.height,
    source: media.source,
    standalone: media.standalone,
    created_at: media.now,
  };
}

const hexOf = (sha256: Uint8Array): string => Buffer.from(sha256).toString('hex');

/** The bytes of media: how they get into the store, out of it, and away. Never whole in memory. */
export class MediaFiles {
  readonly links: MediaLinks;
  /** Whatever is fetched from outside for a caller has a place here. */
  readonly fetches = new Places(FETCHES);
  readonly #reads = new Places(READS);
  readonly #db: Db;
  readonly #blobs: BlobStore;
  readonly #drafts: Drafts;
  readonly #cache: BlobCache;
  readonly #fetcher: SafeFetch;

  constructor(parts: {
    db: Db;
    blobs: BlobStore;
    drafts: Drafts;
    cache: BlobCache;
    fetcher: SafeFetch;
    /** Of a workspace; rejects where there is none. */
    dataKey: (workspaceId: string) => Promise<Uint8Array>;
  }) {
    this.links = new MediaLinks(parts.dataKey);
    this.#fetcher = parts.fetcher;
    this.#db = parts.db;
    this.#blobs = parts.blobs;
    this.#drafts = parts.drafts;
    this.#cache = parts.cache;
  }

  /**
   * Runs what has somebody else write a file, at a path of its own on this node's disk, and hands it to `receive`. What
   * then still lies there is removed, whatever came of it.
   */
  atNewPath<T>(work: (path: string) => Promise<T>): Promise<T> {
    return this.#drafts.atNewPath(work);
  }

  /** Whether the disk takes more: what can wait then waits. */
  async hasRoom(): Promise<boolean> {
    return !(await this.#drafts.space.isLow());
  }

  /** Takes a file to disk. Whoever gets it disposes it. Throws PAYLOAD_TOO_LARGE beyond `maxBytes` (100 MiB). */
  receive({ from, maxBytes = MAX_MEDIA_BYTES, mimeType, fileName }: Incoming): Promise<Draft> {
    const as = { mimeType, fileName, maxBytes };
    return typeof from === 'string' ? this.#drafts.adopt(from, as) : this.#drafts.receive(from, as);
  }

  /**
   * Fetches a file from outside to disk, in a place of the workspace's, until `signal` ends it. Throws VALIDATION_ERROR,
   * PAYLOAD_TOO_LARGE or SERVICE_UNAVAILABLE, naming `url`.
   */
  receiveUrl(workspaceId: string, url: string, asked: { maxBytes: number; signal: AbortSignal }): Promise<Draft> {
    return this.fetches.run(workspaceId, async () => {
      await this.#drafts.space.check();
      const { from, ...declared } = await openOutside(this.#fetcher, url, asked);
      return this.#drafts.receive(from, { ...declared, maxBytes: asked.maxBytes });
    });
  }

  /**
   * Looks at a file and puts it into the workspace's store, where it stays for an hour unless `recordMedia` names it.
   * `as`: what it is kept for. Throws what `inspect` throws.
   */
  async keep(workspaceId: string, draft: Draft, as: Purpose): Promise<KeptFile> {
    const file = await inspect(draft, as);
    await this.#reserve(workspaceId, file);
    const key = { workspaceId, sha256: file.sha256 };
    await this.#blobs.put(key, { path: draft.path, size: draft.size });
    if (await isReserved(this.#db, workspaceId, Buffer.from(file.sha256, 'hex'))) return file;
    await this.#blobs.remove(key);
    throw new WapingError('NOT_FOUND', 'no such workspace');
  }

  /** Has a kept file stay for another hour, named or not. False where it is gone. */
  holdOn(workspaceId: string, { sha256 }: Pick<KeptFile, 'sha256'>): Promise<boolean> {
    const blob = { workspaceId, sha256: Buffer.from(sha256, 'hex'), minutes: RESERVED_MINUTES };
    return renewBlob(this.#db.within(workspaceId), blob);
  }

  async #reserve(workspaceId: string, { sha256, size }: KeptFile): Promise<void> {
    const blob = { workspaceId, sha256: Buffer.from(sha256, 'hex'), size, minutes: RESERVED_MINUTES };
    for (let i = 0; i < REMOVAL_TRIES; i++) {
      const reserved = await reserveBlob(this.#db.within(workspaceId), blob).catch((error: unknown) => {
        throw isForeignKeyViolation(error) ? new WapingError('NOT_FOUND', 'no such workspace') : error;
      });
      if (reserved) return;
      await sleep(REMOVAL_PAUSE_MS);
    }
    throw new WapingError('SERVICE_UNAVAILABLE', 'the same file is just being removed', { retryAfter: 1 });
  }

  /**
   * Takes a file all the way: into the store, a row of media, and, with `messageId`, the message that shows it, in one
   * transaction of its own. For what arrives without a caller's transaction. Throws what `receive` and `keep` throw.
   */
  async ingest(
    incoming: Incoming,
    media: Omit<NewMediaOf, 'file'> & { as?: SendKind; messageId?: string },
  ): Promise<MediaRow> {
    await using draft = await this.receive(incoming);
    const file = await this.keep(media.workspaceId, draft, media.as ?? null);
    return this.#db.tx(async (tx) => {
      const mediaId = await recordMedia(tx, { ...media, file });
      const { workspaceId, deviceId, messageId } = media;
      if (messageId !== undefined && deviceId !== null)
        await nameMedia(tx, [{ workspaceId, deviceId, messageId, mediaId }]);
      const row = await findMedia(tx, workspaceId, mediaId);
      if (!row) throw new Error('media is gone in the transaction that made it');
      return row;
    });
  }

  /** Media as a file on this node's disk. Throws NOT_FOUND where there is no such media, or its file is lost. */
  async localFile(workspaceId: string, mediaId: string): Promise<LocalFile> {
    const row = await findMedia(this.#db, workspaceId, mediaId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such media', { param: 'mediaId' });
    const sha256 = hexOf(row.sha256);
    const size = Number(row.size);
    const file = await this.#cache.localFile({ workspaceId, sha256 }, size);
    return { ...file, size, mimeType: row.mime_type, sha256, fileName: row.file_name };
  }

  /** A kept file on this node's disk, before or after a row names it; never written to, nor moved. Rejects with BlobMissing. */
  localCopy(workspaceId: string, { sha256, size }: Pick<KeptFile, 'sha256' | 'size'>): Promise<FileInUse> {
    return this.#cache.localFile({ workspaceId, sha256 }, size);
  }

  /**
   * Opens the bytes of media, or a part of them, for a caller. Rejects with BlobMissing, or with SERVICE_UNAVAILABLE where
   * the workspace reads from the bucket all it may at once.
   */
  async open({ workspace_id: workspaceId, sha256 }: MediaRow, range?: ByteRange): Promise<Readable> {
    const key = { workspaceId, sha256: hexOf(sha256) };
    if (this.#blobs.kind === 'disk') return this.#blobs.open(key, range);
    const leave = this.#reads.take(workspaceId);
    try {
      return (await this.#blobs.open(key, range, true)).once('close', leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Removes files that nothing names, a page of them. Returns how many there were. Rejects, at its end, when some stayed. */
  async removeUnnamed(workspaceId: string | null = null): Promise<number> {
    const unnamed = await takeUnnamed(this.#db, workspaceId, SWEEP_PAGE);
    const failures: unknown[] = [];
    for (const blob of unnamed) await this.#removeTaken(blob).catch((error: unknown) => failures.push(error));
    if (failures.length === 0) return unnamed.length;
    throw new Error(`${failures.length} of ${unnamed.length} files were not removed`, { cause: failures[0] });
  }

  async #removeTaken(blob: UnnamedBlob): Promise<void> {
    const renewed = await renewRemoval(this.#db, blob);
    // Another node has taken it over meanwhile: the same content may be stored anew by now.
    if (!renewed) return;
    const key = { workspaceId: blob.workspace_id, sha256: hexOf(blob.sha256) };
    await this.#blobs.remove(key);
    await this.#cache.forget(key);
    await forgetBlob(this.#db, renewed);
  }

  /** Removes from this node's disk copies that nobody uses, whose file another node may have removed, and what was left behind. */
  async tidy(): Promise<void> {
    await this.#cache.dropIdle();
    await this.#drafts.dropStale();
  }

  /** Removes every file of a workspace whose rows are gone. */
  removeAll(workspaceId: string): Promise<void> {
    return this.#blobs.removeAll(workspaceId);
  }

  /** Proves that the store can be written and read. Throws what went wrong. */
  check(): Promise<void> {
    return this.#blobs.check();
  }
}
