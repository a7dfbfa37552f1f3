import { proto, type SignalDataTypeMap } from 'baileys';
import { decodeTagged, encodeTagged } from './tagged-json.ts';

export type KeyType = keyof SignalDataTypeMap;
export type KeyValue = SignalDataTypeMap[KeyType];

const KEY_BYTES = 32;

/** Turns a Signal key into bytes for sealing. Hot kinds (sessions, sender keys, prekeys) are stored raw. */
export function encodeKey(type: KeyType, value: KeyValue): Uint8Array {
  switch (type) {
    case 'session':
    case 'sender-key':
    case 'identity-key':
      if (value instanceof Uint8Array) return value;
      break;
    case 'pre-key':
      if (isPair(value)) return Buffer.concat([value.public, value.private]);
      break;
    case 'lid-mapping':
      if (typeof value === 'string') return Buffer.from(value);
      break;
    case 'app-state-sync-key':
      if (typeof value === 'object' && 'keyData' in value)
        return proto.Message.AppStateSyncKeyData.encode(value).finish();
      break;
    default:
      return encodeTagged(value);
  }
  throw new TypeError(`a value of another shape was stored as ${type}`);
}

/** The value Baileys stored under `type`. Throws on bytes of another shape. */
export function decodeKey(type: KeyType, bytes: Buffer): KeyValue {
  switch (type) {
    case 'session':
    case 'sender-key':
    case 'identity-key':
      return bytes;
    case 'pre-key':
      if (bytes.length !== 2 * KEY_BYTES) throw new TypeError('a stored prekey has the wrong length');
      return { public: bytes.subarray(0, KEY_BYTES), private: bytes.subarray(KEY_BYTES) };
    case 'lid-mapping':
      return bytes.toString();
    case 'app-state-sync-key':
      return proto.Message.AppStateSyncKeyData.decode(bytes);
    default:
      return taggedValue(bytes);
  }
}

/** Guarantee of the cast: the bytes were sealed by `encodeKey` under this device, type and id, and GCM proved it. */
function taggedValue(bytes: Buffer): KeyValue {
  return decodeTagged(bytes) as KeyValue;
}

function isPair(value: KeyValue): value is SignalDataTypeMap['pre-key'] {
  return typeof value === 'object' && 'public' in value && 'private' in value;
}

/** Kinds whose values Baileys changes in place after reading them; readers get a copy. */
export function readerCopy(value: KeyValue): KeyValue {
  if (Array.isArray(value)) return [...value];
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype ? { ...value } : value;
}
