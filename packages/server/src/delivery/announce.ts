import { recordEvents } from '../features/events/index.ts';
import { statusEvent } from '../features/messages/index.ts';
import type { Queryable } from '../platform/db/port.ts';
import type { ClaimedRow } from './store.ts';

/** One event for each message that is now on its way for the first time. */
export async function announceSending(tx: Queryable, rows: readonly ClaimedRow[]): Promise<void> {
  const fresh = rows.filter((row) => !row.was_sending);
  await recordEvents(
    tx,
    fresh.map((row) => statusEvent({ ...row, status: 'sending', error: null, held_reason: null })),
  );
}
