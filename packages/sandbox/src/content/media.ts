import { z } from 'zod';
import { innerMessage, isViewOnce, type Message } from '../codec/message.ts';
import type { Core } from '../core.ts';
import { SandboxError } from '../errors.ts';
import { type BlobReference, decryptMedia, sha256, storeMedia } from '../media/encrypt.ts';
import { stripQuery } from '../media/faults.ts';

export const MEDIA_KINDS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

const KEY_BYTES = 32;
const number = z.number().int().min(0).max(1_000_000);

/** A file a person sends from a phone. Bytes are base64. */
export const mediaField = z.strictObject({
  kind: z.enum(MEDIA_KINDS),
  base64: z.base64(),
  mimeType: z.string().min(1).max(255),
  caption: z.string().max(65_536).optional(),
  fileName: z.string().max(1_024).optional(),
  viewOnce: z.boolean().optional(),
  seconds: number.optional(),
  width: number.optional(),
  height: number.optional(),
  waveform: z.base64().optional(),
  thumbnail: z.base64().optional(),
  animated: z.boolean().optional(),
});

type Media = z.output<typeof mediaField>;

/** Encrypts and uploads the file, and makes the message that names it. Throws BAD_REQUEST where the host is full. */
export function mediaMessage(core: Core, media: Media): Message {
  const plain = Buffer.from(media.base64, 'base64');
  const mediaKey = core.random.bytes(KEY_BYTES);
  const reference = storeMedia(core.media.blobs, plain, { mediaKey, kind: media.kind });
  if (!reference) throw new SandboxError('BAD_REQUEST', 'the media host does not take the file');
  const message = bodyOf(media, wireFields(core, media, reference));
  const { kind, viewOnce, caption } = media;
  if (viewOnce)
    return kind === 'audio' || kind === 'voice'
      ? { viewOnceMessageV2Extension: { message } }
      : { viewOnceMessageV2: { message } };
  return kind === 'document' && caption !== undefined ? { documentWithCaptionMessage: { message } } : message;
}

function wireFields(
  core: Core,
  media: Media,
  { mediaKey, directPath, fileSha256, fileEncSha256, fileLength }: BlobReference,
) {
  const { mimeType, caption, seconds, width, height, thumbnail, viewOnce } = media;
  return {
    mimetype: mimeType,
    url: `https://${core.media.host}${directPath}`,
    directPath,
    mediaKey,
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    fileSha256,
    fileEncSha256,
    fileLength,
    ...(caption === undefined ? {} : { caption }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(thumbnail === undefined ? {} : { jpegThumbnail: Buffer.from(thumbnail, 'base64') }),
    ...(viewOnce ? { viewOnce } : {}),
  };
}

function bodyOf({ kind, fileName, waveform, animated }: Media, fields: ReturnType<typeof wireFields>): Message {
  switch (kind) {
    case 'image':
      return { imageMessage: fields };
    case 'video':
      return { videoMessage: fields };
    case 'audio':
      return { audioMessage: { ...fields, ptt: false } };
    case 'voice': {
      const heard = waveform === undefined ? {} : { waveform: Buffer.from(waveform, 'base64') };
      return { audioMessage: { ...fields, ...heard, ptt: true } };
    }
    case 'document':
      return { documentMessage: { ...fields, ...(fileName === undefined ? {} : { fileName, title: fileName }) } };
    case 'sticker':
      return { stickerMessage: { ...fields, isAnimated: animated === true } };
  }
}

/** The one file a message names, with its kind. */
export function fileIn(message: Message) {
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = innerMessage(message);
  if (imageMessage) return { kind: 'image' as const, body: imageMessage };
  if (videoMessage) return { kind: 'video' as const, body: videoMessage };
  if (audioMessage) return { kind: audioMessage.ptt ? ('voice' as const) : ('audio' as const), body: audioMessage };
  if (documentMessage) return { kind: 'document' as const, body: documentMessage };
  return stickerMessage ? { kind: 'sticker' as const, body: stickerMessage } : undefined;
}

/** Downloads and opens the file of a message, as a phone does. Undefined where it has none or cannot be had. */
export function openFile(core: Core, message: Message): Buffer | undefined {
  const file = fileIn(message);
  const { mediaKey, directPath } = file?.body ?? {};
  const blob = directPath ? core.media.blobs.get(stripQuery(directPath)) : undefined;
  if (!file || !blob || !mediaKey) return undefined;
  const plain = decryptMedia(blob, mediaKey, file.kind);
  const claimed = file.body.fileSha256;
  return plain && claimed && sha256(plain).equals(claimed) ? plain : undefined;
}

const base64 = (bytes: Uint8Array | null | undefined): string | null =>
  bytes?.length ? Buffer.from(bytes).toString('base64') : null;

/** What a person sees of a message's file. `plain` is what the phone has of it: `size` and `sha256` are taken from that. */
export function mediaView(message: Message, plain: Uint8Array | undefined) {
  const file = fileIn(message);
  if (!file) return null;
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = innerMessage(message);
  const shown = imageMessage ?? videoMessage ?? stickerMessage;
  return {
    kind: file.kind,
    mimeType: file.body.mimetype ?? '',
    size: plain?.length ?? null,
    sha256: plain ? sha256(plain).toString('hex') : null,
    caption: (imageMessage ?? videoMessage ?? documentMessage)?.caption ?? null,
    fileName: documentMessage?.fileName ?? null,
    viewOnce: isViewOnce(message),
    seconds: (videoMessage ?? audioMessage)?.seconds ?? null,
    width: shown?.width ?? null,
    height: shown?.height ?? null,
    waveform: base64(audioMessage?.waveform),
    thumbnail: base64((imageMessage ?? videoMessage ?? documentMessage)?.jpegThumbnail),
    animated: stickerMessage?.isAnimated === true,
  };
}
