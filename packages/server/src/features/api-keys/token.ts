import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type ApiKeyId, brandId, isId, newId } from '../../platform/ids.ts';

const SECRET_BYTES = 32;
const FORM = /^wap_([a-z0-9]{26})_([A-Za-z0-9_-]{43})_([0-9a-f]{8})$/;

export interface ParsedToken {
  id: ApiKeyId;
  secretHash: Buffer;
}

// 256 random bits need no slow hash: there is nothing to guess.
const hashSecret = (secret: string) => createHash('sha256').update(secret).digest();
const checksum = (text: string) => crc32(Buffer.from(text)).toString(16).padStart(8, '0');

/** Mints a key, or a new secret of one: `wap_<id>_<256-bit secret>_<checksum>`. Only the hash is to be kept. */
export function mintToken(id: ApiKeyId = newId('key')): { token: string; id: ApiKeyId; secretHash: Buffer } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const head = `wap_${id.slice('key_'.length)}_${secret}`;
  return { token: `${head}_${checksum(head)}`, id, secretHash: hashSecret(secret) };
}

/** Reads a key. Null when it is not one: the checksum turns away typing errors and noise without a query. */
export function parseToken(token: string): ParsedToken | null {
  const match = FORM.exec(token);
  if (!match) return null;
  const [, tail = '', secret = '', sum = ''] = match;
  if (checksum(token.slice(0, -9)) !== sum) return null;
  const id = `key_${tail}`;
  return isId('key', id) ? { id: brandId('key', id), secretHash: hashSecret(secret) } : null;
}
