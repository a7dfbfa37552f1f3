import type { Queryable } from '../db/port.ts';
import type { Count } from './windows.ts';

/** Old windows swept up with each statement, at most. More than a statement can add: the table stays small. */
const SWEEP = 2_000;

interface CountRow {
  workspace_id: string;
  name: string;
  window_end: string;
  used: number;
}

/** Adds to the counts all nodes share and returns what they are now; those of a workspace that is gone vanish. Rows go in one order: two nodes cannot deadlock. */
export async function addCounts(db: Queryable, counts: readonly Count[], sweepBefore: number): Promise<Count[]> {
  const rows = await db.query<CountRow>(
    `with gone as (
       delete from rate_count where (workspace_id, name, window_end) in (
         select workspace_id, name, window_end from rate_count where window_end < $5 limit ${SWEEP} for update skip locked))
     insert into rate_count as c (workspace_id, name, window_end, used)
     select r.* from unnest($1::text[], $2::text[], $3::bigint[], $4::integer[]) as r (workspace_id, name, window_end, used)
     where r.workspace_id in ('', 'operator') or exists (select 1 from workspace w where w.id = r.workspace_id)
     order by 1, 2, 3
     on conflict (workspace_id, name, window_end) do update set used = c.used + excluded.used
     returning workspace_id, name, window_end, used`,
    [
      counts.map((count) => count.workspaceId),
      counts.map((count) => count.name),
      counts.map((count) => count.windowEnd),
      counts.map((count) => count.used),
      sweepBefore,
    ],
  );
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    name: row.name,
    windowEnd: Number(row.window_end),
    used: row.used,
  }));
}
