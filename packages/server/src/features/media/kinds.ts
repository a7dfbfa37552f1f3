import { WapingError } from '../../platform/errors.ts';
import { MAX_SOUND_BYTES } from '../../platform/media-tools/sound/read.ts';

const MIB = 1024 * 1024;

/** The largest file WAPing takes, in bytes. */
export const MAX_MEDIA_BYTES = 100 * MIB;

/** What a file is, whatever it is sent as. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'document'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** What a message can make of a file. */
export const SEND_KINDS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type SendKind = (typeof SEND_KINDS)[number];

/**
 * What a file is kept for: to be sent as this; for whatever comes (null); or because it came in a message (`received`),
 * and is then taken as it is, whatever is wrong with it.
 */
export type Purpose = SendKind | 'received' | null;

const IMAGES = ['image/jpeg', 'image/png', 'image/webp'];
const VIDEOS = ['video/mp4', 'video/3gpp', 'video/quicktime'];
const AUDIOS = ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr', 'audio/wav'];
/** What a voice message is made of: it reaches nobody as it is. */
const VOICES = [...AUDIOS, 'audio/flac'];

/** What WhatsApp's own apps take as each kind, in bytes and media types; `types` null takes any. */
export const SEND_LIMITS: Readonly<Record<SendKind, { maxBytes: number; types: readonly string[] | null }>> = {
  image: { maxBytes: 16 * MIB, types: IMAGES },
  video: { maxBytes: 64 * MIB, types: VIDEOS },
  audio: { maxBytes: 16 * MIB, types: AUDIOS },
  voice: { maxBytes: MAX_SOUND_BYTES, types: VOICES },
  document: { maxBytes: MAX_MEDIA_BYTES, types: null },
  // What is no WebP, or too large for a sticker, is made one when it is sent.
  sticker: { maxBytes: 5 * MIB, types: IMAGES },
};

/** The kind of a file of this media type. What messages know no kind for is a document. */
export function kindOf(mimeType: string): MediaKind {
  if (IMAGES.includes(mimeType)) return 'image';
  if (VIDEOS.includes(mimeType)) return 'video';
  return AUDIOS.includes(mimeType) ? 'audio' : 'document';
}

interface Fitting {
  mimeType: string;
  /** Bytes. */
  size: number;
}

/** What a file can be sent as. */
export function sendableAs({ mimeType, size }: Fitting): SendKind[] {
  return SEND_KINDS.filter((kind) => {
    const { maxBytes, types } = SEND_LIMITS[kind];
    return size <= maxBytes && (types === null || types.includes(mimeType));
  });
}

/** Throws UNSUPPORTED_MEDIA_TYPE or PAYLOAD_TOO_LARGE, naming `param`, for a file that cannot be sent as this. */
export function assertFits({ mimeType, size }: Fitting, as: SendKind, param = 'file'): void {
  const { maxBytes, types } = SEND_LIMITS[as];
  if (types !== null && !types.includes(mimeType)) {
    const message = `${param}: ${mimeType} cannot be sent as ${as}, which takes ${types.join(', ')}`;
    throw new WapingError('UNSUPPORTED_MEDIA_TYPE', message, { param });
  }
  if (size > maxBytes) {
    const message = `${param}: is larger than the ${maxBytes / MIB} MiB of a file sent as ${as}`;
    throw new WapingError('PAYLOAD_TOO_LARGE', message, { param });
  }
}
