import type { PlanBook } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { resumeDevices, suspendDevices } from '../devices/index.ts';
import { effectiveLimits, requirePlan } from '../plans/index.ts';
import { applyNewLimit } from '../usage/index.ts';
import { lockWorkspace, updateWorkspace, type WorkspaceRow } from './store.ts';

/** What is to be other than before; a limit of null goes back to the plan's. */
export interface WorkspaceChange {
  name?: string | undefined;
  plan?: string | undefined;
  deviceLimit?: number | null | undefined;
  outboundLimit?: number | null | undefined;
  suspended?: boolean | undefined;
}

interface Services {
  plans: PlanBook;
  /** Rows that share a workspace's monthly count. */
  shards: number;
  now: Date;
}

const orElse = <T>(wanted: T | undefined, present: T): T => (wanted === undefined ? present : wanted);

function changed(row: WorkspaceRow, change: WorkspaceChange, now: Date): WorkspaceRow {
  const suspended = change.suspended ?? row.suspended_at !== null;
  return {
    ...row,
    name: change.name ?? row.name,
    plan: change.plan ?? row.plan,
    device_limit: orElse(change.deviceLimit, row.device_limit),
    outbound_limit: orElse(change.outboundLimit, row.outbound_limit),
    suspended_at: suspended ? (row.suspended_at ?? now) : null,
  };
}

/**
 * Changes a workspace in the caller's transaction. Nothing is deleted by a smaller plan: it stops new use. Suspending
 * closes the devices and keeps them linked; resuming brings them back. Returns the row as it was and is. Throws NOT_FOUND and, on an unknown plan,
 * VALIDATION_ERROR.
 */
export async function changeWorkspace(
  tx: Queryable,
  { plans, shards, now }: Services,
  target: { id: string; change: WorkspaceChange },
): Promise<{ before: WorkspaceRow; after: WorkspaceRow }> {
  const before = await lockWorkspace(tx, target.id);
  if (!before) throw new WapingError('NOT_FOUND', 'no such workspace', { param: 'workspaceId' });
  if (before.erasing_at) throw new WapingError('CONFLICT', 'the workspace is being erased', { param: 'workspaceId' });
  const after = changed(before, target.change, now);
  if (after.plan !== before.plan) requirePlan(plans, after.plan);
  await updateWorkspace(tx, after);
  const limit = effectiveLimits(plans, after).outboundPerMonth;
  if (limit !== effectiveLimits(plans, before).outboundPerMonth) {
    await applyNewLimit(tx, { workspaceId: after.id, limit, shards, now });
  }
  const devices = { workspaceId: after.id, now };
  if (before.suspended_at === null && after.suspended_at !== null) await suspendDevices(tx, devices);
  if (before.suspended_at !== null && after.suspended_at === null) await resumeDevices(tx, devices);
  return { before, after };
}
