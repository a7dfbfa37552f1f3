import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { type EventInsert, insertEvents } from './store.ts';

export type NewEvent = Omit<EventInsert, 'id'>;

/** Writes events in the transaction of the change they tell of. */
export async function recordEvents(tx: Queryable, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await insertEvents(
    tx,
    events.map((event) => ({ ...event, id: newId('evt') })),
  );
}
