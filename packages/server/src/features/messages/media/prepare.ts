import type { MediaKind } from '../../../engine/port.ts';
import type { OperationContext } from '../../../operations/context.ts';
import { newId } from '../../../platform/ids.ts';
import { type KeptFile, type MediaSource, namedMedia, SEND_LIMITS, withReceived } from '../../media/index.ts';
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

/** What a file is sent as and by which device, and where a request names it: which of its fields are asked. */
interface Place {
  deviceId: string;
  kind: MediaKind;
  at: string;
}

async function takeMedia(ctx: OperationContext, place: Place, mediaId: string): Promise<TakenFile> {
  const { deviceId, kind, at } = place;
  const { row, file } = await namedMedia(ctx, { mediaId, kind, param: `${at}.mediaId` });
  // Media of another device goes with that device, and may be deleted by who does not see this message: it needs its own.
  const isShared = row.device_id === null || row.device_id === deviceId;
  return { file, source: row.source, mediaId: isShared ? mediaId : null };
}

function takeBytes(ctx: OperationContext, { kind, at }: Place, input: MediaInput): Promise<TakenFile> {
  const source = input.url === undefined ? 'base64' : 'url';
  const { maxBytes } = SEND_LIMITS[kind];
  return withReceived(ctx, input, { field: `${at}.${source}`, maxBytes }, async (draft) => {
    const file = await ctx.live.media.keep(ctx.workspace.id, draft, kind);
    return { file, source, mediaId: null };
  });
}

/**
 * Takes the file of a send into the workspace, makes of it what its kind needs, and describes it. Runs before anything
 * is accepted and outside any transaction; what is kept and never named is removed within the hour. Throws what speaks
 * against the file, with the field it is about, below `at`.
 */
export async function prepareMedia(ctx: OperationContext, place: Place, input: MediaInput): Promise<PreparedMedia> {
  const { kind, at } = place;
  const { mediaId } = input;
  const taken = mediaId === undefined ? await takeBytes(ctx, place, input) : await takeMedia(ctx, place, mediaId);
  const { file, source, mediaId: known, facts } = await refine(ctx, { kind, at, taken });
  const stored: StoredMedia = {
    id: known ?? newId('med'),
    status: 'ready',
    size: file.size,
    sha256: file.sha256,
    ...facts,
    ...(kind === 'document' ? { fileName: file.fileName ?? 'document' } : {}),
  };
  return { stored, unrecorded: known === null ? { file, source } : null };
}

/** A prepared file with what one message says of it: many may show the same. */
export function asSaid(prepared: PreparedMedia, kind: MediaKind, input: MediaInput): PreparedMedia {
  const { caption, fileName, viewOnce } = input;
  const stored: StoredMedia = {
    ...prepared.stored,
    ...(kind === 'document' && fileName !== undefined ? { fileName } : {}),
    ...(caption === undefined ? {} : { caption }),
    ...(viewOnce ? { viewOnce: true } : {}),
  };
  return { ...prepared, stored };
}
