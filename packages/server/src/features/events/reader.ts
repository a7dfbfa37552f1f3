import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { cursorText, LOG_START, type LogCursor, openCursor } from './cursor.ts';
import type { EventFilter } from './filter.ts';
import { findCursorState, findScanEnd, listEventsAfter, listWholeLog, type WholeLogRow } from './log-store.ts';
import type { EventRow } from './store.ts';

/** How many events a read looks through for those it wants, so that a rare type does not cost the whole log at once. */
const SCAN = 5_000;

/** A piece of the log. `next` is where to go on, past what was looked through and not wanted. */
export interface LogPage<Row = EventRow> {
  rows: Row[];
  next: LogCursor;
  /** Whether more can be read at once; the page may be empty then, with a filter. */
  hasMore: boolean;
}

const placeOf = ({ tx, sequence }: LogCursor): LogCursor => ({ tx, sequence });

function cut<Row extends LogCursor>(rows: Row[], limit: number, otherwise: Omit<LogPage, 'rows'>): LogPage<Row> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || rows.length <= limit) return { rows: page, ...otherwise };
  return { rows: page, next: placeOf(last), hasMore: true };
}

/**
 * Reads one workspace's log, in order, each event once, whatever is being written meanwhile: only what stands before
 * every open transaction is shown, and nothing is ever added there. `db` is the database as the reader may use it;
 * `filter.devices` is its matter. At most 500 events.
 */
export async function readLog(
  db: Queryable,
  read: { workspaceId: string; after: LogCursor; filter: EventFilter; limit: number },
): Promise<LogPage> {
  const { workspaceId, after, limit } = read;
  const { types, deviceId } = read.filter;
  const query = { workspaceId, after, types, deviceId, limit: limit + 1 };
  if (types === null && deviceId === null) {
    const rows = await listEventsAfter(db, { ...query, upTo: null });
    return cut(rows, limit, { next: placeOf(rows.at(-1) ?? after), hasMore: false });
  }
  const end = await findScanEnd(db, { workspaceId, after, rows: SCAN });
  if (end === null) return { rows: [], next: after, hasMore: false };
  const rows = await listEventsAfter(db, { ...query, upTo: end });
  return cut(rows, limit, { next: placeOf(end), hasMore: end.seen === SCAN });
}

/**
 * Reads the log of all workspaces, likewise: for who delivers events (webhooks, sinks) with a cursor of its own. `db` is
 * the database itself. At most 500 events; with `only`, those of other workspaces come without data.
 */
export async function readWholeLog(
  db: Queryable,
  read: { after: LogCursor; only?: readonly string[]; limit: number },
): Promise<LogPage<WholeLogRow>> {
  const { after, only = null, limit } = read;
  const rows = await listWholeLog(db, { after, only, limit: limit + 1 });
  return cut(rows, limit, { next: placeOf(rows.at(-1) ?? after), hasMore: false });
}

/**
 * Where a caller goes on: behind its cursor, or at the oldest event kept. Throws VALIDATION_ERROR for a cursor of another
 * log, CURSOR_EXPIRED where events behind it were deleted.
 */
export async function startOf(
  db: Queryable,
  caller: { workspaceId: string; after: string | undefined; param?: string },
): Promise<LogCursor> {
  const { workspaceId, after, param = 'after' } = caller;
  const at = after === undefined ? LOG_START : openCursor(workspaceId, after, param);
  if (at === LOG_START) return at;
  const { oldest, isAhead } = await findCursorState(db, workspaceId, at);
  if (isAhead)
    throw new WapingError('VALIDATION_ERROR', `${param}: a cursor of another log, or of one that was put back`, {
      param,
    });
  if (oldest === null) return at;
  const text = cursorText(workspaceId, oldest);
  throw new WapingError('CURSOR_EXPIRED', `${param}: events behind this cursor were deleted; the oldest is ${text}`, {
    param,
    details: [{ param: 'oldestCursor', message: text }],
  });
}
