import { createCipheriv, createDecipheriv } from 'node:crypto';

const TAG_BYTES = 16;

/** AES-256-GCM in both directions with one counter each, as used after the handshake. */
export class TransportCipher {
  readonly #receiveKey: Buffer;
  readonly #sendKey: Buffer;
  readonly #receiveNonce = Buffer.alloc(12);
  readonly #sendNonce = Buffer.alloc(12);
  #received = 0;
  #sent = 0;

  constructor(keys: { receive: Buffer; send: Buffer }) {
    this.#receiveKey = keys.receive;
    this.#sendKey = keys.send;
  }

  encrypt(plain: Uint8Array): Buffer {
    this.#sendNonce.writeUInt32BE(this.#sent++, 8);
    const cipher = createCipheriv('aes-256-gcm', this.#sendKey, this.#sendNonce);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws when the tag does not match. */
  decrypt(sealed: Buffer): Buffer {
    this.#receiveNonce.writeUInt32BE(this.#received++, 8);
    const decipher = createDecipheriv('aes-256-gcm', this.#receiveKey, this.#receiveNonce);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
  }
}
