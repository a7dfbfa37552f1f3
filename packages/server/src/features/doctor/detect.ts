import { parseToken } from '../api-keys/index.ts';

/** What must never lie in the database as it is. */
export type SecretKind =
  | 'API key'
  | 'Signal key'
  | 'second-factor secret'
  | 'session or link token'
  | 'password'
  | 'webhook secret'
  | 'unsealed value'
  | 'unhashed secret';

const API_KEY = /wap_[a-z0-9]{26}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}/g;
const WEBHOOK = /whsec_[A-Za-z0-9+/_-]{20,}/;
// Fields of an account's credentials and of Signal sessions, as the engine library names them.
const SIGNAL =
  /"(noiseKey|pairingEphemeralKeyPair|signedIdentityKey|signedPreKey|advSecretKey|privKey|currentRatchet|senderChainKey|senderMessageKeys|pendingPreKey)"\s*:/;
const KEY_PAIR = /"private"\s*:\s*(\{\s*"type"\s*:\s*"Buffer"|"[A-Za-z0-9+/]{43}=)/;
const TOTP = /otpauth:\/\/totp\/|"[a-zA-Z]*[sS]ecret"\s*:\s*"[A-Z2-7]{32}"|^[A-Z2-7]{32}$/;
const TOKEN = /"[a-zA-Z]*[tT]oken"\s*:\s*"[A-Za-z0-9_-]{43}"|\/\w+#[A-Za-z0-9_-]{43}\b|waping_(session|browser)=/;
const BARE_TOKEN = /^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)[A-Za-z0-9_-]{43}$/;
const PASSWORD = /"(password|newPassword|passwd)"\s*:\s*"[^"]/;
/** A caller's own key–value pairs: their names are theirs to choose. */
const METADATA = /"metadata"\s*:\s*\{[^{}]*\}/g;

/** The secret in a text, wherever in it; null when there is none. What people write in messages may look like anything else. */
export function detectInText(text: string): SecretKind | null {
  if (text.includes('wap_') && (text.match(API_KEY) ?? []).some((token) => parseToken(token) !== null))
    return 'API key';
  if (WEBHOOK.test(text)) return 'webhook secret';
  if (SIGNAL.test(text) || KEY_PAIR.test(text)) return 'Signal key';
  if (TOTP.test(text)) return 'second-factor secret';
  if (TOKEN.test(text) || BARE_TOKEN.test(text)) return 'session or link token';
  return PASSWORD.test(text.includes('"metadata"') ? text.replace(METADATA, '') : text) ? 'password' : null;
}

const HASH_BYTES = 32;
const isPrintable = (bytes: Uint8Array): boolean => bytes.every((byte) => byte >= 0x20 && byte < 0x7f);

/** A sealed value: version, nonce, ciphertext, tag; or that with the fingerprint of a master key before it. */
function looksSealed(bytes: Uint8Array): boolean {
  const at = bytes[0] === 2 ? 9 : 0;
  return bytes[at] === 1 && bytes.length >= at + 29 && !isPrintable(bytes.subarray(1));
}

/** The secret in a value of a column, by what it holds and by what a column of this name may hold. */
export function detect(column: { table: string; name: string }, value: string | Uint8Array): SecretKind | null {
  const { table, name } = column;
  if (typeof value === 'string') {
    if (name === 'password_hash') return value.startsWith('$argon2') ? null : 'password';
    if (/(^|_)password$/.test(name)) return 'password';
    if (/(^|_)(secret|private_key|totp|token)$/.test(name) && value !== '') return 'unhashed secret';
    // Words a caller chose, or people wrote: only what cannot be chance counts there.
    if (table === 'message' && name === 'metadata') return detectInText(`{"metadata":${value}}`);
    return detectInText(value);
  }
  if (name.endsWith('_hash') && (value.length !== HASH_BYTES || isPrintable(value))) return 'unhashed secret';
  const sealed = name.includes('sealed') || name === 'data_key';
  if (sealed) return looksSealed(value) ? null : 'unsealed value';
  return detectInText(Buffer.from(value).toString('latin1'));
}
