import type { proto } from 'baileys';
import type { MediaFile, MediaKind, MessageContent } from '../../../port.ts';
import { type MediaReference, readReference, wholeNumber } from '../media/reference.ts';
import type { ContentKind, WriteScene } from './kind.ts';

type MediaContent = Extract<MessageContent, { type: MediaKind }>;

/** A stranger's words are kept so long. WhatsApp's clients stay well below. */
const MAX_MIME = 255;
const MAX_NAME = 1_024;
const MAX_CAPTION = 65_536;
const MAX_THUMBNAIL = 16 * 1024;
const MAX_WAVEFORM = 256;
const OCTETS = 'application/octet-stream';

/** What every message with a file says of it. A quote has no place of the file: it shows what stands beside it. */
function common(media: MediaFile, { openMedia }: WriteScene) {
  const { mimeType, sealed, thumbnail } = media;
  const picture = thumbnail === undefined ? {} : { jpegThumbnail: Buffer.from(thumbnail, 'base64') };
  if (!sealed) return { mimetype: mimeType, ...picture };
  const place = openMedia(sealed);
  return {
    mimetype: mimeType,
    ...picture,
    ...(place.url === undefined ? {} : { url: place.url }),
    directPath: place.directPath,
    mediaKey: place.key,
    mediaKeyTimestamp: place.at,
    fileSha256: place.sha256,
    fileEncSha256: place.encSha256,
    fileLength: place.size,
  };
}

const captionOf = ({ caption }: MediaFile) => (caption === undefined ? {} : { caption });
const onceOf = ({ viewOnce }: MediaFile) => (viewOnce ? { viewOnce } : {});
const secondsOf = ({ seconds }: MediaFile) => (seconds === undefined ? {} : { seconds: Math.round(seconds) });
const sidesOf = ({ width, height }: MediaFile) =>
  width === undefined || height === undefined ? {} : { width, height };

interface Body {
  mimetype?: string | null;
  fileLength?: unknown;
  fileSha256?: Uint8Array | null;
  fileName?: string | null;
  title?: string | null;
  caption?: string | null;
  viewOnce?: boolean | null;
  seconds?: number | null;
  width?: number | null;
  height?: number | null;
  waveform?: Uint8Array | null;
  jpegThumbnail?: Uint8Array | null;
  isAnimated?: boolean | null;
}

const base64 = (bytes: Uint8Array | null | undefined, max: number): string | undefined =>
  bytes && bytes.length > 0 && bytes.length <= max ? Buffer.from(bytes).toString('base64') : undefined;

/** The file as its sender describes it. */
function fileOf(body: Body): MediaFile {
  const hash = body.fileSha256;
  return defined({
    mimeType: body.mimetype?.slice(0, MAX_MIME) || OCTETS,
    size: wholeNumber(body.fileLength),
    sha256: hash?.length === 32 ? Buffer.from(hash).toString('hex') : undefined,
    fileName: (body.fileName || body.title)?.slice(0, MAX_NAME) || undefined,
    caption: body.caption?.slice(0, MAX_CAPTION) || undefined,
    viewOnce: body.viewOnce ? true : undefined,
    seconds: wholeNumber(body.seconds) || undefined,
    width: wholeNumber(body.width) || undefined,
    height: wholeNumber(body.height) || undefined,
    waveform: base64(body.waveform, MAX_WAVEFORM),
    thumbnail: base64(body.jpegThumbnail, MAX_THUMBNAIL),
    animated: body.isAnimated ? true : undefined,
  });
}

/** Takes out what is not known, so that a file reads as it was written. */
function defined(file: MediaFile): MediaFile {
  for (const [name, value] of Object.entries(file)) if (value === undefined) Reflect.deleteProperty(file, name);
  return file;
}

export const image: ContentKind<'image'> = {
  write: ({ media }, scene) => ({
    imageMessage: { ...common(media, scene), ...captionOf(media), ...sidesOf(media), ...onceOf(media) },
  }),
  read: ({ imageMessage }) => (imageMessage ? { type: 'image', media: fileOf(imageMessage) } : undefined),
};

export const video: ContentKind<'video'> = {
  write: ({ media }, scene) => ({
    videoMessage: {
      ...common(media, scene),
      ...captionOf(media),
      ...sidesOf(media),
      ...secondsOf(media),
      ...onceOf(media),
    },
  }),
  read({ videoMessage, ptvMessage }) {
    const found = videoMessage ?? ptvMessage;
    return found ? { type: 'video', media: fileOf(found) } : undefined;
  },
};

export const audio: ContentKind<'audio'> = {
  write: ({ media }, scene) => ({
    audioMessage: { ...common(media, scene), ...secondsOf(media), ...onceOf(media), ptt: false },
  }),
  read: ({ audioMessage }) =>
    audioMessage && !audioMessage.ptt ? { type: 'audio', media: fileOf(audioMessage) } : undefined,
};

export const voice: ContentKind<'voice'> = {
  write({ media }, scene) {
    const { waveform } = media;
    const heard = waveform === undefined ? {} : { waveform: Buffer.from(waveform, 'base64') };
    return {
      audioMessage: { ...common(media, scene), ...secondsOf(media), ...onceOf(media), ...heard, ptt: true },
    };
  },
  read: ({ audioMessage }) => (audioMessage?.ptt ? { type: 'voice', media: fileOf(audioMessage) } : undefined),
};

export const document: ContentKind<'document'> = {
  write({ media }, scene) {
    const { fileName } = media;
    const named = fileName === undefined ? {} : { fileName, title: fileName };
    return { documentMessage: { ...common(media, scene), ...captionOf(media), ...named } };
  },
  read: ({ documentMessage }) => (documentMessage ? { type: 'document', media: fileOf(documentMessage) } : undefined),
};

export const sticker: ContentKind<'sticker'> = {
  write({ media }, scene) {
    const { jpegThumbnail: _none, ...file } = { jpegThumbnail: undefined, ...common(media, scene) };
    return { stickerMessage: { ...file, ...sidesOf(media), isAnimated: media.animated === true } };
  },
  read: ({ stickerMessage }) => (stickerMessage ? { type: 'sticker', media: fileOf(stickerMessage) } : undefined),
};

/** Where the file of an unwrapped message lies; undefined where it does not say it whole. */
export function readFile(message: proto.IMessage): MediaReference | undefined {
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } = message;
  if (imageMessage) return readReference('image', imageMessage);
  const film = videoMessage ?? ptvMessage;
  if (film) return readReference('video', film);
  if (audioMessage) return readReference(audioMessage.ptt ? 'voice' : 'audio', audioMessage);
  if (documentMessage) return readReference('document', documentMessage);
  return stickerMessage ? readReference('sticker', stickerMessage) : undefined;
}

/** Puts the message into the envelope its kind is sent in, as WhatsApp's clients do. */
export function envelope({ type, media }: MediaContent, message: proto.IMessage): proto.IMessage {
  if (media.viewOnce) return { viewOnceMessage: { message } };
  return type === 'document' && media.caption !== undefined ? { documentWithCaptionMessage: { message } } : message;
}
