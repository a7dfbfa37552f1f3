import { carriesMessages } from '../features/devices/index.ts';
import { holdMessages, releaseMessages } from '../features/messages/index.ts';
import type { Queryable } from '../platform/db/port.ts';

/** Nothing of such a device goes on by itself: a person with the phone has to link it again. */
const GONE: ReadonlySet<string> = new Set(['unlinked', 'logged_out']);

/** Makes the waiting messages of a device say what its state means for them: queued when it sends, else held and why. */
export async function alignWaiting(
  tx: Queryable,
  device: { workspace_id: string; id: string; state: string; state_reason: string },
): Promise<void> {
  const target = { workspaceId: device.workspace_id, deviceId: device.id };
  if (carriesMessages({ state: device.state, reason: device.state_reason })) await releaseMessages(tx, target);
  else await holdMessages(tx, { ...target, reason: `device_${device.state}`, gone: GONE.has(device.state) });
}
