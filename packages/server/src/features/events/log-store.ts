import { Conditions, limitSql } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { LogCursor } from './cursor.ts';
import { COLUMNS, type EventRow } from './store.ts';

// Below every transaction still open: with `sequence > last` alone a reader would step over rows that commit late.
const SETTLED = 'tx < pg_snapshot_xmin(pg_current_snapshot())';

/** Settled events of one workspace after a cursor, oldest first; with `upTo`, no further than that. Rounds `limit` up. */
export async function listEventsAfter(
  db: Queryable,
  filter: {
    workspaceId: string;
    after: LogCursor;
    upTo: LogCursor | null;
    types: readonly string[] | null;
    deviceId: string | null;
    limit: number;
  },
): Promise<EventRow[]> {
  const where = new Conditions()
    .and(`workspace_id = ? and ${SETTLED}`, filter.workspaceId)
    .and('type = any (?::text[])', filter.types)
    .and('device_id = ?', filter.deviceId);
  const places = filter.upTo === null ? [filter.after] : [filter.after, filter.upTo];
  const first = where.params.length + 1;
  const bounds = places.map((_, i) => {
    const at = first + 2 * i;
    return `(tx, sequence) ${i === 0 ? '>' : '<='} ($${at}::xid8, $${at + 1}::bigint)`;
  });
  return db.query<EventRow>(
    `select ${COLUMNS} from event ${where.sql} and ${bounds.join(' and ')}
     order by event.tx, event.sequence ${limitSql(filter.limit)}`,
    [...where.params, ...places.flatMap(({ tx, sequence }) => [tx, sequence])],
  );
}

/** How far a reader who filters may look in one go: the last of the next `rows` settled events, and how many there are. */
export async function findScanEnd(
  db: Queryable,
  scan: { workspaceId: string; after: LogCursor; rows: number },
): Promise<(LogCursor & { seen: number }) | null> {
  const rows = await db.query<LogCursor & { seen: number }>(
    `select s.tx::text as tx, s.sequence, (count(*) over ())::int as seen from (
       select e.tx, e.sequence from event e
       where e.workspace_id = $1 and e.${SETTLED} and (e.tx, e.sequence) > ($2::xid8, $3::bigint)
       order by e.tx, e.sequence limit $4) s
     order by s.tx desc, s.sequence desc limit 1`,
    [scan.workspaceId, scan.after.tx, scan.after.sequence, scan.rows],
  );
  return rows[0] ?? null;
}

/** What a workspace's retention says of a cursor. */
export interface CursorState {
  /** Events behind it were deleted: from here on the log is whole. Null where it misses nothing. */
  oldest: LogCursor | null;
  /** It stands where this database has never been. */
  isAhead: boolean;
}

export async function findCursorState(db: Queryable, workspaceId: string, at: LogCursor): Promise<CursorState> {
  const rows = await db.query<{ tx: string | null; sequence: string | null; is_ahead: boolean }>(
    `select $2::xid8 > pg_snapshot_xmax(pg_current_snapshot()) as is_ahead, l.tx, l.sequence
     from (select 1) one left join (
       select w.log_from_tx::text as tx, w.log_from_sequence as sequence from workspace w
       where w.id = $1 and (w.log_from_tx, w.log_from_sequence) > ($2::xid8, $3::bigint)) l on true`,
    [workspaceId, at.tx, at.sequence],
  );
  const { tx = null, sequence = null, is_ahead: isAhead = false } = rows[0] ?? {};
  return { oldest: tx === null || sequence === null ? null : { tx, sequence }, isAhead };
}

/** An event with the workspace it belongs to. */
export interface WholeLogRow extends EventRow {
  workspace_id: string;
}

/**
 * Settled events of all workspaces after a cursor, oldest first: for WAPing's own readers. With `only`, events of other
 * workspaces come without their data, which nobody wants. Rounds `limit` up.
 */
export async function listWholeLog(
  db: Queryable,
  page: { after: LogCursor; only: readonly string[] | null; limit: number },
): Promise<WholeLogRow[]> {
  const data = page.only === null ? 'e.data' : 'case when e.workspace_id = any ($3::text[]) then e.data end as data';
  return db.query<WholeLogRow>(
    `select e.workspace_id, e.id, e.device_id, e.type, e.api_version, ${data}, e.created_at, e.sequence, e.tx::text as tx
     from event e where e.${SETTLED} and (e.tx, e.sequence) > ($1::xid8, $2::bigint)
     order by e.tx, e.sequence ${limitSql(page.limit)}`,
    [page.after.tx, page.after.sequence, ...(page.only === null ? [] : [page.only])],
  );
}

/** The last settled event of all workspaces. Null in an empty log. */
export async function findLogEnd(db: Queryable): Promise<LogCursor | null> {
  const rows = await db.query<LogCursor>(
    `select e.tx::text as tx, e.sequence from event e where e.${SETTLED} order by e.tx desc, e.sequence desc limit 1`,
  );
  return rows[0] ?? null;
}

/** What stands in the log of all workspaces behind a place. */
export interface Backlog {
  /** How many settled events, counted up to a bound. */
  count: number;
  /** When the first of them was written; null where there is none. */
  oldest: Date | null;
}

/** Measures what a reader of the whole log that stands at `after` has still to read; counts no further than `most`. */
export async function measureBacklog(db: Queryable, after: LogCursor, most: number): Promise<Backlog> {
  const rows = await db.query<Backlog>(
    `select count(*)::int as count, min(b.created_at) as oldest from (
       select e.created_at from event e where e.${SETTLED} and (e.tx, e.sequence) > ($1::xid8, $2::bigint)
       order by e.tx, e.sequence limit $3) b`,
    [after.tx, after.sequence, most],
  );
  return rows[0] ?? { count: 0, oldest: null };
}

/** Whether events are stored that a transaction still open holds back. */
export async function isHeldBack(db: Queryable): Promise<boolean> {
  const rows = await db.query<{ held: boolean }>(
    'select exists (select from event e where e.tx >= pg_snapshot_xmin(pg_current_snapshot())) as held',
  );
  return rows[0]?.held ?? false;
}

/** Whether a device is, or was, one of the workspace's. */
export async function isDeviceOf(db: Queryable, workspaceId: string, deviceId: string): Promise<boolean> {
  const rows = await db.query('select 1 as found from device where workspace_id = $1 and id = $2', [
    workspaceId,
    deviceId,
  ]);
  return rows.length > 0;
}
