import type { PresenceState } from '../../engine/asks.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { listContactIds } from '../contacts/index.ts';
import { recordEvents } from '../events/index.ts';

/** A change of somebody's presence as a device saw it. Times are Unix milliseconds. */
export interface PresenceOfDevice {
  workspaceId: string;
  deviceId: string;
  /** The contact it was followed for. */
  ref: string;
  state: PresenceState;
  at: number;
  lastSeen?: number;
}

/** Writes the events of those whose contact is still there. Returns how many. */
export async function recordPresences(tx: Queryable, changes: readonly PresenceOfDevice[]): Promise<number> {
  if (changes.length === 0) return 0;
  const keys = changes.map(({ workspaceId, ref }) => ({ workspaceId, id: ref }));
  const known = new Set(await listContactIds(tx, keys));
  const told = changes.filter(({ ref }) => known.has(ref));
  await recordEvents(
    tx,
    told.map(({ workspaceId, deviceId, ref, state, at, lastSeen }) => ({
      workspaceId,
      deviceId,
      subjectId: ref,
      type: 'presence.changed',
      data: {
        deviceId,
        contactId: ref,
        state,
        lastSeen: lastSeen === undefined ? null : new Date(lastSeen).toISOString(),
        at: new Date(at).toISOString(),
      },
    })),
  );
  return told.length;
}
