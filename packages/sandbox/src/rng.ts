import { createHmac, hkdfSync } from 'node:crypto';
import { Curve, type KeyPair } from 'baileys';

const BASE_POINT = Buffer.alloc(32);
BASE_POINT[0] = 9;

/** Derives `length` bytes that depend only on the seed and the label. */
export function deriveBytes(seed: string, label: string, length = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', seed, 'waping-sandbox', label, length));
}

/** Curve25519 pair that depends only on the seed and the label, so it survives a restart without a state file. */
export function deriveKeyPair(seed: string, label: string): KeyPair {
  const secret = deriveBytes(seed, `key:${label}`);
  secret[0] = (secret[0] ?? 0) & 248;
  secret[31] = ((secret[31] ?? 0) & 127) | 64;
  return { private: secret, public: Curve.sharedKey(secret, BASE_POINT) };
}

/** Decimal number with exactly `digits` digits, derived from the seed and the label. */
export function deriveDigits(seed: string, label: string, digits: number): string {
  const value = deriveBytes(seed, `digits:${label}`, 8).readBigUInt64BE();
  const low = 10n ** BigInt(digits - 1);
  return String(low + (value % (low * 9n)));
}

/** Deterministic stream of bytes: HMAC in counter mode. Same seed and label, same sequence. */
export class RandomStream {
  readonly #key: Buffer;
  #counter = 0;
  #pool: Buffer = Buffer.alloc(0);

  constructor(seed: string, label: string) {
    this.#key = deriveBytes(seed, `stream:${label}`);
  }

  bytes(length: number): Buffer {
    while (this.#pool.length < length) this.#pool = Buffer.concat([this.#pool, this.#block()]);
    const out = Buffer.from(this.#pool.subarray(0, length));
    this.#pool = this.#pool.subarray(length);
    return out;
  }

  hex(length: number): string {
    return this.bytes(length).toString('hex');
  }

  #block(): Buffer {
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(BigInt(this.#counter++));
    return createHmac('sha512', this.#key).update(count).digest();
  }
}
