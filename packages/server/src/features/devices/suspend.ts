import type { Queryable } from '../../platform/db/port.ts';
import { changeState } from './change-state.ts';
import { closeActive, listActiveDevices, listSuspendedDevices, reopenSuspended } from './store.ts';

interface Workspace {
  workspaceId: string;
  now: Date;
}

/** Closes every connection of a workspace. The devices stay linked; a link that is being made is given up. */
export async function suspendDevices(tx: Queryable, { workspaceId, now }: Workspace): Promise<void> {
  for (const { id } of await listActiveDevices(tx, workspaceId)) {
    await changeState(tx, { workspaceId, deviceId: id, now }, { kind: 'command', command: 'suspend' });
  }
  await closeActive(tx, workspaceId);
}

/** Connects again what `suspendDevices` closed. */
export async function resumeDevices(tx: Queryable, { workspaceId, now }: Workspace): Promise<void> {
  for (const device of await listSuspendedDevices(tx, workspaceId)) {
    if (device.state === 'restricted') continue;
    await changeState(tx, { workspaceId, deviceId: device.id, now }, { kind: 'command', command: 'restart' });
  }
  await reopenSuspended(tx, workspaceId);
}
