import type { EventRow, LogCursor } from '../../features/events/index.ts';
import {
  deliveriesOf,
  insertDeliveries,
  listFull,
  MAX_WEBHOOKS,
  type NewDelivery,
  readLogAfter,
  type WebhookRow,
  writeCursors,
} from '../../features/webhooks/index.ts';
import { pieces } from '../../platform/db/pieces.ts';
import type { Db } from '../../platform/db/port.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import { groupBy } from '../../platform/group-by.ts';
import { lockToFeed } from './store.ts';

/** Deliveries of one endpoint that are not over: beyond that its events wait in the log. */
const MAX_OPEN = 1_000;
/** Events an endpoint is fed in one transaction, and deliveries that are made in it for all of them: none is long. */
const PAGE = 100;
const SHARED = 500;

/** What feeding endpoints found: those that perhaps have more before them, and those with too many open deliveries. */
export interface Fed {
  more: string[];
  full: string[];
}

/** Endpoints that are fed together: those of one workspace, no more than one may have. */
export function feedsOf(
  hooks: readonly { id: string; workspace_id: string }[],
): { workspaceId: string; ids: string[] }[] {
  return [...groupBy(hooks, (hook) => hook.workspace_id)].flatMap(([workspaceId, of]) =>
    [...pieces(of, () => MAX_WEBHOOKS)].map((piece) => ({ workspaceId, ids: piece.map(({ id }) => id) })),
  );
}

interface Portion {
  deliveries: NewDelivery[];
  /** Behind the last event of it; null: there is none. */
  place: LogCursor | null;
  /** Whether it leaves some of the events for the next. */
  isCut: boolean;
}

/** The first of some events, with their deliveries to each endpoint that wants them: no more than `most`, but one event. */
function portionOf(hooks: readonly WebhookRow[], events: readonly EventRow[], most: number): Portion {
  const deliveries: NewDelivery[] = [];
  let place: LogCursor | null = null;
  for (const event of events) {
    const wanted = hooks.flatMap((hook) => deliveriesOf(hook, [event]));
    if (place && deliveries.length + wanted.length > most) return { deliveries, place, isCut: true };
    deliveries.push(...wanted);
    place = { tx: event.tx, sequence: event.sequence };
  }
  return { deliveries, place, isCut: false };
}

/**
 * Gives endpoints of a workspace, no more than {@link feedsOf} puts together, deliveries of the next events of the log,
 * and moves their cursors behind them, in one transaction: a crash does both or neither.
 */
export async function feed(
  db: Db,
  { workspaceId, ids, now }: { workspaceId: string; ids: readonly string[]; now: Date },
): Promise<Fed> {
  const patient = db.patient([workspaceId]);
  return patient.tx(async (tx): Promise<Fed> => {
    const hooks = await lockToFeed(tx, workspaceId, ids);
    const full = await listFull(tx, { workspaceId, ids: hooks.map(({ id }) => id), most: MAX_OPEN });
    const open = hooks.filter(({ id }) => !full.has(id));
    const limit = patient.rows(PAGE);
    const deliveries: NewDelivery[] = [];
    const places: { id: string; place: LogCursor }[] = [];
    const more: string[] = [];
    // They mostly stand at the same place, and the log is read once.
    for (const group of groupBy(open, (hook) => `${hook.cursor_tx} ${hook.cursor_sequence}`).values()) {
      const [{ cursor_tx, cursor_sequence }] = group;
      const at = { tx: cursor_tx, sequence: cursor_sequence };
      const { events } = await readLogAfter(tx, { workspaceId, place: at, limit });
      const portion = portionOf(group, events, patient.rows(SHARED) - deliveries.length);
      if (portion.place === null) continue;
      deliveries.push(...portion.deliveries);
      for (const { id } of group) places.push({ id, place: portion.place });
      if (portion.isCut || events.length >= limit) more.push(...group.map(({ id }) => id));
    }
    if (deliveries.length > 0) await insertDeliveries(tx, { workspaceId, deliveries, now });
    if (places.length > 0) await writeCursors(tx, workspaceId, places);
    faultPoint('webhook.fed');
    return { more, full: [...full] };
  });
}
