import { deliveriesOf, insertDeliveries, listFull, readLogAfter, writeCursors } from '../../features/webhooks/index.ts';
import { pieces } from '../../platform/db/pieces.ts';
import type { Db } from '../../platform/db/port.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import { groupBy } from '../../platform/group-by.ts';
import { lockToFeed } from './store.ts';

/** Deliveries of one endpoint that are not over: beyond that its events wait in the log. */
const MAX_OPEN = 1_000;
/** Endpoints of one workspace that are fed in one transaction. */
const TOGETHER = 50;
/** Events each is fed in it, and all of them together when they are many: no transaction is long. */
const PAGE = 100;
const SHARED = 500;

/** What feeding endpoints found: those that perhaps have more before them, and those with too many open deliveries. */
export interface Fed {
  more: string[];
  full: string[];
}

/** Endpoints that are fed together: of one workspace, and not too many. */
export function feedsOf(
  hooks: readonly { id: string; workspace_id: string }[],
): { workspaceId: string; ids: string[] }[] {
  return [...groupBy(hooks, (hook) => hook.workspace_id)].flatMap(([workspaceId, of]) =>
    [...pieces(of, () => TOGETHER)].map((piece) => ({ workspaceId, ids: piece.map(({ id }) => id) })),
  );
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
  const limit = patient.rows(Math.min(PAGE, Math.ceil(SHARED / ids.length)));
  return patient.tx(async (tx): Promise<Fed> => {
    const hooks = await lockToFeed(tx, workspaceId, ids);
    const full = await listFull(tx, { workspaceId, ids: hooks.map(({ id }) => id), most: MAX_OPEN });
    const fed = [];
    const more: string[] = [];
    const open = hooks.filter(({ id }) => !full.has(id));
    // They mostly stand at the same place, and the log is read once.
    for (const group of groupBy(open, (hook) => `${hook.cursor_tx} ${hook.cursor_sequence}`).values()) {
      const [{ cursor_tx, cursor_sequence }] = group;
      const at = { tx: cursor_tx, sequence: cursor_sequence };
      const { events, place } = await readLogAfter(tx, { workspaceId, place: at, limit });
      if (events.length === 0) continue;
      for (const hook of group) fed.push({ id: hook.id, place, deliveries: deliveriesOf(hook, events) });
      if (events.length >= limit) more.push(...group.map(({ id }) => id));
    }
    const deliveries = fed.flatMap((one) => one.deliveries);
    if (deliveries.length > 0) await insertDeliveries(tx, { workspaceId, deliveries, now });
    if (fed.length > 0) await writeCursors(tx, workspaceId, fed);
    faultPoint('webhook.fed');
    return { more, full: [...full] };
  });
}
