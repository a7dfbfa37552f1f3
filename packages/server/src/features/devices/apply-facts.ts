import type { SessionFact } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { changeState } from './change-state.ts';
import { gapFilled } from './gaps.ts';
import { showSecret } from './link-store.ts';
import type { DeviceRow } from './store.ts';

export interface FactOfDevice {
  workspaceId: string;
  deviceId: string;
  fact: SessionFact;
  at: number;
}

/** What `applyFact` needs beside the transaction. */
export interface FactServices {
  seal(workspaceId: string, plain: string, context: string): Promise<Uint8Array>;
}

/** Context under which a link secret is sealed. */
export const linkContext = (deviceId: string) => `device-link/${deviceId}`;

/** Applies one fact of a session to its device. Returns the device as it then is, where the fact moved its state. */
export async function applyFact(tx: Queryable, fact: FactOfDevice, services: FactServices): Promise<DeviceRow | null> {
  const { workspaceId, deviceId } = fact;
  const word = fact.fact;
  if (word.fact === 'qr' || word.fact === 'code') {
    const secret = word.fact === 'qr' ? word.text : word.code;
    const expiresAt = new Date(word.expiresAt);
    const sealed = await services.seal(workspaceId, secret, linkContext(deviceId));
    await showSecret(tx, { workspaceId, deviceId, sealed, expiresAt });
    // The text itself stays out of the log: whoever holds it can link the account.
    const data = { deviceId, method: word.fact, expiresAt: expiresAt.toISOString() };
    await recordEvents(tx, [{ workspaceId, deviceId, subjectId: deviceId, type: 'device.qr', data }]);
    return null;
  }
  if (word.fact === 'drained') {
    await gapFilled(tx, { workspaceId, deviceId });
    return null;
  }
  return changeState(tx, { workspaceId, deviceId, now: new Date(fact.at) }, { kind: 'fact', fact: word });
}
