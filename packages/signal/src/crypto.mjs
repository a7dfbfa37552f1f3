import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

export function encrypt(key, data, iv) {
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

export function decrypt(key, data, iv) {
  const cipher = createDecipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

export const calculateMAC = (key, data) => createHmac('sha256', key).update(data).digest();

/** HKDF-SHA256 cut into 32-byte chunks. */
export function deriveSecrets(input, salt, info, chunks = 3) {
  const out = Buffer.from(hkdfSync('sha256', input, salt, info, 32 * chunks));
  return Array.from({ length: chunks }, (_, i) => out.subarray(i * 32, i * 32 + 32));
}
