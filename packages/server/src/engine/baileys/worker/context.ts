import type { AuthenticationCreds, WAVersion } from 'baileys';
import { messageSecretContext } from '../../../platform/crypto/message-secret.ts';
import { seal, unseal } from '../../../platform/crypto/seal.ts';
import type { HistoryGroup, WaitingHistory } from '../../history.ts';
import type { Address, EngineRecord, OutboundBody, SessionSpec, UnreadMessage } from '../../port.ts';
import type { WorkerSettings } from '../options.ts';
import { encodeCredentials } from './credentials-codec.ts';
import { decodeKey, encodeKey, type KeyType, type KeyValue } from './key-codec.ts';
import { decodeReference, encodeReference, type MediaReference } from './media/reference.ts';
import type { KeyWrite, RecordSealer } from './write-stream.ts';

export type LogFields = Record<string, string | number>;
export type WorkerLog = (level: 'debug' | 'info' | 'warn' | 'error', text: string, fields?: LogFields) => void;

/** What one worker shares among its sessions. */
export interface WorkerContext {
  /** Address of the chat socket; absent for WhatsApp's own. */
  url: string | undefined;
  /** Web version to announce; absent for the engine library's own (trap 10: stale ones are refused with 405). */
  version: WAVersion | undefined;
  settings: WorkerSettings;
  log: WorkerLog;
  /** Waits for a handshake slot; the returned function frees it. */
  handshakeSlot: () => Promise<() => void>;
  /** Waits for the one place in which history is read; the returned function frees it. */
  historySlot: () => Promise<() => void>;
}

/** The gateway's store, as one session sees it. */
export interface SessionStore {
  keys(type: string, ids: string[]): Promise<Map<string, Uint8Array>>;
  /** The body of a message of ours, where `asker` is the chat it went to. */
  sent(waId: string, asker: Address): Promise<OutboundBody | null>;
  stored(waId: string): Promise<boolean>;
  unread(): Promise<UnreadMessage[]>;
  nextHistory(): Promise<WaitingHistory | null>;
  storeHistory(group: Omit<HistoryGroup, 'workspaceId' | 'deviceId' | 'token'>): Promise<boolean>;
}

const sealContext = (spec: SessionSpec, type: string, id: string): string =>
  `${spec.workspaceId}/${spec.deviceId}/${type}/${id}`;

/** Opens sealed credentials. Throws when they belong to another device or key. */
export function openCredentials(spec: SessionSpec, sealed: Uint8Array): Buffer {
  return unseal(spec.dataKey, sealed, sealContext(spec, 'credentials', 'self'));
}

/** Seals the secret of a received message for whoever opens the answers to it. */
function sealMessageSecret(spec: SessionSpec, waId: string, secret: Uint8Array): Uint8Array {
  return seal(spec.dataKey, secret, messageSecretContext(spec.workspaceId, spec.deviceId, waId));
}

/** Opens the secret of a message another made. Throws when another device or key sealed it. */
export function openMessageSecret(spec: SessionSpec, waId: string, sealed: Uint8Array): Uint8Array {
  return unseal(spec.dataKey, sealed, messageSecretContext(spec.workspaceId, spec.deviceId, waId));
}

/** Seals and opens where a file lies and what opens it. Opening throws when another device or key sealed it. */
export function mediaSeals(spec: SessionSpec) {
  const context = sealContext(spec, 'media', 'reference');
  return {
    seal: (reference: MediaReference): Uint8Array => seal(spec.dataKey, encodeReference(reference), context),
    open: (sealed: Uint8Array): MediaReference => decodeReference(unseal(spec.dataKey, sealed, context)),
  };
}

/** Seals where a part of history lies, and its key. */
export function sealHistory(spec: SessionSpec, waId: string, reference: Uint8Array): Uint8Array {
  return seal(spec.dataKey, reference, sealContext(spec, 'history', waId));
}

/** Throws when it belongs to another device, part or key. */
export function openHistory(spec: SessionSpec, waId: string, sealed: Uint8Array): Buffer {
  return unseal(spec.dataKey, sealed, sealContext(spec, 'history', waId));
}

/** The seals of what arrives at a session, now or of the past. */
export function inboundSeals(spec: SessionSpec) {
  return {
    sealSecret: (waId: string, secret: Uint8Array) => sealMessageSecret(spec, waId, secret),
    sealMedia: mediaSeals(spec).seal,
    sealHistory: (waId: string, reference: Uint8Array) => sealHistory(spec, waId, reference),
  };
}

/** Seals what leaves a session with its workspace's data key. */
export function recordSealer(spec: SessionSpec, creds: () => AuthenticationCreds): RecordSealer {
  const sealed = ({ type, id, value }: KeyWrite) => ({
    type,
    id,
    sealed: value === null ? null : seal(spec.dataKey, encodeKey(type, value), sealContext(spec, type, id)),
  });
  return {
    keys: (writes): EngineRecord => ({ kind: 'keys', entries: Array.from(writes, sealed) }),
    credentials: (): EngineRecord => ({
      kind: 'credentials',
      sealed: seal(spec.dataKey, encodeCredentials(creds()), sealContext(spec, 'credentials', 'self')),
    }),
  };
}

/** Opens stored keys. */
export async function loadKeys(
  spec: SessionSpec,
  store: SessionStore,
  type: KeyType,
  ids: string[],
): Promise<Map<string, KeyValue>> {
  const found = await store.keys(type, ids);
  return new Map(
    Array.from(found, ([id, bytes]) => [id, decodeKey(type, unseal(spec.dataKey, bytes, sealContext(spec, type, id)))]),
  );
}
