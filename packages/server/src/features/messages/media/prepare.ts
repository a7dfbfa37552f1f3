import type { MediaKind } from '../../../engine/port.ts';
import type { OperationContext } from '../../../operations/context.ts';
import type { Draft } from '../../../platform/blob/drafts.ts';
import { WapingError } from '../../../platform/errors.ts';
import { newId } from '../../../platform/ids.ts';
import { assertFits, findMedia, type KeptFile, type MediaSource, SEND_LIMITS } from '../../media/index.ts';
import type { MediaInput, StoredMedia } from '../media-content.ts';
import { refine } from './refine.ts';

/** A file ready to be sent: what the message keeps of it, and the row of media it still needs. */
export interface PreparedMedia {
  stored: StoredMedia;
  /** Null where the media is there already. */
  unrecorded: { file: KeptFile; source: MediaSource } | null;
}

/** A file of this workspace, before anything was made of it. */
export interface TakenFile {
  file: KeptFile;
  source: MediaSource;
  /** Set where it is media already. */
  mediaId: string | null;
}

async function takeMedia(ctx: OperationContext, kind: MediaKind, mediaId: string): Promise<TakenFile> {
  const param = `${kind}.mediaId`;
  const row = await findMedia(ctx.tx, ctx.workspace.id, mediaId);
  if (!row) throw new WapingError('NOT_FOUND', 'no such media', { param });
  const file: KeptFile = {
    sha256: Buffer.from(row.sha256).toString('hex'),
    size: Number(row.size),
    mimeType: row.mime_type,
    kind: row.kind,
    fileName: row.file_name,
    width: row.width,
    height: row.height,
  };
  assertFits(file, kind, param);
  return { file, source: row.source, mediaId };
}

/** Says of which field of the request an error about a file is. */
function aboutField(error: unknown, field: string): unknown {
  if (!(error instanceof WapingError)) return error;
  const message = error.message.replace(/^(file|url): /, '');
  const { retryAfter } = error;
  return new WapingError(error.code, `${field}: ${message}`, {
    param: field,
    cause: error,
    details: [{ param: field, message }],
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

async function receive(ctx: OperationContext, input: MediaInput, maxBytes: number): Promise<Draft> {
  const { media } = ctx.live;
  const { url, base64 = '', mimeType = null, fileName = null } = input;
  if (url !== undefined) return media.receiveUrl(url, maxBytes);
  return media.receive({ from: once(Buffer.from(base64, 'base64')), mimeType, fileName, maxBytes });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function takeBytes(ctx: OperationContext, kind: MediaKind, input: MediaInput): Promise<TakenFile> {
  const source = input.url === undefined ? 'base64' : 'url';
  try {
    await using draft = await receive(ctx, input, SEND_LIMITS[kind].maxBytes);
    const file = await ctx.live.media.keep(ctx.workspace.id, draft, kind);
    return { file, source, mediaId: null };
  } catch (error) {
    throw aboutField(error, `${kind}.${source}`);
  }
}

/**
 * Takes the file of a send into the workspace, makes of it what its kind needs, and describes it. Runs before anything
 * is accepted and outside any transaction; what is kept and never named is removed within the hour. Throws what speaks
 * against the file, with the field it is about.
 */
export async function prepareMedia(ctx: OperationContext, kind: MediaKind, input: MediaInput): Promise<PreparedMedia> {
  const { mediaId } = input;
  const taken = mediaId === undefined ? await takeBytes(ctx, kind, input) : await takeMedia(ctx, kind, mediaId);
  const { file, source, mediaId: known, facts } = await refine(ctx, kind, taken);
  const fileName = kind === 'document' ? (input.fileName ?? file.fileName ?? 'document') : undefined;
  const stored: StoredMedia = {
    id: known ?? newId('med'),
    status: 'ready',
    size: file.size,
    sha256: file.sha256,
    ...facts,
    ...(fileName === undefined ? {} : { fileName }),
    ...(input.caption === undefined ? {} : { caption: input.caption }),
    ...(input.viewOnce ? { viewOnce: true } : {}),
  };
  return { stored, unrecorded: known === null ? { file, source } : null };
}
