import { carriesMessages } from '../features/devices/index.ts';
import { holdMessages, releaseMessages } from '../features/messages/index.ts';
import type { Queryable } from '../platform/db/port.ts';

/** Makes the waiting messages of a device say what its state means for them: queued when it sends, else held and why. */
export async function alignWaiting(
  tx: Queryable,
  device: { workspace_id: string; id: string; state: string; state_reason: string },
): Promise<void> {
  const target = { workspaceId: device.workspace_id, deviceId: device.id };
  if (carriesMessages({ state: device.state, reason: device.state_reason })) await releaseMessages(tx, target);
  else await holdMessages(tx, { ...target, reason: `device_${device.state}` });
}
