import type { Queryable } from '../../platform/db/port.ts';
import { type EventRow, LOG_START, type LogCursor, readLog } from '../events/index.ts';
import { firstEventFrom, lastEvent } from './log-store.ts';

/** Transactions begin in about the order of their numbers; none stays open for longer than this. */
const SLACK_MS = 60_000;

const EVERYTHING = { types: null, deviceId: null, devices: null };

/** The next events of a workspace after a place, oldest first, and the place they end at. */
export async function readLogAfter(
  tx: Queryable,
  from: { workspaceId: string; place: LogCursor; limit: number },
): Promise<{ events: EventRow[]; place: LogCursor }> {
  const { workspaceId, place: after, limit } = from;
  const { rows: events, next: place } = await readLog(tx, { workspaceId, after, filter: EVERYTHING, limit });
  return { events, place };
}

/**
 * A place before every event from `time` on, and after nearly all that are older: found by halving the range of
 * transactions, so that a long log costs some dozens of look-ups and no index by time.
 */
export async function placeOfTime(db: Queryable, workspaceId: string, time: Date): Promise<LogCursor> {
  const first = await firstEventFrom(db, workspaceId, '0');
  const last = await lastEvent(db, workspaceId);
  if (!first || !last) return LOG_START;
  const wanted = time.getTime() - SLACK_MS;
  let low = BigInt(first.tx);
  let high = BigInt(last.tx) + 1n;
  while (low < high) {
    const middle = (low + high) / 2n;
    const found = await firstEventFrom(db, workspaceId, String(middle));
    if (found && found.created_at.getTime() < wanted) low = BigInt(found.tx) + 1n;
    else high = middle;
  }
  return { tx: String(low), sequence: '0' };
}
