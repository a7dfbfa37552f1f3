import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

/** Key a phone shares with its companions; `id` is public, `data` is the secret. */
export interface AppStateKey {
  /** 6 bytes. */
  readonly id: Buffer;
  /** 32 bytes. */
  readonly data: Buffer;
  /** Unix time in milliseconds. */
  readonly timestamp: number;
}

/** The five keys derived from an app-state key. */
export interface MutationKeys {
  readonly index: Buffer;
  readonly valueEncryption: Buffer;
  readonly valueMac: Buffer;
  readonly snapshotMac: Buffer;
  readonly patchMac: Buffer;
}

/** Operation bytes as the value MAC sees them; on the wire SET is 0 and REMOVE is 1. */
const OPERATION_BYTE = { set: 1, remove: 2 } as const;
export type Operation = keyof typeof OPERATION_BYTE;

export function deriveMutationKeys(data: Buffer): MutationKeys {
  const keys = Buffer.from(hkdfSync('sha256', data, Buffer.alloc(0), 'WhatsApp Mutation Keys', 160));
  const part = (at: number) => keys.subarray(at * 32, at * 32 + 32);
  return { index: part(0), valueEncryption: part(1), valueMac: part(2), snapshotMac: part(3), patchMac: part(4) };
}

export function indexMac(keys: MutationKeys, index: Uint8Array): Buffer {
  return createHmac('sha256', keys.index).update(index).digest();
}

/** First half of HMAC-SHA512 over operation, key id, encrypted value and the length of the first two. */
export function valueMac(
  keys: MutationKeys,
  part: { operation: Operation; keyId: Uint8Array; encrypted: Uint8Array },
): Buffer {
  const length = Buffer.alloc(8);
  length.writeUInt8(1 + part.keyId.length, 7);
  const hmac = createHmac('sha512', keys.valueMac).update(Buffer.from([OPERATION_BYTE[part.operation]]));
  return hmac.update(part.keyId).update(part.encrypted).update(length).digest().subarray(0, 32);
}

/** Seals a collection's hash at a version; the server stores it without being able to check it. */
export function snapshotMac(keys: MutationKeys, at: { hash: Uint8Array; version: number; name: string }): Buffer {
  const hmac = createHmac('sha256', keys.snapshotMac).update(at.hash);
  return hmac.update(bigEndian64(at.version)).update(at.name).digest();
}

export interface PatchSeal {
  readonly snapshotMac: Uint8Array;
  readonly valueMacs: readonly Uint8Array[];
  readonly version: number;
  readonly name: string;
}

export function patchMac(keys: MutationKeys, seal: PatchSeal): Buffer {
  const hmac = createHmac('sha256', keys.patchMac).update(seal.snapshotMac);
  for (const mac of seal.valueMacs) hmac.update(mac);
  return hmac.update(bigEndian64(seal.version)).update(seal.name).digest();
}

/** AES-256-CBC with the IV in front. */
export function encryptValue(key: Buffer, plain: Uint8Array, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
}

/** Throws on bytes that were not made by {@link encryptValue} with the same key. */
export function decryptValue(key: Buffer, encrypted: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, encrypted.subarray(0, 16));
  return Buffer.concat([decipher.update(encrypted.subarray(16)), decipher.final()]);
}

function bigEndian64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}
