import type { Queryable } from '../../platform/db/port.ts';
import { endGap, fillGap, loseGap, openGap, tellMissed } from './gap-store.ts';
import { carriesMessages, type Transition } from './state.ts';
import type { DeviceRow } from './store.ts';

/** A shorter time away is told of only if something was missed in it. */
const TELL_SECONDS = 10;

interface Change {
  from: DeviceRow;
  to: Transition;
  /** When the session last heard anything; null where it did not say. */
  heardAt: Date | null;
  /** Something came again over the connection that was deaf: it stands, so what was on its way has come over it. */
  isSameConnection: boolean;
}

/** Keeps a device's gap in step with its state: it begins when nothing can come any more, and ends with the connection. */
export async function followGap(tx: Queryable, { from, to, heardAt, isSameConnection }: Change): Promise<void> {
  const device = { workspaceId: from.workspace_id, deviceId: from.id };
  // Degraded is connected, and deaf.
  const before = carriesMessages({ state: from.state, reason: from.state_reason });
  const after = carriesMessages(to);
  if (to.state === 'unlinked' || to.state === 'logged_out') {
    // What WhatsApp kept for a device goes with its link.
    if (from.state !== 'linking') await loseGap(tx, device);
    return;
  }
  if (before && !after) await openGap(tx, { ...device, from: heardAt, reason: to.reason });
  if (before || !after) return;
  await endGap(tx, { ...device, tellSeconds: TELL_SECONDS });
  // WhatsApp says once for each connection that it has sent all it kept; a gap from before this one still waits for that.
  if (isSameConnection) await fillGap(tx, { ...device, openedSince: from.state_at });
}

/** WhatsApp has sent all it kept while the device was away. */
export async function gapFilled(tx: Queryable, device: { workspaceId: string; deviceId: string }): Promise<void> {
  await tellMissed(tx, device);
  await fillGap(tx, { ...device, openedSince: null });
}
