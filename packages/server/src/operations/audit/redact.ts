import { storable } from '../../platform/storable.ts';

/** Stands where a secret, or what may be one, stood. */
export const REDACTED = '[redacted]';

const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
const MAX_TEXT = 500;
/** Of the whole, in UTF-16 code units of JSON. */
const MAX_JSON = 16_384;

// What is called so is a secret, whatever it looks like. An id or a date of one is not.
const SECRET_NAME =
  /secret|token|passw|pass_?phrase|api_?-?key|code|\bqr\b|^qr|sealed|hash|credential|cookie|authori[sz]ation|private|signature|\botp|^otp|totp|\bpin\b|^pin$|link$|^body$/i;
const HARMLESS_NAME = /([a-z0-9](Id|Ids|At|Count)|_(id|ids|at|count))$|^(country|status|error|provider)Code$/;
const API_KEY = /wap_/i;
const OUR_ID = /\b[a-z]{2,12}_[0-9a-hjkmnp-tv-z]{26}\b/g;
// Ids aside, what is this long and without a space is a token, key, hash or seed.
const LONG_RUN = /[A-Za-z0-9+/_=-]{32,}/;
const WITH_SECRET = /otpauth:|bearer\s+\S{8,}|:\/\/[^/\s]*:[^/\s]*@|-----BEGIN|#[\w-]{16,}/i;

const isSecretName = (name: string) => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);

/** A text that holds no secret of a known form, cut to what a log needs. */
export function redactText(text: string): string {
  if (API_KEY.test(text) || LONG_RUN.test(text.replace(OUR_ID, '')) || WITH_SECRET.test(text)) return REDACTED;
  return storable(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== 'object' || value instanceof Uint8Array || depth >= MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1));
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [redactText(name), isSecretName(name) ? REDACTED : redactValue(item, depth + 1)]),
  );
}

/**
 * What may be stored of one side of a change, as JSON: secrets replaced by name and by form, and bounded in depth,
 * length and size. It would rather take away too much than too little.
 */
export function redact(side: Record<string, unknown> | undefined): string | null {
  if (side === undefined) return null;
  const json = JSON.stringify(redactValue(side, 0));
  return json.length > MAX_JSON ? JSON.stringify({ truncated: true }) : json;
}
