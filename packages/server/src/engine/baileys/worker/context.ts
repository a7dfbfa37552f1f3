import type { AuthenticationCreds, WAVersion } from 'baileys';
import { messageSecretContext } from '../../../platform/crypto/message-secret.ts';
import { seal, unseal } from '../../../platform/crypto/seal.ts';
import type { EngineRecord, OutboundBody, SessionSpec } from '../../port.ts';
import type { WorkerSettings } from '../options.ts';
import { encodeCredentials } from './credentials-codec.ts';
import { decodeKey, encodeKey, type KeyType, type KeyValue } from './key-codec.ts';
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
}

/** The gateway's store, as one session sees it. */
export interface SessionStore {
  keys(type: string, ids: string[]): Promise<Map<string, Uint8Array>>;
  sent(waId: string): Promise<OutboundBody | null>;
  stored(waId: string): Promise<boolean>;
}

const sealContext = (spec: SessionSpec, type: string, id: string): string =>
  `${spec.workspaceId}/${spec.deviceId}/${type}/${id}`;

/** Opens sealed credentials. Throws when they belong to another device or key. */
export function openCredentials(spec: SessionSpec, sealed: Uint8Array): Buffer {
  return unseal(spec.dataKey, sealed, sealContext(spec, 'credentials', 'self'));
}

/** Seals the secret of a received message for whoever opens the answers to it. */
export function sealMessageSecret(spec: SessionSpec, waId: string, secret: Uint8Array): Uint8Array {
  return seal(spec.dataKey, secret, messageSecretContext(spec.workspaceId, spec.deviceId, waId));
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
