import { stat } from 'node:fs/promises';
import type { Sharp, SharpOptions } from 'sharp';
import { MAX_PICTURE_PIXELS, ToolError, type ToolResult } from './jobs.ts';

/** Pictures of more pixels are measured, but not decoded: they go without a thumbnail. */
const MAX_DECODED_PIXELS = 64 * 1024 * 1024;
const MAX_FRAMES_PIXELS = 4 * MAX_DECODED_PIXELS;
const THUMBNAIL_PIXELS = 96;
const STICKER_PIXELS = 512;
/** Sides of the picture of a profile or a group, as WhatsApp's own apps upload it. */
const PORTRAIT_PIXELS = 640;
const PORTRAIT_QUALITY = 80;
/** What WhatsApp's own apps take as a sticker, standing and moving. */
const STICKER_BYTES = 100 * 1024;
const MOVING_STICKER_BYTES = 500 * 1024;
const QUALITIES = [80, 60, 40, 20];

/** libvips' names of what reads JPEG, PNG and WebP. */
const READERS = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'];

type Open = (path: string, options: SharpOptions) => Sharp;

/** The image library is an optional dependency: there is none for some platforms. */
async function library(): Promise<Open> {
  const { default: sharp } = await import('sharp').catch(() => {
    throw new ToolError('missing', 'this installation has no image library');
  });
  sharp.cache(false);
  sharp.concurrency(1);
  // Whatever a file calls itself, no other reader is let near it: of SVG, PDF and the like there is more to fear.
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: READERS });
  return sharp;
}

const unreadable = (error: unknown) =>
  error instanceof ToolError ? error : new ToolError('unreadable', 'the picture cannot be read');

/** Pixels as a person sees them (a photo may lie on its side), and a small JPEG of what is not too large. Throws ToolError. */
export async function lookAtPicture(path: string): Promise<ToolResult> {
  const open = await library();
  try {
    const options = { limitInputPixels: MAX_PICTURE_PIXELS, failOn: 'error' } as const;
    const { width, height, pages = 1, orientation = 1 } = await open(path, options).metadata();
    const isOnSide = orientation >= 5;
    const found = {
      width: isOnSide ? height : width,
      height: isOnSide ? width : height,
      animated: pages > 1,
    };
    if (width * height > MAX_DECODED_PIXELS) return found;
    const small = await open(path, options)
      .rotate()
      .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 55 })
      .toBuffer();
    return { ...found, thumbnail: small.toString('base64') };
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * Makes any picture that of a profile or a group: its middle, square, never larger than it was, and without what a camera
 * wrote beside the pixels. Throws ToolError.
 */
export async function makePortrait(path: string, to: string): Promise<ToolResult> {
  const open = await library();
  try {
    const options = { limitInputPixels: MAX_PICTURE_PIXELS, failOn: 'error' } as const;
    const { width, height } = await open(path, options).metadata();
    const side = Math.min(PORTRAIT_PIXELS, width, height);
    await open(path, options)
      .rotate()
      .resize(side, side, { fit: 'cover' })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: PORTRAIT_QUALITY })
      .toFile(to);
    return { width: side, height: side, isMade: true };
  } catch (error) {
    throw unreadable(error);
  }
}

/** Makes any picture a sticker. One that is WebP, 512 pixels square and small enough is left alone: no `to` is written. */
export async function makeSticker(path: string, to: string): Promise<ToolResult> {
  const open = await library();
  try {
    const options = { limitInputPixels: MAX_FRAMES_PIXELS, failOn: 'error' } as const;
    const { format, width, height, pages = 1 } = await open(path, options).metadata();
    const animated = pages > 1;
    const size = { width: STICKER_PIXELS, height: STICKER_PIXELS, animated };
    const maxBytes = animated ? MOVING_STICKER_BYTES : STICKER_BYTES;
    const isSquare = width === STICKER_PIXELS && height === STICKER_PIXELS;
    if (format === 'webp' && isSquare && (await stat(path)).size <= maxBytes) return { ...size, isMade: false };
    for (const quality of QUALITIES) {
      const made = await open(path, { ...options, animated })
        .rotate()
        .resize(STICKER_PIXELS, STICKER_PIXELS, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
        .webp({ quality })
        .toFile(to);
      if (made.size <= maxBytes) return { ...size, isMade: true };
    }
    throw new ToolError('unreadable', 'the picture cannot be made small enough for a sticker');
  } catch (error) {
    throw unreadable(error);
  }
}
