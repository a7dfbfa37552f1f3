import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import type { BlobStore } from './blob-store.ts';

/** HKDF info strings of what phones and the server upload (Baileys' MEDIA_HKDF_KEY_MAPPING). */
const HKDF_INFO = {
  image: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  voice: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
  sticker: 'WhatsApp Image Keys',
  'md-msg-hist': 'WhatsApp History Keys',
  'md-app-state': 'WhatsApp App State Keys',
} as const;

export type BlobKind = keyof typeof HKDF_INFO;

/** Length of the truncated HMAC behind the ciphertext. */
const MAC_BYTES = 10;

export interface EncryptedMedia {
  readonly bytes: Buffer;
  readonly mediaKey: Buffer;
  readonly fileSha256: Buffer;
  readonly fileEncSha256: Buffer;
}

/** Fields that `ExternalBlobReference` and `HistorySyncNotification` share. */
export interface BlobReference {
  readonly mediaKey: Buffer;
  readonly directPath: string;
  readonly fileSha256: Buffer;
  readonly fileEncSha256: Buffer;
  /** Bytes of the plain file. */
  readonly fileLength: number;
}

/** WhatsApp's media encryption: AES-256-CBC, then the first 10 bytes of HMAC-SHA256 over IV and ciphertext. */
export function encryptMedia(plain: Uint8Array, mediaKey: Buffer, kind: BlobKind): EncryptedMedia {
  const keys = expand(mediaKey, kind);
  const iv = keys.subarray(0, 16);
  const cipher = createCipheriv('aes-256-cbc', keys.subarray(16, 48), iv);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = createHmac('sha256', keys.subarray(48, 80)).update(iv).update(encrypted).digest().subarray(0, MAC_BYTES);
  const bytes = Buffer.concat([encrypted, mac]);
  return { bytes, mediaKey, fileSha256: sha256(plain), fileEncSha256: sha256(bytes) };
}

/** IV, cipher key and MAC key, one after the other. */
function expand(mediaKey: Uint8Array, kind: BlobKind): Buffer {
  return Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), HKDF_INFO[kind], 112));
}

/** Opens what {@link encryptMedia} made. Undefined where key, kind or bytes do not fit. */
export function decryptMedia(bytes: Uint8Array, mediaKey: Uint8Array, kind: BlobKind): Buffer | undefined {
  const keys = expand(mediaKey, kind);
  const iv = keys.subarray(0, 16);
  const encrypted = bytes.subarray(0, -MAC_BYTES);
  const mac = createHmac('sha256', keys.subarray(48, 80)).update(iv).update(encrypted).digest().subarray(0, MAC_BYTES);
  if (!mac.equals(bytes.subarray(-MAC_BYTES))) return undefined;
  const cipher = createDecipheriv('aes-256-cbc', keys.subarray(16, 48), iv);
  return Buffer.concat([cipher.update(encrypted), cipher.final()]);
}

/** Encrypts and stores a blob as if a phone had uploaded it; undefined when the store refuses it. */
export function storeMedia(
  store: BlobStore,
  plain: Uint8Array,
  how: { readonly mediaKey: Buffer; readonly kind: BlobKind },
): BlobReference | undefined {
  const media = encryptMedia(plain, how.mediaKey, how.kind);
  const path = blobPath(media.fileEncSha256);
  if (store.put(path, media.bytes) !== 'stored') return undefined;
  return {
    mediaKey: how.mediaKey,
    directPath: directPath(path),
    fileSha256: media.fileSha256,
    fileEncSha256: media.fileEncSha256,
    fileLength: plain.length,
  };
}

/** Where a blob lives: by the hash of its encrypted bytes, so the same upload twice is stored once. */
export function blobPath(encryptedHash: Buffer): string {
  return `/v/t62.7118-24/${encryptedHash.toString('base64url')}.enc`;
}

/** Direct paths carry a query on WhatsApp, and clients append further parameters with `&`. */
export function directPath(path: string): string {
  return `${path}?ccb=11-4`;
}

export function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
