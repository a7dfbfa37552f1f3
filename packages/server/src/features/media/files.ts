import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobCache } from '../../platform/blob/cache.ts';
import type { Declared, Draft, Drafts } from '../../platform/blob/drafts.ts';
import type { BlobStore, ByteRange } from '../../platform/blob/port.ts';
import { isForeignKeyViolation } from '../../platform/db/db-error.ts';
import type { Db, Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { type MediaId, newId } from '../../platform/ids.ts';
import type { SafeFetch } from '../../platform/safe-fetch/index.ts';
import { forgetBlob, isReserved, nameBlob, reserveBlob, takeUnnamed } from './blob-store.ts';
import { inspect, type KeptFile } from './inspect.ts';
import { MAX_MEDIA_BYTES, type SendKind } from './kinds.ts';
import { MediaLinks } from './links.ts';
import { nameMedia } from './naming-store.ts';
import { openOutside } from './outside.ts';
import { findMedia, insertMedia, type MediaRow, type MediaSource, type NewMedia } from './store.ts';

/** Minutes between a file's arrival in the store and the commit that names it. */
const RESERVED_MINUTES = 60;
/** A removal takes milliseconds; whoever brings the same content meanwhile waits for it. */
const REMOVAL_TRIES = 50;
const REMOVAL_PAUSE_MS = 100;
const SWEEP_PAGE = 100;

/** Media of a workspace on this node's disk. */
export interface LocalFile {
  /** Readable by this process and its children. Never written to, nor moved. */
  path: string;
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

/** A file from outside: a stream, or a path made by `newPath`, which is taken away. */
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
 * The same for a verb whose writes commit in one step and are told no rows. Only for a file that was kept within the
 * hour: while it is reserved nobody removes it.
 */
export async function recordReserved(write: Queryable, media: Omit<NewMediaOf, 'id'> & { id: string }): Promise<void> {
  await nameBlob(write, media.workspaceId, Buffer.from(media.file.sha256, 'hex'));
  await insertMedia(write, rowOf(media, media.id));
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

  /** A path for a file somebody else writes, to be handed to `receive`. It lies on this node's disk, in a private directory. */
  newPath(): string {
    return this.#drafts.newPath();
  }

  /** Takes a file to disk. Whoever gets it disposes it. Throws PAYLOAD_TOO_LARGE beyond `maxBytes` (100 MiB). */
  receive({ from, maxBytes = MAX_MEDIA_BYTES, mimeType, fileName }: Incoming): Promise<Draft> {
    const as = { mimeType, fileName, maxBytes };
    return typeof from === 'string' ? this.#drafts.adopt(from, as) : this.#drafts.receive(from, as);
  }

  /** Fetches a file from outside to disk. Throws VALIDATION_ERROR, PAYLOAD_TOO_LARGE or SERVICE_UNAVAILABLE, naming `url`. */
  async receiveUrl(url: string, maxBytes = MAX_MEDIA_BYTES): Promise<Draft> {
    const { from, ...declared } = await openOutside(this.#fetcher, url, maxBytes);
    return this.#drafts.receive(from, { ...declared, maxBytes });
  }

  /**
   * Looks at a file and puts it into the workspace's store, where it stays for an hour unless `recordMedia` names it.
   * `as`: what it is to be sent as, if that is known. Throws what `inspect` throws.
   */
  async keep(workspaceId: string, draft: Draft, as: SendKind | null): Promise<KeptFile> {
    const file = await inspect(draft, as);
    await this.#reserve(workspaceId, file);
    const key = { workspaceId, sha256: file.sha256 };
    await this.#blobs.put(key, { path: draft.path, size: draft.size });
    if (await isReserved(this.#db, workspaceId, Buffer.from(file.sha256, 'hex'))) return file;
    await this.#blobs.remove(key);
    throw new WapingError('NOT_FOUND', 'no such workspace');
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
    const path = await this.#cache.localFile({ workspaceId, sha256 }, size);
    return { path, size, mimeType: row.mime_type, sha256, fileName: row.file_name };
  }

  /** A kept file on this node's disk, before or after a row names it. Rejects with BlobMissing. */
  localCopy(workspaceId: string, { sha256, size }: Pick<KeptFile, 'sha256' | 'size'>): Promise<string> {
    return this.#cache.localFile({ workspaceId, sha256 }, size);
  }

  /** Opens the bytes of media, or a part of them. Rejects with BlobMissing. */
  open({ workspace_id: workspaceId, sha256 }: MediaRow, range?: ByteRange): Promise<Readable> {
    return this.#blobs.open({ workspaceId, sha256: hexOf(sha256) }, range);
  }

  /** Removes files that nothing names, a page of them. Returns how many there were. */
  async removeUnnamed(workspaceId: string | null = null): Promise<number> {
    const unnamed = await takeUnnamed(this.#db, workspaceId, SWEEP_PAGE);
    for (const blob of unnamed) {
      const key = { workspaceId: blob.workspace_id, sha256: hexOf(blob.sha256) };
      await this.#blobs.remove(key);
      await this.#cache.forget(key);
      await forgetBlob(this.#db, blob.workspace_id, blob.sha256);
    }
    return unnamed.length;
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
