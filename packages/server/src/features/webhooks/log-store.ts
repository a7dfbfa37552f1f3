import type { Queryable } from '../../platform/db/port.ts';

/** Where an event stands in the log, and when its transaction began. */
export interface LogPoint {
  /** xid8, as text. */
  tx: string;
  created_at: Date;
}

/** The first event of a workspace that this transaction, or a later one, wrote. */
export async function firstEventFrom(db: Queryable, workspaceId: string, tx: string): Promise<LogPoint | null> {
  const rows = await db.query<LogPoint>(
    `select e.tx::text as tx, e.created_at from event e where e.workspace_id = $1 and e.tx >= $2::xid8
     order by e.tx, e.sequence limit 1`,
    [workspaceId, tx],
  );
  return rows[0] ?? null;
}

export async function lastEvent(db: Queryable, workspaceId: string): Promise<LogPoint | null> {
  const rows = await db.query<LogPoint>(
    `select e.tx::text as tx, e.created_at from event e where e.workspace_id = $1
     order by e.tx desc, e.sequence desc limit 1`,
    [workspaceId],
  );
  return rows[0] ?? null;
}
