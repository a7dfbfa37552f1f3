import { getMediaKeys, type MediaType, type proto } from 'baileys';
import { MEDIA_KINDS, type MediaKind } from '../../../port.ts';
import { decodeTagged, encodeTagged } from '../tagged-json.ts';

/** Where a file lies on the media host, and what opens and proves it. */
export interface MediaReference {
  kind: MediaKind;
  /** Path and query on the media host. */
  directPath: string;
  /** Outbound: the whole address the upload was told. */
  url?: string;
  /** 32 bytes from which the keys are derived. */
  key: Uint8Array;
  /** SHA-256 of the plain and of the encrypted file. */
  sha256: Uint8Array;
  encSha256: Uint8Array;
  /** Bytes of the plain file. */
  size: number;
  /** When the key was made, Unix seconds. */
  at: number;
}

/** WhatsApp's name of a kind, by which keys are derived (MEDIA_HKDF_KEY_MAPPING). */
const WIRE_KIND: Record<MediaKind, MediaType> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  voice: 'ptt',
  document: 'document',
  sticker: 'sticker',
};

/** Where the media hosts take each kind (MEDIA_PATH_MAP). */
export const UPLOAD_PATH: Record<MediaKind, string> = {
  image: '/mms/image',
  video: '/mms/video',
  audio: '/mms/audio',
  voice: '/mms/audio',
  document: '/mms/document',
  sticker: '/mms/image',
};

/** Bytes of the truncated HMAC behind the ciphertext. */
export const MAC_BYTES = 10;

export interface MediaKeys {
  iv: Uint8Array;
  cipherKey: Uint8Array;
  macKey: Uint8Array;
}

/** The keys of one file. */
export async function mediaKeys(key: Uint8Array, kind: MediaKind): Promise<MediaKeys> {
  const { iv, cipherKey, macKey } = await getMediaKeys(key, WIRE_KIND[kind]);
  if (!macKey) throw new Error('the engine library derived no MAC key');
  return { iv, cipherKey, macKey };
}

const KEY_BYTES = 32;
const HASH_BYTES = 32;
const MAX_PATH = 2_048;

/** Fields that every message with a file has. */
type FileFields = Pick<
  proto.Message.IDocumentMessage,
  'mediaKey' | 'directPath' | 'url' | 'fileSha256' | 'fileEncSha256' | 'fileLength' | 'mediaKeyTimestamp'
>;

/** Reads where a received file lies. Undefined where the message does not say it whole: then it cannot be fetched. */
export function readReference(kind: MediaKind, fields: FileFields): MediaReference | undefined {
  const { mediaKey, fileSha256, fileEncSha256 } = fields;
  const directPath = fields.directPath || pathOf(fields.url);
  if (!directPath || directPath.length > MAX_PATH || mediaKey?.length !== KEY_BYTES) return undefined;
  if (fileSha256?.length !== HASH_BYTES || fileEncSha256?.length !== HASH_BYTES) return undefined;
  return {
    kind,
    directPath,
    key: mediaKey,
    sha256: fileSha256,
    encSha256: fileEncSha256,
    size: wholeNumber(fields.fileLength),
    at: wholeNumber(fields.mediaKeyTimestamp),
  };
}

/** Older clients name the address alone. Its host is the sender's word and plays no part. */
function pathOf(url: string | null | undefined): string | undefined {
  if (!url || !URL.canParse(url)) return undefined;
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}

/** A protobuf number of a stranger; 0 for what is no size. */
export function wholeNumber(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

export function encodeReference(reference: MediaReference): Buffer {
  return encodeTagged(reference);
}

/** Guarantee: the bytes were sealed by `encodeReference` of this package. Throws on another kind of file. */
export function decodeReference(bytes: Uint8Array): MediaReference {
  const reference = decodeTagged(bytes) as MediaReference;
  if (!MEDIA_KINDS.includes(reference.kind)) throw new Error('a kind of file this version does not know');
  return reference;
}
