/** Bytes from the beginning of a file that are enough to tell what it is. */
export const HEAD_BYTES = 4_100;

/**
 * What the bytes say a file is: a type told by its signature, a container whose content the signature does not tell
 * (`zip` of office documents and archives, `ole` of older ones), text, or nothing known.
 */
export type Sniffed =
  | { is: 'type'; mimeType: string }
  | { is: 'zip' }
  | { is: 'ole' }
  | { is: 'text' }
  | { is: 'unknown' };

const ascii = (head: Buffer, at: number, length: number): string => head.toString('latin1', at, at + length);

const starts = (head: Buffer, ...bytes: number[]): boolean =>
  head.length >= bytes.length && bytes.every((byte, at) => head[at] === byte);

/** Signatures that stand at the very beginning. */
const SIGNATURES: ReadonlyArray<readonly [mimeType: string, bytes: readonly number[]]> = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/bmp', [0x42, 0x4d]],
  ['image/tiff', [0x49, 0x49, 0x2a, 0x00]],
  ['image/tiff', [0x4d, 0x4d, 0x00, 0x2a]],
  ['application/pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['audio/ogg', [0x4f, 0x67, 0x67, 0x53]],
  ['audio/amr', [0x23, 0x21, 0x41, 0x4d, 0x52]],
  ['audio/flac', [0x66, 0x4c, 0x61, 0x43]],
  ['audio/mpeg', [0x49, 0x44, 0x33]],
  ['video/webm', [0x1a, 0x45, 0xdf, 0xa3]],
  ['application/gzip', [0x1f, 0x8b]],
  ['application/x-7z-compressed', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['application/vnd.rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['application/x-elf', [0x7f, 0x45, 0x4c, 0x46]],
  ['application/vnd.microsoft.portable-executable', [0x4d, 0x5a]],
];

/** ISO base media files by their major brand: ISO/IEC 14496-12, and who registered the brand. */
function ofBrand(brand: string): string {
  if (/^(heic|heix|hevc|mif1|msf1)$/.test(brand)) return 'image/heic';
  if (/^avi[fs]$/.test(brand)) return 'image/avif';
  if (brand.startsWith('M4A') || brand.startsWith('M4B')) return 'audio/mp4';
  if (/^3g[0-9a-z]/.test(brand)) return 'video/3gpp';
  return brand.startsWith('qt') ? 'video/quicktime' : 'video/mp4';
}

function ofRiff(form: string): string | null {
  return form === 'WEBP' ? 'image/webp' : form === 'WAVE' ? 'audio/wav' : form === 'AVI ' ? 'video/x-msvideo' : null;
}

/** The first logical stream of an Ogg file tells what it carries: RFC 5334. */
function isOggVideo(head: Buffer): boolean {
  return head.subarray(0, 80).includes('theora');
}

// A frame of MPEG audio: eleven bits set, then a version, layer and rate that exist (ISO/IEC 11172-3); of ADTS, layer 0.
function ofFrame(head: Buffer): string | null {
  const [first = 0, second = 0, third = 0] = head;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return null;
  if ((second & 0xf6) === 0xf0) return 'audio/aac';
  const exists = (second & 0x18) !== 0x08 && (second & 0x06) !== 0 && third >> 4 !== 0xf && (third & 0x0c) !== 0x0c;
  return exists ? 'audio/mpeg' : null;
}

/** Of the control characters, text holds tabs, line and page breaks, and the escape of terminals. */
const IN_TEXT = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b];

function isText(head: Buffer): boolean {
  if (head.length === 0 || head.some((byte) => byte === 0x7f || (byte < 0x20 && !IN_TEXT.includes(byte)))) return false;
  try {
    // More follows: the head may end within a letter.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length === HEAD_BYTES });
    return true;
  } catch {
    return false;
  }
}

function typeOf(head: Buffer): string | null {
  if (ascii(head, 4, 4) === 'ftyp') return ofBrand(ascii(head, 8, 4));
  if (ascii(head, 0, 4) === 'RIFF') return ofRiff(ascii(head, 8, 4));
  const known = SIGNATURES.find(([, bytes]) => starts(head, ...bytes))?.[0] ?? null;
  if (known === 'audio/ogg' && isOggVideo(head)) return 'video/ogg';
  return known ?? ofFrame(head);
}

/** Tells what a file is by its first `HEAD_BYTES` bytes, whatever its sender called it. */
export function sniff(head: Buffer): Sniffed {
  // Two letters alone are no signature: text may begin with them.
  const text = isText(head);
  const mimeType = text && ascii(head, 0, 5) !== '%PDF-' ? null : typeOf(head);
  if (mimeType !== null) return { is: 'type', mimeType };
  if (text) return { is: 'text' };
  if (starts(head, 0x50, 0x4b, 0x03, 0x04) || starts(head, 0x50, 0x4b, 0x05, 0x06)) return { is: 'zip' };
  return starts(head, 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1) ? { is: 'ole' } : { is: 'unknown' };
}
