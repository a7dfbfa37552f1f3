import { EngineAskError } from '../engine/asks.ts';
import {
  type Engine,
  EngineSendError,
  type MediaFile,
  type MediaKind,
  type MessageContent,
  type OutboundBody,
} from '../engine/port.ts';
import type { MediaFiles } from '../features/media/index.ts';
import { BlobMissing } from '../platform/blob/port.ts';
import type { Db, Queryable } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import { NoPlace, WorkLine } from '../platform/work-line.ts';
import { findUpload, saveUpload, type UploadKey } from './media-store.ts';
import type { StoredBody } from './outbound-body.ts';

/** WhatsApp keeps a file about a month for whoever has still to download it; an upload this old is not used again. */
const FRESH_DAYS = 3;
/** Recipients ask for a message again within days. */
export const UPLOADS_KEPT_DAYS = 30;
/**
 * Files of one device on their way at once. An upload takes one of the questions a device may have open for as long as its
 * line is slow: without a bound, files would leave none for number checks, read marks and the like.
 */
const LINE = { atOnce: Number.POSITIVE_INFINITY, atOnceEach: 4, waiting: 20_000, waitingEach: 1_000 };

type MediaContent = Extract<MessageContent, { type: MediaKind }>;

interface Sending {
  workspaceId: string;
  deviceId: string;
}

export function isMedia(content: OutboundBody['content']): content is MediaContent {
  return 'media' in content;
}

function keyOf({ workspaceId, deviceId }: Sending, { type: kind, media }: MediaContent): UploadKey | null {
  const { sha256 } = media;
  return sha256 === undefined ? null : { workspaceId, deviceId, kind, sha256: Buffer.from(sha256, 'hex') };
}

function withSealed(body: OutboundBody, content: MediaContent, sealed: Uint8Array): OutboundBody {
  const media: MediaFile = { ...content.media, sealed };
  // Guarantee: the content of before, of the same kind, with one field more in its file.
  return { ...body, content: { ...content, media } as MediaContent };
}

/** A body as it was sent, for a recipient that asks for it again; null where it is a file whose upload is forgotten. */
export async function asSent(db: Queryable, of: Sending, body: OutboundBody): Promise<OutboundBody | null> {
  const { content } = body;
  if (!isMedia(content)) return body;
  const key = keyOf(of, content);
  const sealed = key && (await findUpload(db, key, UPLOADS_KEPT_DAYS));
  return sealed ? withSealed(body, content, sealed) : null;
}

const gone = () => new EngineSendError('refused', 'the file of the message is gone', false);

/** Has the files of messages uploaded before the messages go, each once for as long as WhatsApp keeps it. */
export class Uploads {
  readonly #db: Db;
  readonly #engine: Engine;
  readonly #files: MediaFiles;
  /** By what is uploaded: two messages that show one file wait for one upload. */
  readonly #running = new Map<string, Promise<Uint8Array>>();
  readonly #line = new WorkLine(LINE);

  constructor({ db, engine, files }: { db: Db; engine: Engine; files: MediaFiles }) {
    this.#db = db;
    this.#engine = engine;
    this.#files = files;
  }

  /**
   * The body with the place of its file. Rejects with EngineSendError: to be tried again where the media host or this
   * node's disk is in the way, for good where the file is gone.
   */
  async withFile(of: Sending, { body, mediaId }: StoredBody): Promise<OutboundBody> {
    const { content } = body;
    if (!isMedia(content)) return body;
    const key = keyOf(of, content);
    if (!key || mediaId === null) throw gone();
    const name = `${of.deviceId}/${content.type}/${content.media.sha256}`;
    const running = this.#running.get(name) ?? this.#uploaded(key, mediaId, content.type);
    this.#running.set(name, running);
    try {
      return withSealed(body, content, await running);
    } finally {
      if (this.#running.get(name) === running) this.#running.delete(name);
    }
  }

  async #uploaded(key: UploadKey, mediaId: string, kind: MediaKind): Promise<Uint8Array> {
    const known = await findUpload(this.#db, key, FRESH_DAYS);
    if (known) return known;
    try {
      const { sealed } = await this.#line.run(key.deviceId, async () => {
        using file = await this.#files.localFile(key.workspaceId, mediaId);
        return await this.#engine.ask(key.deviceId, 'uploadMedia', { kind, path: file.path });
      });
      await saveUpload(this.#db, { ...key, sealed });
      return sealed;
    } catch (error) {
      throw sendError(error);
    }
  }
}

function sendError(error: unknown): unknown {
  if (error instanceof EngineAskError)
    return error.reason === 'not_open'
      ? new EngineSendError('not_open', error.message, true)
      : new EngineSendError('upload_failed', error.message, true);
  if (error instanceof BlobMissing || (error instanceof WapingError && error.code === 'NOT_FOUND')) return gone();
  if (error instanceof WapingError || error instanceof NoPlace)
    return new EngineSendError('upload_failed', error.message, true);
  return error;
}
