import { expect, it } from 'vitest';
import { claimDeliveries, settleDeliveries } from '../../src/delivery/webhooks/store.ts';
import { listWorkable, pageOfWorkable } from '../../src/delivery/webhooks/workable.ts';
import { countOpen, listFull } from '../../src/features/webhooks/delivery-store.ts';
import { readLogAfter } from '../../src/features/webhooks/index.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { HookWorld } from '../kit/hooks.ts';
import { lookedAt, plansOf } from '../kit/plans.ts';

const EVENTS = 6_000;
const OPEN = 1_000;
const MOST = 16;

/** As weeks of traffic leave it: a long log, most of it delivered, and as much waiting as an endpoint may have. */
async function longLog(db: Db, { ordered }: { ordered: boolean }): Promise<{ world: HookWorld; hook: string }> {
  const world = await HookWorld.create(db);
  const { id } = await world.hook('http://127.0.0.1:9/hook', { ordered });
  await db.query(
    `with e as (
       insert into event (id, workspace_id, type, api_version, data)
       select 'evt_' || md5($1 || n), $1, 'test.happened', '2026-11-01', jsonb_build_object('n', n)
       from generate_series(1, $3::int) n returning id, (data ->> 'n')::int as n)
     insert into webhook_delivery (id, workspace_id, webhook_id, event_id, event_type, lane, next_at, created_at, state)
     select 'wdl_' || md5($1 || n), $1, $2, id, 'test.happened', 'chat ' || n % 200, now() - interval '1 hour', now(),
       case when n > $3::int - $4::int then 'pending' else 'delivered' end
     from e order by n`,
    [world.workspaceId, id, EVENTS, OPEN],
  );
  for (const table of ['event', 'webhook_delivery', 'webhook']) await db.query(`analyze ${table}`);
  return { world, hook: id };
}

describeEachDb('the statements of webhooks, with the plans made for any value', (database) => {
  it.each([
    { mode: 'at any time', ordered: false },
    { mode: 'in order', ordered: true },
  ])('claim deliveries $mode without reading more than they take', async ({ ordered }) => {
    const { db } = database();
    const { world, hook } = await longLog(db, { ordered });
    const wanted = [{ id: hook, workspace_id: world.workspaceId, most: MOST }];
    const request = { wanted, now: world.now(), holder: 'node_one', lockMs: 60_000, probe: false };
    const nodes = await db.tx((tx) => plansOf(tx, (asked) => claimDeliveries(asked, request)));
    expect(lookedAt(nodes, 'event')).toMatchObject({ rows: MOST });
    const deliveries = lookedAt(nodes, 'webhook_delivery');
    expect(deliveries.by).not.toContain('Seq Scan');
    // Each is found, and updated; in order, the one before it in its lane is looked for too.
    expect(deliveries.rows).toBeLessThanOrEqual(4 * MOST);
    const rows = await claimDeliveries(db, { ...request, holder: 'node_two' });
    expect(rows).toHaveLength(MOST);
    expect(rows.every(({ type, sequence }) => type === 'test.happened' && sequence !== null)).toBe(true);
    const settled = rows.map(({ id, lock_token: lockToken }) => ({
      workspaceId: world.workspaceId,
      id,
      lockToken,
      state: 'delivered' as const,
      failures: 0,
      nextAt: world.now(),
      at: world.now(),
      attempt: '[{}]',
    }));
    const written = await db.tx((tx) => plansOf(tx, (asked) => settleDeliveries(asked, settled)));
    expect(lookedAt(written, 'webhook_delivery').rows).toBeLessThanOrEqual(2 * MOST);
  });

  it('look for work, and feed an endpoint, from where it stands', async () => {
    const { db } = database();
    const { world, hook } = await longLog(db, { ordered: false });
    const { workspaceId } = world;
    const now = world.now();
    const { id: last } = await world.hook('http://127.0.0.1:9/other');
    const work = { id: hook, workspace_id: workspaceId, behind: true, due: true };
    for (const of of [
      { ids: [hook], workspaces: [] },
      { ids: [], workspaces: [workspaceId] },
    ]) {
      expect(await listWorkable(db, { now, ...of })).toContainEqual(work);
      const looked = await db.tx((tx) => plansOf(tx, (asked) => listWorkable(asked, { now, ...of })));
      expect(lookedAt(looked, 'event').rows).toBeLessThanOrEqual(2);
      expect(lookedAt(looked, 'webhook_delivery').rows).toBeLessThanOrEqual(2);
    }
    const before = [hook, last].sort()[0] ?? '';
    const page = { now, after: before.slice(0, -1), limit: 2 };
    const shown = await pageOfWorkable(db, page);
    expect(shown).toMatchObject({ workspaces: [workspaceId, workspaceId], next: [hook, last].sort()[1] });
    expect(shown.hooks).toContainEqual(work);
    const paged = await db.tx((tx) => plansOf(tx, (asked) => pageOfWorkable(asked, page)));
    expect(lookedAt(paged, 'event').rows).toBeLessThanOrEqual(2);
    expect(lookedAt(paged, 'webhook_delivery').rows).toBeLessThanOrEqual(2);
    const place = { tx: '0', sequence: '0' };
    const read = await db.tx((tx) =>
      plansOf(tx, async (asked) => {
        await readLogAfter(asked, { workspaceId, place, limit: 100 });
        await countOpen(asked, { workspaceId, webhookId: hook, most: OPEN });
        await listFull(asked, { workspaceId, ids: [hook], most: OPEN });
      }),
    );
    // A page of the log, once to find its end where that is asked for.
    expect(lookedAt(read, 'event').rows).toBeLessThanOrEqual(200);
    expect(lookedAt(read, 'webhook_delivery').rows).toBeLessThanOrEqual(2 * OPEN);
  });
});
