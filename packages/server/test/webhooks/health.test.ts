import { expect, it } from 'vitest';
import { feed } from '../../src/delivery/webhooks/fan-out.ts';
import type { Outcome } from '../../src/delivery/webhooks/post.ts';
import { settleResults } from '../../src/delivery/webhooks/settle.ts';
import { claimDeliveries } from '../../src/delivery/webhooks/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { HookWorld } from '../kit/hooks.ts';

const HOUR_MS = 3_600_000;

type Answer = 'ok' | 'failed' | 'busy' | 'gone';

const STATUS: Record<Answer, number> = { ok: 200, failed: 500, busy: 429, gone: 410 };
const REST_MS = 60_000;

const outcome = (answer: Answer, at: Date): Outcome => ({
  ok: answer === 'ok',
  at,
  status: STATUS[answer],
  latencyMs: 5,
  error: answer === 'ok' ? null : `answered ${STATUS[answer]}`,
  answer: null,
  gone: answer === 'gone',
  retryAfterMs: answer === 'busy' ? REST_MS : null,
});

/** Endpoints, each answering its next deliveries so, all written in one transaction. */
async function settle(world: HookWorld, db: Db, answers: ReadonlyMap<string, readonly Answer[]>) {
  const now = world.now();
  const { workspaceId } = world;
  await world.shown();
  await feed(db, { workspaceId, ids: [...answers.keys()], now });
  const wanted = [...answers].map(([id, { length: most }]) => ({ id, workspace_id: workspaceId, most }));
  const rows = await claimDeliveries(db, { wanted, now, holder: 'node_test', lockMs: 60_000, probe: false });
  const left = new Map([...answers].map(([id, all]) => [id, [...all]]));
  const results = rows.map((row) => {
    const answer = left.get(row.webhook_id)?.shift();
    if (!answer) throw new Error('more was claimed than asked for');
    return { row, outcome: outcome(answer, now), probe: false };
  });
  return db.tx((tx) => settleResults(tx, results, { pauseAfterMs: 12 * HOUR_MS, now }));
}

describeEachDb('the health of endpoints whose attempts end together', (database) => {
  const open = async (count: number) => {
    const { db } = database();
    const world = await HookWorld.create(db);
    const ids: string[] = [];
    for (let n = 0; n < count; n++) ids.push((await world.hook(`http://127.0.0.1:9/${n}`)).id);
    await world.tell(3);
    return { db, world, ids };
  };

  it.each<{ answers: Answer[]; failing: boolean; state: string; rests: boolean; error: string | null }>([
    { answers: ['ok', 'ok'], failing: false, state: 'active', rests: false, error: null },
    { answers: ['failed'], failing: true, state: 'active', rests: false, error: 'answered 500' },
    { answers: ['failed', 'ok'], failing: false, state: 'active', rests: false, error: null },
    { answers: ['ok', 'busy'], failing: false, state: 'active', rests: true, error: null },
    { answers: ['busy'], failing: true, state: 'active', rests: true, error: 'answered 429' },
    { answers: ['ok', 'gone', 'failed'], failing: true, state: 'disabled', rests: false, error: 'answered 410' },
  ])('is of $answers: $state', async ({ answers, failing, state, rests, error }) => {
    const { db, world, ids } = await open(2);
    const [one = '', other = ''] = ids;
    const changed = await settle(
      world,
      db,
      new Map([
        [other, ['ok']],
        [one, answers],
      ] as const),
    );
    const row = await world.row(one);
    expect({ failing: row.failing_since !== null, state: row.state, error: row.last_error }).toEqual({
      failing,
      state,
      error,
    });
    expect((row.rest_until?.getTime() ?? 0) > world.now().getTime()).toBe(rests);
    expect(row.last_success_at !== null).toBe(answers.includes('ok'));
    expect(changed.map(({ id }) => id)).toEqual(state === 'active' ? [] : [one]);
    expect(await world.row(other)).toMatchObject({ failing_since: null, state: 'active', rest_until: null });
  });

  it('pauses those that had nothing but failures for long, and no other', async () => {
    const { db, world, ids } = await open(3);
    const [down = '', flapping = '', well = ''] = ids;
    await settle(
      world,
      db,
      new Map<string, Answer[]>([
        [down, ['failed']],
        [flapping, ['failed']],
        [well, ['ok']],
      ]),
    );
    world.pass(6 * HOUR_MS);
    await settle(world, db, new Map<string, Answer[]>([[flapping, ['ok']]]));
    world.pass(7 * HOUR_MS);
    const answers = new Map<string, Answer[]>([
      [down, ['failed']],
      [flapping, ['failed']],
      [well, ['ok']],
    ]);
    const changed = await settle(world, db, answers);
    expect(changed.map(({ id, state, state_reason }) => ({ id, state, state_reason }))).toEqual([
      { id: down, state: 'paused', state_reason: 'failing' },
    ]);
    expect(await world.row(flapping)).toMatchObject({ state: 'active', failing_since: expect.any(Date) });
    expect((await world.row(well)).failing_since).toBeNull();
  });
});
