import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import { canBeNamed, findMedia, nameMedia, recordKept } from '../../media/index.ts';
import type { StoredPreview } from '../content-table.ts';
import { isMediaKind, type MediaInput, type StoredMedia } from '../media-content.ts';
import type { SendInput } from '../send.ts';
import { asSaid, type PreparedMedia, prepareMedia } from './prepare.ts';
import { findPreview } from './preview.ts';

/** What was had of other servers and of files before a message is accepted. */
export interface Prepared {
  /** What is sent, where a template was filled in for it. */
  filled?: SendInput;
  media?: PreparedMedia;
  preview?: StoredPreview;
}

interface Sendable {
  deviceId: string;
  type: string;
  text?: { body: string; linkPreview?: boolean | undefined } | undefined;
  /** Where the file stands in the request, where that is not under the name of its type. */
  fileAt?: string | undefined;
}

/** Whether a send needs anything to be got for it: most do not. */
export function needsPreparation({ type, text }: Pick<Sendable, 'type' | 'text'>): boolean {
  return isMediaKind(type) || text?.linkPreview === true;
}

/** Whether anything is to be done before a send is accepted; what a template becomes may need a file. */
export const mayNeedPreparation = (input: Sendable): boolean => input.type === 'template' || needsPreparation(input);

/** Gets what a send needs that any other of the same file shares: the file, or the preview of a link. Throws what speaks against the file. */
export async function prepareShared(
  ctx: OperationContext,
  input: Sendable & Record<string, unknown>,
): Promise<Prepared> {
  const { type, text, deviceId, fileAt: at = type } = input;
  if (isMediaKind(type)) return { media: await prepareMedia(ctx, { deviceId, kind: type, at }, mediaOf(input[type])) };
  const preview = text?.linkPreview ? await findPreview(ctx, text.body) : null;
  return preview ? { preview } : {};
}

/** What was got for a file, with what this send says of it. */
export function preparedFor(input: Sendable & Record<string, unknown>, { media, ...others }: Prepared): Prepared {
  const { type } = input;
  return isMediaKind(type) && media ? { ...others, media: asSaid(media, type, mediaOf(input[type])) } : others;
}

/** Gets what one send needs. Throws what speaks against its file. */
export async function prepareSend(ctx: OperationContext, input: Sendable & Record<string, unknown>): Promise<Prepared> {
  return preparedFor(input, await prepareShared(ctx, input));
}

/** Guarantee: the body's schema demands the content of the type it names. */
const mediaOf = (content: unknown): MediaInput => content as MediaInput;

/** The content of a send with what was prepared for it. */
export function withPrepared<T extends Sendable & { media?: StoredMedia | undefined }>(
  input: T,
  prepared: Prepared | undefined,
): T {
  const media = prepared?.media?.stored ?? input.media;
  const { text } = input;
  const preview = prepared?.preview;
  return { ...input, ...(media ? { media } : {}), ...(text && preview ? { text: { ...text, preview } } : {}) };
}

/** A message that shows a file. */
export interface Showing {
  deviceId: string;
  messageId: string;
  media: StoredMedia;
  prepared: PreparedMedia | undefined;
}

/** Writes that messages show their files, and the rows of files that have none yet; after the messages themselves. */
export async function recordShown(ctx: OperationContext, showing: readonly Showing[]): Promise<void> {
  if (showing.length === 0) return;
  const workspaceId = ctx.workspace.id;
  const recorded = new Set<string>();
  for (const { deviceId, media, prepared } of showing) {
    if (!prepared?.unrecorded || recorded.has(media.id)) continue;
    recorded.add(media.id);
    const { file, source } = prepared.unrecorded;
    const row = { id: media.id, workspaceId, deviceId, file, source, standalone: false, now: ctx.now };
    await recordKept(ctx.write, row);
  }
  const names = showing.map(({ deviceId, messageId, media }) => ({
    workspaceId,
    deviceId,
    messageId,
    mediaId: media.id,
  }));
  await nameMedia(ctx.write, names);
}

/** Throws NOT_FOUND where media that was there is deleted since, SERVICE_UNAVAILABLE where a file that was kept is. */
export async function checkStillThere(ctx: OperationContext, { stored, unrecorded }: PreparedMedia): Promise<void> {
  if (unrecorded) {
    if (await canBeNamed(ctx.tx, ctx.workspace.id, Buffer.from(unrecorded.file.sha256, 'hex'))) return;
    throw new WapingError('SERVICE_UNAVAILABLE', 'the file was removed meanwhile: send it again', { retryAfter: 1 });
  }
  if (await findMedia(ctx.tx, ctx.workspace.id, stored.id)) return;
  throw new WapingError('NOT_FOUND', 'no such media', { param: 'mediaId' });
}
