import { type FileHandle, open } from 'node:fs/promises';
import type { Draft } from '../../platform/blob/drafts.ts';
import { WapingError } from '../../platform/errors.ts';
import { safeFileName } from './file-name.ts';
import { type ImageSize, measureImage } from './image-size.ts';
import { assertFits, kindOf, type MediaKind, type Purpose } from './kinds.ts';
import { mediaTypeOf, parseMediaType } from './media-type.ts';
import { HEAD_BYTES, type Sniffed, sniff } from './sniff.ts';

/** A file that was looked at: what a row of media says of it. */
export interface KeptFile {
  /** Hex. */
  sha256: string;
  /** Bytes. */
  size: number;
  mimeType: string;
  kind: MediaKind;
  fileName: string | null;
  /** Pixels, of an image that was measured. */
  width: number | null;
  height: number | null;
}

/** What the work gives; null where it throws that the file is not as it should be. */
async function orNull<T>(work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WapingError) return null;
    throw error;
  }
}

const fittingType = (found: Sniffed, declared: string | null): string => mediaTypeOf(found, parseMediaType(declared));

/** The same of a file that came in a message: who has it cannot have another, so what does not fit is left out. */
async function asReceived(file: FileHandle, found: Sniffed, declared: string | null) {
  const mimeType = (await orNull(() => fittingType(found, declared))) ?? mediaTypeOf(found, null);
  return { mimeType, pixels: await orNull(() => measureImage(file, mimeType)) };
}

async function asGiven(
  file: FileHandle,
  found: Sniffed,
  { mimeType: declared, size }: Draft,
  as: Exclude<Purpose, 'received'>,
): Promise<{ mimeType: string; pixels: ImageSize | null }> {
  const mimeType = fittingType(found, declared);
  if (as !== null) assertFits({ mimeType, size }, as);
  return { mimeType, pixels: await measureImage(file, mimeType) };
}

/**
 * Looks at a file: its type by its bytes, its size in pixels by its header, whether it can be sent as what it is kept
 * for. Throws VALIDATION_ERROR, UNSUPPORTED_MEDIA_TYPE or PAYLOAD_TOO_LARGE; for a received file only where it is empty.
 * Reads a few kilobytes, however long it is.
 */
export async function inspect(draft: Draft, as: Purpose): Promise<KeptFile> {
  if (draft.size === 0) throw new WapingError('VALIDATION_ERROR', 'file: is empty', { param: 'file' });
  const file = await open(draft.path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    const found = sniff(head.subarray(0, bytesRead));
    const { mimeType, pixels } = await (as === 'received'
      ? asReceived(file, found, draft.mimeType)
      : asGiven(file, found, draft, as));
    return {
      sha256: draft.sha256,
      size: draft.size,
      mimeType,
      kind: kindOf(mimeType),
      fileName: safeFileName(draft.fileName),
      width: pixels?.width ?? null,
      height: pixels?.height ?? null,
    };
  } finally {
    await file.close();
  }
}
