import { open } from 'node:fs/promises';
import type { Draft } from '../../platform/blob/drafts.ts';
import { WapingError } from '../../platform/errors.ts';
import { safeFileName } from './file-name.ts';
import { measureImage } from './image-size.ts';
import { assertFits, kindOf, type MediaKind, type SendKind } from './kinds.ts';
import { mediaTypeOf, parseMediaType } from './media-type.ts';
import { HEAD_BYTES, sniff } from './sniff.ts';

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

/**
 * Looks at a file: its type by its bytes, its size in pixels by its header, whether it can be sent `as` what it is for.
 * Throws VALIDATION_ERROR, UNSUPPORTED_MEDIA_TYPE or PAYLOAD_TOO_LARGE. Reads a few kilobytes, however long it is.
 */
export async function inspect(draft: Draft, as: SendKind | null): Promise<KeptFile> {
  if (draft.size === 0) throw new WapingError('VALIDATION_ERROR', 'file: is empty', { param: 'file' });
  const declared = parseMediaType(draft.mimeType);
  const file = await open(draft.path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    const mimeType = mediaTypeOf(sniff(head.subarray(0, bytesRead)), declared);
    if (as !== null) assertFits({ mimeType, size: draft.size }, as);
    const pixels = await measureImage(file, mimeType);
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
