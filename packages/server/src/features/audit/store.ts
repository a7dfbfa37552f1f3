import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface AuditRow {
  id: string;
  actor_kind: string;
  actor_id: string | null;
  action: string;
  target_kind: string | null;
  target_id: string | null;
  outcome: string;
  before: unknown;
  after: unknown;
  address: string | null;
  request_id: string | null;
  created_at: Date;
}

const COLUMNS = `id, actor_kind, actor_id, action, target_kind, target_id, outcome, before, after, address, request_id,
  created_at`;

/** Null is: not asked for. */
export interface AuditFilter {
  workspaceId: string;
  actorKind: string | null;
  actorId: string | null;
  action: string | null;
  targetId: string | null;
  /** Ids from here on. */
  fromId: string | null;
  /** Ids before this one. */
  beforeId: string | null;
}

// The index on actions leaves sends out; a plan made for any action must be told that it may use it.
const ACTION = `action = ? and action <> 'messages.send'`;

export async function listAuditRows(tx: Queryable, filter: AuditFilter, page: PageWindow): Promise<AuditRow[]> {
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('actor_kind = ?', filter.actorKind)
    .and('actor_id = ?', filter.actorId)
    .and(filter.action === 'messages.send' ? 'action = ?' : ACTION, filter.action)
    .and('target_id = ?', filter.targetId)
    .and('id >= ?', filter.fromId)
    .and('id < ?', filter.beforeId);
  return tx.query<AuditRow>(`select ${COLUMNS} from audit ${pageSql(where, 'id', page)}`, where.params);
}

/** Deletes the oldest rows of a workspace with ids before `beforeId`. Returns how many, `limit` at the most. */
export async function forgetAuditRows(
  db: Queryable,
  old: { workspaceId: string; beforeId: string; limit: number },
): Promise<number> {
  const rows = await db.query<{ gone: number }>('select forget_audit($1, $2, $3) as gone', [
    old.workspaceId,
    old.beforeId,
    old.limit,
  ]);
  return rows[0]?.gone ?? 0;
}
