import { deflateSync } from 'node:zlib';
import { proto } from 'baileys';
import type { HistoryKind, HistoryPart } from '../../../history.ts';

const Sync = proto.HistorySync.HistorySyncType;

const KINDS: ReadonlyMap<number, HistoryKind> = new Map<number, HistoryKind>([
  [Sync.INITIAL_BOOTSTRAP, 'initial'],
  [Sync.RECENT, 'recent'],
  [Sync.FULL, 'full'],
  [Sync.PUSH_NAME, 'names'],
  [Sync.ON_DEMAND, 'older'],
]);

/** What its column holds. */
const MAX_CHUNK = 2 ** 31 - 1;

/** A message's last byte says how much padding it has. */
const ONE_BYTE = Uint8Array.of(1);
const NOTHING = deflateSync(new Uint8Array(0));

/** A part of history that a phone announces, and what Baileys is to see of it. */
export interface Announced extends Omit<HistoryPart, 'waId' | 'sealed'> {
  /** The notification, to be opened by `readReference`. */
  reference: Uint8Array;
  /** The same message, padded, with no history in it: Baileys would load it whole into memory at once. */
  emptied: Uint8Array;
}

/** Reads a decrypted message between the account's own devices. Undefined where it announces no history. */
export function announcedHistory(message: proto.IMessage): Announced | undefined {
  const notification = message.protocolMessage?.historySyncNotification;
  if (!notification) return undefined;
  const { initialHistBootstrapInlinePayload: inline, directPath } = notification;
  if (!inline?.length && !directPath) return undefined;
  const { syncType, chunkOrder, progress, originalMessageId, peerDataRequestSessionId } = notification;
  const empty = {
    syncType: syncType ?? null,
    chunkOrder: chunkOrder ?? null,
    progress: progress ?? null,
    originalMessageId: originalMessageId ?? null,
    peerDataRequestSessionId: peerDataRequestSessionId ?? null,
  };
  const historySyncNotification = { ...empty, initialHistBootstrapInlinePayload: NOTHING };
  const seen = { ...message, protocolMessage: { ...message.protocolMessage, historySyncNotification } };
  return {
    kind: KINDS.get(syncType ?? Sync.INITIAL_BOOTSTRAP) ?? 'other',
    chunk: Math.min(chunkOrder ?? 1, MAX_CHUNK),
    percent: typeof progress === 'number' ? Math.min(100, progress) : null,
    reference: proto.Message.HistorySyncNotification.encode(notification).finish(),
    emptied: Buffer.concat([proto.Message.encode(seen).finish(), ONE_BYTE]),
  };
}

/** Where a part lies and how it is opened, or the part itself. */
export function readReference(reference: Uint8Array): proto.Message.IHistorySyncNotification {
  return proto.Message.HistorySyncNotification.decode(reference);
}
