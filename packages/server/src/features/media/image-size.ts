import type { FileHandle } from 'node:fs/promises';
import { WapingError } from '../../platform/errors.ts';
import { MAX_PICTURE_PIXELS } from '../../platform/media-tools/jobs.ts';

const MAX_SIDE = 30_000;
/** Segments before the one with the size: an image of a camera has about ten. */
const MAX_SEGMENTS = 500;

export interface ImageSize {
  /** Pixels. */
  width: number;
  height: number;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The size stands in the frame header, behind segments of any length: they are stepped over, not read (ITU-T T.81, B.1). */
async function jpegSize(file: FileHandle): Promise<ImageSize | null> {
  let position = 2;
  for (let i = 0; i < MAX_SEGMENTS; i++) {
    const head = await bytesAt(file, position, 9);
    if (head.length < 9 || head[0] !== 0xff) return null;
    const marker = head[1] ?? 0;
    if (marker === 0xff) {
      position += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: head.readUInt16BE(5), width: head.readUInt16BE(7) };
    // Image data, or the end, before any frame header.
    if (marker === 0xda || marker === 0xd9) return null;
    position += 2 + head.readUInt16BE(2);
  }
  return null;
}

/** RFC 9649: lossy, lossless and extended files each say it in their own way. */
function webpSize(head: Buffer): ImageSize | null {
  const form = head.toString('latin1', 12, 16);
  if (form === 'VP8 ') return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  if (form === 'VP8L') {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (form === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  return null;
}

async function sizeOf(file: FileHandle, mimeType: string): Promise<ImageSize | null> {
  if (mimeType === 'image/jpeg') return jpegSize(file);
  const head = await bytesAt(file, 0, 30);
  if (mimeType === 'image/png' && head.length >= 24)
    return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
  if (mimeType === 'image/gif' && head.length >= 10)
    return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
  return mimeType === 'image/webp' && head.length >= 30 ? webpSize(head) : null;
}

const MEASURED = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/**
 * How large an image says it is, read from its header alone; nothing is decoded. Null for what is no image we measure.
 * Throws VALIDATION_ERROR where the header is broken, or claims more than may ever be decoded.
 */
export async function measureImage(file: FileHandle, mimeType: string): Promise<ImageSize | null> {
  if (!MEASURED.includes(mimeType)) return null;
  const size = await sizeOf(file, mimeType);
  if (size === null || size.width === 0 || size.height === 0) {
    throw new WapingError('VALIDATION_ERROR', `file: is not a whole ${mimeType}: its header has no size`, {
      param: 'file',
    });
  }
  const { width, height } = size;
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PICTURE_PIXELS) {
    const most = `${MAX_PICTURE_PIXELS / 1_000_000} megapixels, or ${MAX_SIDE} pixels a side`;
    throw new WapingError('VALIDATION_ERROR', `file: an image of ${width} × ${height} pixels is larger than ${most}`, {
      param: 'file',
    });
  }
  return size;
}
