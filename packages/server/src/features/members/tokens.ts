import { createHash, randomBytes } from 'node:crypto';
import { base32 } from './totp.ts';

const TOKEN_BYTES = 32;
const RECOVERY_BYTES = 10;
const RECOVERY_CODES = 10;

/** What is kept of a secret of our own making. It is random enough that no slow hash is needed. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A 256-bit secret for a cookie or a link, and the hash to keep. */
export function mintSecret(): { token: string; hash: Buffer } {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, hash: hashToken(token) };
}

/** Case, spaces and dashes do not count: people type these from paper. */
export function hashRecoveryCode(code: string): Buffer {
  return hashToken(code.toLowerCase().replace(/[^a-z2-7]/g, ''));
}

/** One-time codes of 80 bits, for when the phone is lost. */
export function mintRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const text = base32(randomBytes(RECOVERY_BYTES)).toLowerCase();
    return text.match(/.{4}/g)?.join('-') ?? text;
  });
}
