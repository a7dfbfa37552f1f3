import { createHash, hkdfSync } from 'node:crypto';
import { aesDecryptGCM, aesEncryptGCM } from 'baileys';

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** AES-GCM nonce of Noise: 8 zero bytes, then the counter (big-endian). */
export function counterNonce(counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(counter, 8);
  return nonce;
}

/** Noise symmetric state for `*_25519_AESGCM_SHA256` (Noise specification, section 5.2). */
export class SymmetricState {
  #hash: Buffer;
  #chainingKey: Buffer;
  #key: Buffer;
  #counter = 0;

  constructor(protocolName: string, prologue: Uint8Array) {
    const name = Buffer.from(protocolName);
    this.#hash = name.length === 32 ? name : sha256(name);
    this.#chainingKey = this.#hash;
    this.#key = this.#hash;
    this.mixHash(prologue);
  }

  mixHash(data: Uint8Array): void {
    this.#hash = sha256(Buffer.concat([this.#hash, data]));
  }

  mixKey(sharedSecret: Uint8Array): void {
    const [chainingKey, key] = this.#derive(sharedSecret);
    this.#chainingKey = chainingKey;
    this.#key = key;
    this.#counter = 0;
  }

  encryptAndHash(plain: Uint8Array): Buffer {
    const cipher = aesEncryptGCM(plain, this.#key, counterNonce(this.#counter++), this.#hash);
    this.mixHash(cipher);
    return cipher;
  }

  /** Throws when the tag does not match. */
  decryptAndHash(cipher: Uint8Array): Buffer {
    const plain = aesDecryptGCM(cipher, this.#key, counterNonce(this.#counter++), this.#hash);
    this.mixHash(cipher);
    return plain;
  }

  /** Transport keys as the responder sees them: the initiator writes with the first one. */
  split(): { receive: Buffer; send: Buffer } {
    const [receive, send] = this.#derive(Buffer.alloc(0));
    return { receive, send };
  }

  #derive(secret: Uint8Array): [Buffer, Buffer] {
    const out = Buffer.from(hkdfSync('sha256', secret, this.#chainingKey, '', 64));
    return [out.subarray(0, 32), out.subarray(32)];
  }
}
