import type { Queryable } from '../../platform/db/port.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { forgetAuditRows } from './store.ts';

/** One statement's worth: it must not hold the embedded database up for long. */
const AT_ONCE = 5_000;

/**
 * For retention, the one way rows leave the log: deletes a workspace's oldest rows written before `before`, a few
 * thousand at a time. Returns how many went; call again until it answers 0. Runs as WAPing itself: a workspace's own
 * role may not.
 */
export async function forgetAudit(db: Queryable, workspaceId: string, before: Date): Promise<number> {
  return forgetAuditRows(db, { workspaceId, beforeId: firstIdAt('aud', before), limit: AT_ONCE });
}
