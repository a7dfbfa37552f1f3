import type { Queryable, SqlValue } from '../../platform/db/port.ts';

/** An active endpoint with something to do. */
export interface WorkableHook {
  id: string;
  workspace_id: string;
  /** Whether the log has events it was not given yet. */
  behind: boolean;
  /** Whether a delivery of it is due. */
  due: boolean;
}

/**
 * Active endpoints and what they have to do, in the order of ids; $1 is the time. Each costs two look-ups in an index;
 * ORDER BY and LIMIT inside keep the planner from reading the tables instead.
 */
const lookSql = (where: string): string => `select w.id, w.workspace_id,
    (select 1 from event e where e.workspace_id = w.workspace_id
       and (e.tx, e.sequence) > (w.cursor_tx, w.cursor_sequence)
       and e.tx < pg_snapshot_xmin(pg_current_snapshot()) order by e.tx, e.sequence limit 1) is not null as behind,
    (w.rest_until is null or w.rest_until <= $1) and (select 1 from webhook_delivery d
       where d.workspace_id = w.workspace_id and d.webhook_id = w.id and d.state = 'pending'
         and d.next_at <= $1 order by d.next_at limit 1) is not null as due
  from webhook w where w.state = 'active' and ${where}`;

const workable = (rows: readonly WorkableHook[]): WorkableHook[] => rows.filter(({ behind, due }) => behind || due);

const look = (db: Queryable, where: string, params: SqlValue[]): Promise<WorkableHook[]> =>
  db.query<WorkableHook>(lookSql(where), params);

/** Endpoints of some workspaces, and some by their ids, that have something to do. */
export async function listWorkable(
  db: Queryable,
  of: { now: Date; workspaces: readonly string[]; ids: readonly string[] },
): Promise<WorkableHook[]> {
  const chosen = `array(select q.id from unnest($2::text[]) as q (id)
    union select o.id from webhook o where o.workspace_id = any ($3::text[]))`;
  return workable(await look(db, `w.id = any (${chosen}) order by w.id`, [of.now, of.ids, of.workspaces]));
}

/** A page of all endpoints: whose each is, those with something to do, and where the next page begins. */
export async function pageOfWorkable(
  db: Queryable,
  page: { now: Date; after: string; limit: number },
): Promise<{ workspaces: string[]; hooks: WorkableHook[]; next: string }> {
  const rows = await look(db, 'w.id > $2 order by w.id limit $3', [page.now, page.after, page.limit]);
  const next = rows.length < page.limit ? '' : (rows.at(-1)?.id ?? '');
  return { workspaces: rows.map((row) => row.workspace_id), hooks: workable(rows), next };
}
