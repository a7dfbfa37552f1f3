import {
  countOpen,
  insertDeliveries,
  isWanted,
  laneOf,
  readLogAfter,
  writeCursor,
} from '../../features/webhooks/index.ts';
import type { Db } from '../../platform/db/port.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import { newId } from '../../platform/ids.ts';
import { lockToFeed } from './store.ts';

/** Deliveries of one endpoint that are not over: beyond that its events wait in the log. */
const MAX_OPEN = 1_000;
const PAGE = 100;

/** What feeding an endpoint found: perhaps more, nothing more, or too many open deliveries. */
type Fed = 'more' | 'done' | 'full';

/**
 * Gives an endpoint deliveries of the next events of the log, and moves its cursor behind them, in one transaction: a
 * crash does both or neither.
 */
export async function feed(db: Db, hook: { id: string; workspace_id: string }, now: Date): Promise<Fed> {
  const patient = db.patient([hook.workspace_id]);
  const limit = patient.rows(PAGE);
  return patient.tx(async (tx): Promise<Fed> => {
    const row = await lockToFeed(tx, hook.workspace_id, hook.id);
    if (!row) return 'done';
    const of = { workspaceId: row.workspace_id, webhookId: row.id };
    if ((await countOpen(tx, { ...of, most: MAX_OPEN })) >= MAX_OPEN) return 'full';
    const at = { tx: row.cursor_tx, sequence: row.cursor_sequence };
    const { events, place } = await readLogAfter(tx, { workspaceId: row.workspace_id, place: at, limit });
    if (events.length === 0) return 'done';
    const filter = { events: row.events, deviceIds: row.device_ids };
    const deliveries = events
      .filter((event) => isWanted(filter, event))
      .map((event) => ({ id: newId('wdl'), eventId: event.id, eventType: event.type, lane: laneOf(event) }));
    if (deliveries.length > 0) await insertDeliveries(tx, { ...of, deliveries, now });
    await writeCursor(tx, { workspaceId: row.workspace_id, id: row.id, ...place });
    faultPoint('webhook.fed');
    return events.length >= limit ? 'more' : 'done';
  });
}
