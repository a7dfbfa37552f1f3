import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

/** Messages counted against a month's quota so far. */
export async function monthlySent(db: Queryable, workspaceId: string, month: string): Promise<number> {
  const rows = await db.query<{ sent: number }>(
    'select coalesce(sum(sent), 0)::int as sent from usage_month where workspace_id = $1 and month = $2::date',
    [workspaceId, month],
  );
  return rows[0]?.sent ?? 0;
}

export const DIMENSIONS = ['day', 'device', 'kind'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const COLUMNS: Record<Dimension, readonly string[]> = {
  day: ['day'],
  device: ['device_id', 'network'],
  kind: ['kind'],
};

export interface CountRow {
  day: string | null;
  device_id: string | null;
  network: string | null;
  kind: string | null;
  direction: string;
  count: number;
}

/** At most `MAX_COUNTS` and one: the caller refuses what is more. */
export const MAX_COUNTS = 10_000;

/** Counts of whole days, summed over the dimensions not named. Only fixed words enter the SQL. */
export async function listCounts(
  db: Queryable,
  filter: { workspaceId: string; from: string; to: string; deviceId: string | null; by: readonly Dimension[] },
): Promise<CountRow[]> {
  const columns = [...DIMENSIONS.filter((one) => filter.by.includes(one)).flatMap((one) => COLUMNS[one]), 'direction'];
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('day >= ?::date', filter.from)
    .and('day <= ?::date', filter.to)
    .and('device_id = ?', filter.deviceId);
  const list = columns.join(', ');
  return db.query<CountRow>(
    `select ${list}, sum(count)::int as count from usage_day ${where.sql} group by ${list} order by ${list}
     limit ${MAX_COUNTS + 1}`,
    where.params,
  );
}

/** A level of its quota that a workspace has reached this month and was not told of. */
export interface DueNotice {
  workspace_id: string;
  level: number;
  sent: number;
  allowed: number;
}

/** Runs across workspaces: the installation watches the quotas of all. */
export async function dueNotices(
  db: Queryable,
  query: { month: string; plans: readonly { name: string; outbound: number }[]; levels: readonly number[] },
): Promise<DueNotice[]> {
  return db.query<DueNotice>(
    `with used as (
       select workspace_id, sum(sent)::bigint as sent from usage_month where month = $1::date group by workspace_id),
     due as (
       select used.workspace_id, used.sent, coalesce(w.outbound_limit, p.outbound) as allowed
       from used join workspace w on w.id = used.workspace_id
       join unnest($2::text[], $3::integer[]) as p (name, outbound) on p.name = w.plan
       where used.sent > 0)
     select due.workspace_id, l.level, due.sent::int as sent, due.allowed from due
     cross join unnest($4::smallint[]) as l (level)
     where due.sent * 100 >= due.allowed::bigint * l.level
       and not exists (select from quota_notice n
         where n.workspace_id = due.workspace_id and n.month = $1::date and n.level = l.level)
     order by due.workspace_id, l.level limit 200`,
    [query.month, query.plans.map((p) => p.name), query.plans.map((p) => p.outbound), query.levels],
  );
}

/** Notes that a level was told; false when another node told it first. */
export async function insertNotice(
  tx: Queryable,
  notice: { workspaceId: string; month: string; level: number },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into quota_notice (workspace_id, month, level) values ($1, $2::date, $3) on conflict do nothing returning 1`,
    [notice.workspaceId, notice.month, notice.level],
  );
  return rows.length === 1;
}
