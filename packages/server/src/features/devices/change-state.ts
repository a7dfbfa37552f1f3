import type { SessionFact } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { endLink } from './link-store.ts';
import { toDevice } from './schemas.ts';
import { type DeviceState, type Transition, type Trigger, transition } from './state.ts';
import { type DeviceRow, lockDevice, settleDesired, settleOpen, writeAccount, writeState } from './store.ts';

interface Target {
  workspaceId: string;
  deviceId: string;
  now: Date;
}

const EVENT_OF: Partial<Record<DeviceState, string>> = {
  connected: 'device.connected',
  degraded: 'device.degraded',
  disconnected: 'device.disconnected',
  connecting: 'device.disconnected',
  logged_out: 'device.logged_out',
  restricted: 'device.restricted',
};

function eventType(from: DeviceRow, to: Transition): string {
  if (to.reason === 'paired') return 'device.linked';
  // A device that leaves `connected` is away, even while it tries again; the first connect of a linked one is not news.
  if (to.state === 'connecting' && from.state !== 'connected' && from.state !== 'degraded')
    return 'device.health_changed';
  return EVENT_OF[to.state] ?? 'device.health_changed';
}

async function apply(
  tx: Queryable,
  target: Target,
  change: { from: DeviceRow; to: Transition; retryAt: Date | null },
): Promise<DeviceRow> {
  const { workspaceId, deviceId, now } = target;
  const { from, to, retryAt } = change;
  const base = Math.max(now.getTime(), retryAt?.getTime() ?? 0);
  const deadline = to.deadlineSeconds === undefined ? null : new Date(base + to.deadlineSeconds * 1000);
  const row = await writeState(tx, {
    workspaceId,
    id: deviceId,
    state: to.state,
    reason: to.reason,
    deadline,
    retryAt,
  });
  await recordEvents(tx, [
    {
      workspaceId,
      deviceId,
      subjectId: deviceId,
      type: eventType(from, to),
      data: { device: toDevice(row), previousState: from.state },
    },
  ]);
  if (from.state === 'linking' && to.state !== 'linking') await endLink(tx, workspaceId, deviceId);
  // An ended session is not to be opened again by the next owner; a paired one is.
  if (to.reason === 'paired') await settleOpen(tx, workspaceId, deviceId);
  if (to.state === 'unlinked' && from.state === 'linking')
    await settleDesired(tx, { workspaceId, id: deviceId, desired: 'off' });
  if (to.state === 'logged_out') await settleDesired(tx, { workspaceId, id: deviceId, desired: 'off' });
  return row;
}

/**
 * The one writer of device states: locks the row, asks the state machine, writes state and event. Returns the row
 * as it then is, or null when the device is gone. Waiting messages follow in `delivery`, which knows both.
 */
export async function changeState(tx: Queryable, target: Target, trigger: Trigger): Promise<DeviceRow | null> {
  const from = await lockDevice(tx, target.workspaceId, target.deviceId);
  if (!from) return null;
  const fact: SessionFact | null = trigger.kind === 'fact' ? trigger.fact : null;
  if (fact?.fact === 'paired' || fact?.fact === 'open') {
    // Who asked for the unlink has the last word: a scan that lands meanwhile is undone by the logout that follows.
    if (from.desired === 'logout') return from;
    const { phone, lid, name, companion } = fact.account;
    await writeAccount(tx, {
      workspaceId: target.workspaceId,
      id: from.id,
      phone,
      lid: lid ?? null,
      name: name ?? null,
      companion,
    });
  }
  const to = transition(asState(from.state), trigger);
  if (!to || (to.state === from.state && to.reason === from.state_reason)) return from;
  const retryAt = fact?.fact === 'closed' && fact.retryAt !== undefined ? new Date(fact.retryAt) : null;
  return apply(tx, target, { from, to, retryAt });
}

// The column is written by `writeState` alone, with values of this union.
function asState(text: string): DeviceState {
  return text as DeviceState;
}
