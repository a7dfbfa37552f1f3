import type { Limits, PlanBook } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { effectiveLimits } from './limits.ts';
import { lockPlanRow } from './store.ts';

/** Throws FORBIDDEN where the plan has no API keys. */
export function requireApiAccess(limits: Pick<Limits, 'plan' | 'apiAccess'>): void {
  if (limits.apiAccess) return;
  const message = `the plan ${limits.plan} has no API access`;
  throw new WapingError('FORBIDDEN', message, { details: [{ param: 'plan', message }] });
}

/** Throws VALIDATION_ERROR naming the plans there are. */
export function requirePlan(plans: PlanBook, name: string): void {
  if (plans.find(name)) return;
  throw new WapingError('VALIDATION_ERROR', `plan: must be one of ${plans.names.join(', ')}`, { param: 'plan' });
}

/**
 * The workspace's limits as the database has them, with the workspace locked until the transaction ends: what is counted
 * after this and written before the commit cannot be overtaken. Throws NOT_FOUND.
 */
export async function lockLimits(tx: Queryable, plans: PlanBook, workspaceId: string): Promise<Limits> {
  const row = await lockPlanRow(tx, workspaceId);
  if (!row) throw new WapingError('NOT_FOUND', 'no such workspace', { param: 'workspaceId' });
  return effectiveLimits(plans, row);
}
