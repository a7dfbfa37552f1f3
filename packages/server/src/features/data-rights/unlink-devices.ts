import type { Queryable } from '../../platform/db/port.ts';
import { changeState, setDesired } from '../devices/index.ts';
import { devicesToUnlink } from './workspace-store.ts';

/** Has every device of a workspace log out: the phones are told, the credentials wiped. */
export async function unlinkDevices(tx: Queryable, target: { workspaceId: string; now: Date }): Promise<void> {
  const { workspaceId, now } = target;
  for (const deviceId of await devicesToUnlink(tx, workspaceId)) {
    await changeState(tx, { workspaceId, deviceId, now }, { kind: 'command', command: 'unlink' });
    await setDesired(tx, { workspaceId, id: deviceId, desired: 'logout' });
  }
}
