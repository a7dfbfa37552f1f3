import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { MediaKind } from '../../../port.ts';
import { MAC_BYTES, type MediaReference, mediaKeys } from './reference.ts';

/** A file encrypted under a key of its own, before it has a place on the media host. */
export type EncryptedFile = Omit<MediaReference, 'directPath' | 'url'> & { encSize: number };

const KEY_BYTES = 32;

/**
 * Encrypts a file into another as WhatsApp does: AES-256-CBC, then the first 10 bytes of HMAC-SHA256 over IV and
 * ciphertext (Baileys, `encryptedStream`). Never holds more than a chunk. Rejects when a file cannot be read or written.
 */
export async function encryptFile(kind: MediaKind, from: string, to: string): Promise<EncryptedFile> {
  const key = randomBytes(KEY_BYTES);
  const { iv, cipherKey, macKey } = await mediaKeys(key, kind);
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey).update(iv);
  const plainHash = createHash('sha256');
  const hash = createHash('sha256');
  let size = 0;
  let encSize = 0;
  const out = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    encSize += bytes.length;
    return bytes;
  };
  const authentic = (bytes: Buffer): Buffer => {
    mac.update(bytes);
    return out(bytes);
  };
  await pipeline(
    createReadStream(from),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        plainHash.update(chunk);
        yield authentic(cipher.update(chunk));
      }
      yield authentic(cipher.final());
      yield out(mac.digest().subarray(0, MAC_BYTES));
    },
    createWriteStream(to, { mode: 0o600 }),
  );
  const at = Math.floor(Date.now() / 1000);
  return { kind, key, sha256: plainHash.digest(), encSha256: hash.digest(), size, encSize, at };
}
