import { type proto as Proto, toNumber } from 'baileys';
import type { AppStateKey } from './mutation-keys.ts';
import type { RandomBytes } from './phone-state.ts';

export type { AppStateKey } from './mutation-keys.ts';

/** A fresh key as a phone makes it: the id's first two bytes name the device (0), the rest is an epoch. */
export function newAppStateKey(random: RandomBytes): AppStateKey {
  const id = Buffer.concat([Buffer.alloc(2), random.bytes(4)]);
  return { id, data: random.bytes(32), timestamp: Date.now() };
}

/** The same, in the form in which a phone shares it with its companions. */
export function createAppStateKey(random: RandomBytes): Proto.Message.IAppStateSyncKey {
  return toSharedKey(newAppStateKey(random));
}

/** The key as the peer message that hands it to a companion carries it. */
export function toSharedKey(key: AppStateKey): Proto.Message.IAppStateSyncKey {
  const fingerprint = { rawId: 1, currentIndex: 0, deviceIndexes: [0] };
  return { keyId: { keyId: key.id }, keyData: { keyData: key.data, fingerprint, timestamp: key.timestamp } };
}

/** Inverse of {@link toSharedKey}. */
export function fromSharedKey(shared: Proto.Message.IAppStateSyncKey): AppStateKey {
  const timestamp = toNumber(shared.keyData?.timestamp ?? undefined);
  return { id: Buffer.from(shared.keyId?.keyId ?? []), data: Buffer.from(shared.keyData?.keyData ?? []), timestamp };
}
