import { expect, it } from 'vitest';
import { feed, feedsOf } from '../../src/delivery/webhooks/fan-out.ts';
import { lockWebhook } from '../../src/features/webhooks/index.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { HookWorld } from '../kit/hooks.ts';

const FULL = 1_000;

/** The numbers of the events that an endpoint was given, in the order they go out in. */
async function given(db: Db, webhookId: string): Promise<number[]> {
  const rows = await db.query<{ n: number }>(
    `select (e.data ->> 'n')::int as n from webhook_delivery d join event e on e.id = d.event_id
     where d.webhook_id = $1 order by d.position`,
    [webhookId],
  );
  return rows.map(({ n }) => n);
}

/** Keeps an endpoint locked until that is disposed. */
async function inHand(db: Db, world: HookWorld, id: string): Promise<AsyncDisposable> {
  let letGo = (): void => undefined;
  let over: Promise<void> | undefined;
  await new Promise<void>((locked) => {
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    over = db.tx(async (tx) => {
      await lockWebhook(tx, world.workspaceId, id);
      locked();
      await held;
    });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      letGo();
      await over;
    },
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

it('endpoints are fed together with others of their workspace, fifty at the most', () => {
  const hooks = Array.from({ length: 130 }, (_, n) => ({
    id: `whk_${n}`,
    workspace_id: n % 13 === 0 ? 'ws_a' : 'ws_b',
  }));
  const feeds = feedsOf(hooks);
  expect(feeds.map(({ workspaceId, ids }) => [workspaceId, ids.length])).toEqual([
    ['ws_a', 10],
    ['ws_b', 50],
    ['ws_b', 50],
    ['ws_b', 20],
  ]);
  expect(feeds.flatMap(({ ids }) => ids).sort()).toEqual(hooks.map(({ id }) => id).sort());
});

describeEachDb('endpoints of a workspace that are fed together', (database) => {
  const open = async () => {
    const { db } = database();
    const world = await HookWorld.create(db);
    const { workspaceId } = world;
    const once = async (...ids: string[]) => {
      await world.shown();
      return feed(db, { workspaceId, ids, now: world.now() });
    };
    /** Beside calls a portion is small. */
    const all = async (...ids: string[]) => {
      let fed = await once(...ids);
      while (fed.more.length > 0) fed = await once(...ids);
      return fed;
    };
    return { db, world, once, all };
  };

  it('each get what they want and no other has, from where they stand', async () => {
    const { db, world, all } = await open();
    const early = await world.hook('http://127.0.0.1:9/early');
    await world.tell(3);
    const late = await world.hook('http://127.0.0.1:9/late');
    const other = await world.hook('http://127.0.0.1:9/other', { events: ['other.*'] });
    await world.tell(2, { type: 'other.happened' });
    await world.tell(4);
    const ids = [early.id, late.id, other.id];
    expect(await all(...ids)).toEqual({ more: [], full: [] });
    expect(await given(db, early.id)).toEqual([...upTo(3), ...upTo(4)]);
    expect(await given(db, late.id)).toEqual(upTo(4));
    expect(await given(db, other.id)).toEqual(upTo(2));
    // Now they stand at the same place, and what is behind it was given: nothing comes twice.
    const places = await Promise.all(ids.map(async (id) => (await world.row(id)).cursor_sequence));
    expect(new Set(places).size).toBe(1);
    await world.tell(1);
    expect(await all(...ids)).toEqual({ more: [], full: [] });
    expect(await given(db, late.id)).toEqual([...upTo(4), 0]);
    expect(await all(...ids)).toEqual({ more: [], full: [] });
    expect(await given(db, late.id)).toHaveLength(5);
  });

  it('take a portion each of a long log, and say so', async () => {
    const { db, world, once, all } = await open();
    const hooks = [];
    for (const n of upTo(25)) hooks.push(await world.hook(`http://127.0.0.1:9/${n}`));
    const ids = hooks.map(({ id }) => id);
    await all(...ids);
    await world.tell(45);
    const { more } = await once(...ids);
    expect(more.sort()).toEqual([...ids].sort());
    const portion = (await given(db, ids[0] ?? '')).length;
    expect(portion).toBeGreaterThan(0);
    expect(portion).toBeLessThanOrEqual(20);
    for (const id of ids) expect(await given(db, id)).toEqual(upTo(portion));
    await all(...ids);
    for (const id of ids) expect(await given(db, id)).toEqual(upTo(45));
  });

  it('pass over what none of them wants a page at a time, however many they are', async () => {
    const { db, world, once } = await open();
    const hooks = [];
    for (const n of upTo(25)) hooks.push(await world.hook(`http://127.0.0.1:9/${n}`, { events: ['other.*'] }));
    const ids = hooks.map(({ id }) => id);
    await world.tell(60);
    await world.tell(1, { type: 'other.happened' });
    expect(await once(...ids)).toEqual({ more: [], full: [] });
    for (const id of ids) expect(await given(db, id)).toEqual([0]);
  });

  it('wait for nobody: one with too much before it, one in another hand and one that is paused stay behind', async () => {
    const { db, world, all } = await open();
    const [full, held, paused, free] = [
      await world.hook('http://127.0.0.1:9/full'),
      await world.hook('http://127.0.0.1:9/held'),
      await world.hook('http://127.0.0.1:9/paused'),
      await world.hook('http://127.0.0.1:9/free'),
    ];
    await world.ask('webhooks.pause', { params: { webhookId: paused.id } });
    await world.tell(2);
    await db.query(
      `insert into webhook_delivery (id, workspace_id, webhook_id, event_id, event_type, lane, next_at, created_at)
       select 'wdl_' || md5($2 || n), $1, $2, 'evt_' || n, 'test.happened', '', now(), now()
       from generate_series(1, ${FULL}) n`,
      [world.workspaceId, full.id],
    );
    const ids = [full.id, held.id, paused.id, free.id];
    // The embedded database has one transaction at a time: there nothing is ever in another hand.
    if (db.kind === 'postgres') {
      await using _hand = await inHand(db, world, held.id);
      expect(await all(...ids)).toEqual({ more: [], full: [full.id] });
    } else expect(await all(full.id, paused.id, free.id)).toEqual({ more: [], full: [full.id] });
    expect(await given(db, free.id)).toEqual(upTo(2));
    for (const { id } of [full, held, paused]) expect(await given(db, id)).toEqual([]);
    await all(...ids);
    expect(await given(db, held.id)).toEqual(upTo(2));
  });
});
