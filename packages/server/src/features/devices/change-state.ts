import type { SessionFact } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { followGap } from './gaps.ts';
import { endLink } from './link-store.ts';
import { toDevice } from './schemas.ts';
import {
  type DeviceState,
  isLinked,
  listens,
  REACH_OUT_LOCKED,
  type Standing,
  type Transition,
  type Trigger,
  transition,
} from './state.ts';
import {
  type DeviceRow,
  lockDevice,
  setDesired,
  settleDesired,
  settleOpen,
  writeAccount,
  writeRestriction,
  writeRetry,
  writeState,
} from './store.ts';

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
  if (from.state === 'linking' && to.state === 'unlinked') return 'device.link_failed';
  // A device that stops listening is away, even while it tries again; the first connect of a linked one is not news.
  if (to.state === 'connecting' && !listens({ state: from.state, reason: from.state_reason }))
    return 'device.health_changed';
  return EVENT_OF[to.state] ?? 'device.health_changed';
}

async function apply(
  tx: Queryable,
  target: Target,
  change: { from: DeviceRow; to: Transition; retryAt: Date | null; heardAt: Date | null; isSameConnection: boolean },
): Promise<DeviceRow> {
  const { workspaceId, deviceId, now } = target;
  const { from, to, retryAt } = change;
  await remember(tx, target, { from, to });
  const row = await writeState(tx, {
    workspaceId,
    id: deviceId,
    state: to.state,
    reason: to.reason,
    deadline: deadlineOf(to, now, retryAt),
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
  await followGap(tx, change);
  if (from.state === 'linking' && to.state !== 'linking') await endLink(tx, workspaceId, deviceId);
  // An ended session is not to be opened again by the next owner; a paired one is.
  if (to.reason === 'paired') await settleOpen(tx, workspaceId, deviceId);
  if (to.state === 'unlinked' && from.state === 'linking')
    await settleDesired(tx, { workspaceId, id: deviceId, desired: 'off' });
  if (to.state === 'logged_out') await settleDesired(tx, { workspaceId, id: deviceId, desired: 'off' });
  // Not where somebody asked for its end meanwhile.
  if (to.reopen && from.desired === 'open') await setDesired(tx, { workspaceId, id: deviceId, desired: 'open' });
  return row;
}

function deadlineOf(to: Transition, now: Date, retryAt: Date | null): Date | null {
  if (to.deadlineAt !== undefined) return new Date(to.deadlineAt);
  if (to.deadlineSeconds === undefined) return null;
  return new Date(Math.max(now.getTime(), retryAt?.getTime() ?? 0) + to.deadlineSeconds * 1000);
}

/** A ban is over with whatever comes next; the lock on new chats when it says so, or with the link. */
function endsRestriction(from: DeviceRow, to: Transition): boolean {
  const wasBanned = from.state === 'restricted' && from.state_reason !== REACH_OUT_LOCKED;
  return wasBanned || to.state === 'connected' || to.state === 'unlinked' || to.state === 'logged_out';
}

/** A restriction outlives the connections under it: until it is over, each new one is restricted again. */
async function remember(
  tx: Queryable,
  target: Target,
  { from, to }: { from: DeviceRow; to: Transition },
): Promise<void> {
  const id = { workspaceId: target.workspaceId, id: target.deviceId };
  if (to.state === 'restricted') {
    const until = to.deadlineAt === undefined ? null : new Date(to.deadlineAt);
    await writeRestriction(tx, { ...id, until });
  } else if (from.restricted_until && endsRestriction(from, to)) {
    await writeRestriction(tx, { ...id, until: null });
  }
}

/**
 * The one writer of device states: locks the row, asks the state machine, writes state and event. Returns the row
 * as it then is, or null when the device is gone. Waiting messages follow in `delivery`, which knows both.
 */
export async function changeState(tx: Queryable, target: Target, trigger: Trigger): Promise<DeviceRow | null> {
  const from = await lockDevice(tx, target.workspaceId, target.deviceId);
  if (!from) return null;
  // Found overdue before the lock: what came meanwhile may have another deadline, or none.
  const deadline = from.state_deadline?.getTime() ?? Number.POSITIVE_INFINITY;
  if (trigger.kind === 'deadline' && deadline > target.now.getTime()) return from;
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
  const standing: Standing = {
    reason: from.state_reason,
    restrictedUntil: from.restricted_until?.getTime() ?? null,
    now: target.now.getTime(),
  };
  if (fact?.fact === 'reach_out_lock' && awaitsConnection(asState(from.state))) {
    // Nothing can leave now; it holds for the connection that follows.
    const until = fact.until === null ? null : new Date(fact.until);
    await writeRestriction(tx, { workspaceId: target.workspaceId, id: from.id, until });
    return from;
  }
  const to = transition(asState(from.state), trigger, standing);
  if (!to) return from;
  const heardAt = fact?.fact === 'closed' && fact.heardAt !== undefined ? new Date(fact.heardAt) : null;
  const retryAt = fact?.fact === 'closed' && fact.retryAt !== undefined ? new Date(fact.retryAt) : null;
  if (isSame(from, to)) return triesAgain(tx, target, { from, to, retryAt });
  return apply(tx, target, { from, to, retryAt, heardAt, isSameConnection: fact?.fact === 'well' });
}

/** An outage is told of once: that the next try failed as well only moves the times. */
async function triesAgain(
  tx: Queryable,
  { workspaceId, deviceId, now }: Target,
  { from, to, retryAt }: { from: DeviceRow; to: Transition; retryAt: Date | null },
): Promise<DeviceRow> {
  if (retryAt === null || (from.retry_at !== null && retryAt <= from.retry_at)) return from;
  return writeRetry(tx, { workspaceId, id: deviceId, deadline: deadlineOf(to, now, retryAt), retryAt });
}

const awaitsConnection = (state: DeviceState): boolean =>
  isLinked(state) && state !== 'connected' && state !== 'restricted';

function isSame(from: DeviceRow, to: Transition): boolean {
  if (to.state !== from.state || to.reason !== from.state_reason) return false;
  return to.deadlineAt === undefined || to.deadlineAt === from.state_deadline?.getTime();
}

// The column is written by `writeState` alone, with values of this union.
function asState(text: string): DeviceState {
  return text as DeviceState;
}
