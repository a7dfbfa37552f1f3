import type { Queryable } from '../../platform/db/port.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { forgetAuditRows } from './store.ts';

/**
 * For retention, the one way rows leave the log: deletes a workspace's oldest rows written before `before`, at most
 * `limit`. Returns how many went. Runs as WAPing itself: a workspace's own role may not.
 */
export async function forgetAudit(
  db: Queryable,
  old: { workspaceId: string; before: Date; limit: number },
): Promise<number> {
  const { workspaceId, before, limit } = old;
  return forgetAuditRows(db, { workspaceId, beforeId: firstIdAt('aud', before), limit });
}
