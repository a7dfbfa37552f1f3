import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EngineAskError, type LocalFile, MEDIA_REFUSED } from '../../../asks.ts';
import { MAC_BYTES, type MediaReference, mediaKeys } from './reference.ts';

/** Padding and MAC behind the plain bytes. */
const OVERHEAD = 16 + MAC_BYTES;

const corrupt = (what: string) => new EngineAskError('refused', what, { code: MEDIA_REFUSED.corrupt });

/**
 * Opens an encrypted file on its way into `path`, never holding more than a chunk. What was written is believed only
 * once this resolves: the MAC and both hashes are known at the end. Rejects with EngineAskError `corrupt` or `tooLarge`.
 */
export async function decryptInto(
  encrypted: AsyncIterable<Uint8Array>,
  reference: MediaReference,
  { path, maxBytes }: { path: string; maxBytes: number },
): Promise<LocalFile> {
  const { iv, cipherKey, macKey } = await mediaKeys(reference.key, reference.kind);
  const cipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey).update(iv);
  const hash = createHash('sha256');
  const plainHash = createHash('sha256');
  let size = 0;
  const out = (bytes: Buffer): Buffer => {
    size += bytes.length;
    plainHash.update(bytes);
    return bytes;
  };
  await pipeline(
    encrypted,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      // The last bytes of the file are the MAC; which they are is known when there are no more.
      let held: Buffer = Buffer.alloc(0);
      let taken = 0;
      for await (const chunk of chunks) {
        taken += chunk.length;
        if (taken > maxBytes + OVERHEAD)
          throw new EngineAskError('refused', 'the file is larger than allowed', { code: MEDIA_REFUSED.tooLarge });
        hash.update(chunk);
        const all = Buffer.concat([held, chunk]);
        const ready = all.subarray(0, Math.max(0, all.length - MAC_BYTES));
        held = all.subarray(ready.length);
        mac.update(ready);
        yield out(cipher.update(ready));
      }
      if (!hash.digest().equals(reference.encSha256)) throw corrupt('the encrypted file is not the one that was sent');
      if (!mac.digest().subarray(0, MAC_BYTES).equals(held)) throw corrupt('the file was not encrypted under its key');
      yield out(lastOf(cipher));
      if (!plainHash.digest().equals(reference.sha256)) throw corrupt('the file is not the one that was sent');
    },
    createWriteStream(path, { mode: 0o600 }),
  );
  return { size, sha256: Buffer.from(reference.sha256).toString('hex') };
}

function lastOf(cipher: ReturnType<typeof createDecipheriv>): Buffer {
  try {
    return cipher.final();
  } catch {
    throw corrupt('the file ends in the middle of a block');
  }
}
