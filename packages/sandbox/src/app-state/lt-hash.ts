import { hkdfSync } from 'node:crypto';

const LENGTH = 128;
const INFO = 'WhatsApp Patch Integrity';

/** Hash of an empty collection. */
export const EMPTY_HASH: Buffer = Buffer.alloc(LENGTH);

/**
 * Homomorphic hash of a set of value MACs: each one is stretched to 64 little-endian 16-bit numbers that are added or
 * subtracted modulo 2^16, so the order of changes does not matter and a removed value leaves no trace.
 */
export function updateHash(hash: Buffer, removed: readonly Uint8Array[], added: readonly Uint8Array[]): Buffer {
  const out = Buffer.from(hash);
  for (const mac of removed) mix(out, mac, -1);
  for (const mac of added) mix(out, mac, 1);
  return out;
}

function mix(hash: Buffer, mac: Uint8Array, sign: 1 | -1): void {
  const stretched = Buffer.from(hkdfSync('sha256', mac, Buffer.alloc(0), INFO, LENGTH));
  for (let at = 0; at < LENGTH; at += 2) {
    const sum = hash.readUInt16LE(at) + sign * stretched.readUInt16LE(at);
    hash.writeUInt16LE(sum & 0xffff, at);
  }
}
