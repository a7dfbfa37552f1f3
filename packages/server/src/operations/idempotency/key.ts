import { createHash } from 'node:crypto';
import { WapingError } from '../../platform/errors.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Reads the Idempotency-Key header. The quoted form of the IETF draft means the same key as the bare one. */
export function parseIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const raw = Array.isArray(header) ? header.join(',') : header;
  const key = raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  if (KEY.test(key)) return key;
  throw new WapingError('VALIDATION_ERROR', 'Idempotency-Key must be 1 to 255 visible ASCII characters', {
    param: 'Idempotency-Key',
  });
}

/** JSON with sorted keys: two spellings of one value have one text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
}

/** What must be equal for a retry to be the same request. */
export function fingerprint(input: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(input)).digest();
}
