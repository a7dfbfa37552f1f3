import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { toDevice } from './schemas.ts';
import { carriesMessages, isLinked } from './state.ts';
import { type DeviceRow, lookUpDevice } from './store.ts';

interface SendCheck {
  workspaceId: string;
  deviceId: string;
  requireOnline: boolean | undefined;
  to: string;
}

/** What a caller is told whose device cannot do it without a connection. */
export function disconnected(row: DeviceRow): WapingError {
  return new WapingError('SESSION_DISCONNECTED', 'WhatsApp session is not connected', {
    param: 'deviceId',
    details: [{ param: 'deviceId', message: `the device is ${row.state} (${row.state_reason})` }],
  });
}

function checkNumber(row: DeviceRow, to: string): void {
  if (row.network === 'sandbox' || !to.startsWith('+')) return;
  if (parsePhoneNumberFromString(to)?.isPossible()) return;
  throw new WapingError('VALIDATION_ERROR', 'to: not a possible phone number', { param: 'to' });
}

/** What a device says to a message: null is "at once", a reason is "held until it can"; and over which network. */
export interface SendVerdict {
  heldReason: string | null;
  network: DeviceRow['network'];
}

/** Whether a device takes a message now. Throws as `judgeDevice` does. */
export async function checkCanSend(db: Queryable, check: SendCheck): Promise<SendVerdict> {
  return judgeDevice(await lookUpDevice(db, check.workspaceId, check.deviceId), check);
}

/**
 * Whether this device takes a message now. Throws NOT_FOUND where there is none, or SESSION_DISCONNECTED when a person
 * with the phone is needed (or online was required).
 */
export function judgeDevice(
  row: DeviceRow | null,
  check: Pick<SendCheck, 'to'> & { requireOnline?: boolean | undefined },
): SendVerdict {
  if (!row) throw new WapingError('NOT_FOUND', 'no such device', { param: 'deviceId' });
  checkNumber(row, check.to);
  const { state, stateReason, network } = toDevice(row);
  if (carriesMessages({ state, reason: stateReason })) return { heldReason: null, network };
  if (check.requireOnline === true) throw disconnected(row);
  if (!isLinked(state) && check.requireOnline !== false) throw disconnected(row);
  return { heldReason: `device_${state}`, network };
}
