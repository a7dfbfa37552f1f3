import { type AuthenticationCreds, initAuthCreds } from 'baileys';
import { decodeTagged, encodeTagged } from './tagged-json.ts';

export function encodeCredentials(creds: AuthenticationCreds): Buffer {
  return encodeTagged(creds);
}

/** Throws when the bytes are not credentials. */
export function decodeCredentials(bytes: Uint8Array): AuthenticationCreds {
  const value = decodeTagged(bytes);
  if (!isCredentials(value)) throw new TypeError('the stored credentials have another shape');
  return value;
}

/** A fresh identity for a device about to be linked. */
export function newCredentials(): AuthenticationCreds {
  return initAuthCreds();
}

/** Checks the fields a login needs. The rest is as `encodeCredentials` wrote it: AES-GCM vouches for the bytes. */
function isCredentials(value: unknown): value is AuthenticationCreds {
  return (
    typeof value === 'object' &&
    value !== null &&
    'noiseKey' in value &&
    'signedIdentityKey' in value &&
    'signedPreKey' in value &&
    'registrationId' in value &&
    typeof value.registrationId === 'number'
  );
}
