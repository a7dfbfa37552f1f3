import type { Queryable } from '../../platform/db/port.ts';
import { type EventRow, listEventsAfter } from '../events/index.ts';
import { firstEventFrom, lastEvent } from './log-store.ts';

/** A place in the log: everything up to and with this event was read. */
export interface LogPlace {
  /** xid8 and bigint, as text. */
  tx: string;
  sequence: string;
}

/** Transactions begin in about the order of their numbers; none stays open for longer than this. */
const SLACK_MS = 60_000;

/**
 * The one way in which webhooks read the log: the next events of a workspace after a place, oldest first, below every
 * open transaction, and the place they end at. `limit` is rounded up.
 */
export async function readLogAfter(
  tx: Queryable,
  from: { workspaceId: string; place: LogPlace; limit: number },
): Promise<{ events: EventRow[]; place: LogPlace }> {
  const { workspaceId, place, limit } = from;
  const events = await listEventsAfter(tx, {
    workspaceId,
    afterTx: place.tx,
    afterSequence: place.sequence,
    types: null,
    deviceId: null,
    limit,
  });
  const last = events.at(-1);
  return { events, place: last ? { tx: last.tx, sequence: last.sequence } : place };
}

/**
 * A place before every event from `time` on, and after nearly all that are older: found by halving the range of
 * transactions, so that a long log costs some dozens of look-ups and no index by time.
 */
export async function placeOfTime(db: Queryable, workspaceId: string, time: Date): Promise<LogPlace> {
  const first = await firstEventFrom(db, workspaceId, '0');
  const last = await lastEvent(db, workspaceId);
  if (!first || !last) return { tx: '0', sequence: '0' };
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
