import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { changeState } from './change-state.ts';
import { startLink } from './link-store.ts';
import { LINK_SECONDS } from './state.ts';
import { type DeviceRow, setDesired } from './store.ts';

export interface LinkRequest {
  workspaceId: string;
  deviceId: string;
  method: 'qr' | 'code';
  /** With `code`: number of the phone that will type it. */
  phone: string | null;
  now: Date;
}

/** Sets a device linking, anew where it is already. Throws CONFLICT where it is linked, or still being unlinked. */
export async function beginLink(tx: Queryable, request: LinkRequest): Promise<{ row: DeviceRow; deadline: Date }> {
  const { workspaceId, deviceId, method, phone, now } = request;
  const row = await changeState(tx, { workspaceId, deviceId, now }, { kind: 'command', command: 'link' });
  if (row?.state !== 'linking') {
    throw new WapingError('CONFLICT', `the device is ${row?.state ?? 'gone'}; unlink it first`, { param: 'deviceId' });
  }
  // A link begun now would take the last words of the session that is being ended for its own.
  if (row.desired === 'logout') {
    throw new WapingError('CONFLICT', 'the device is still being unlinked; try again in a second', {
      param: 'deviceId',
      retryable: true,
      retryAfter: 1,
    });
  }
  const deadline = new Date(now.getTime() + LINK_SECONDS * 1000);
  await startLink(tx, { workspaceId, deviceId: row.id, method, phone, deadline });
  await setDesired(tx, { workspaceId, id: row.id, desired: 'link' });
  return { row, deadline };
}
