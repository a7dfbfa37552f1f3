import { expect, it } from 'vitest';
import { WapingError } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { type JobHandler, JobPause, type JobRun } from '../../src/platform/jobs/run.ts';
import { findJob, insertJob, type JobRow } from '../../src/platform/jobs/store.ts';
import { describeEachDb } from '../kit/db.ts';
import { RightsWorld } from '../kit/rights.ts';

/** Counts to `to`, a number a step, and tells of each. */
function counting(
  kind: string,
  to: number,
  onStep: (n: number, run: JobRun) => void | Promise<void> = () => {},
): JobHandler {
  return {
    kind,
    maxAttempts: 3,
    keepResultDays: null,
    async run(run) {
      const at = () => Number(run.checkpoint ?? 0);
      while (at() < to) {
        await onStep(at() + 1, run);
        await run.step(async () => ({ checkpoint: at() + 1, phase: 'counting', done: at() + 1, total: to }));
      }
      return { counted: at() };
    },
  };
}

async function queue(
  world: RightsWorld,
  kind: string,
  more: { singleKey?: string; cancelable?: boolean } = {},
): Promise<string> {
  const id = newId('job');
  const { workspaceId } = world;
  const { singleKey = null, cancelable = true } = more;
  await insertJob(world.db, { id, workspaceId, kind, input: { a: 1 }, singleKey, cancelable, createdBy: 'test' });
  return id;
}

/** Lets what waits for its next attempt run now. */
const hurry = (world: RightsWorld, id: string) =>
  world.db.query(`update job set run_at = now() where workspace_id = $1 and id = $2 and state = 'queued'`, [
    world.workspaceId,
    id,
  ]);

async function until(world: RightsWorld, id: string, done: (row: JobRow) => boolean): Promise<void> {
  await expect
    .poll(
      async () => {
        const row = await findJob(world.db, world.workspaceId, id);
        return row !== null && done(row);
      },
      { timeout: 30_000 },
    )
    .toBe(true);
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof WapingError ? error.code : error),
  );

describeEachDb('jobs', (database) => {
  it('are run by one node at a time, each step once, however many nodes look for work', async () => {
    const world = await RightsWorld.create(database().db);
    const seen: string[] = [];
    const kind = `count-${newId('req')}`;
    const handlers = [counting(kind, 5, (n, run) => void seen.push(`${run.jobId} ${n}`))];
    const ids = await Promise.all(Array.from({ length: 6 }, () => queue(world, kind)));
    await using _one = world.runner(handlers);
    await using _two = world.runner(handlers);
    await using _three = world.runner(handlers);
    for (const id of ids)
      expect(await world.untilEnded(id)).toMatchObject({ state: 'succeeded', result: { counted: 5 }, done: '5' });
    expect(seen).toHaveLength(30);
    expect(new Set(seen).size).toBe(30);
  });

  it('go on from their checkpoint on another node when theirs falls silent, which then writes nothing any more', async () => {
    const world = await RightsWorld.create(database().db);
    const kind = `count-${newId('req')}`;
    let wakeDead: (() => void) | null = null;
    const froze = new Promise<void>((resolve) => {
      wakeDead = resolve;
    });
    const steps: number[] = [];
    const id = await queue(world, kind);
    let frozen = false;
    const freezing = counting(kind, 4, (n) => {
      if (n < 3 || frozen) return void steps.push(n);
      frozen = true;
      return froze;
    });
    const dead = world.runner([freezing]);
    await until(world, id, (row) => row.done === '2');
    await world.db.query(`update job set locked_until = now() - interval '1 second' where id = $1`, [id]);
    await using _next = world.runner([freezing]);
    await until(world, id, (row) => row.state !== 'running' || row.lock_token === '2');
    await hurry(world, id);
    expect(await world.untilEnded(id)).toMatchObject({ state: 'succeeded', done: '4', lock_token: '2' });
    expect(steps).toEqual([1, 2, 3, 4]);
    const before = await findJob(world.db, world.workspaceId, id);
    const wake: unknown = wakeDead;
    if (typeof wake === 'function') wake();
    await dead[Symbol.asyncDispose]();
    expect(await findJob(world.db, world.workspaceId, id)).toEqual(before);
  });

  it('are tried again after a failure, forgiven by progress, and given up after as many in a row as their kind allows', async () => {
    const world = await RightsWorld.create(database().db);
    const kind = `fail-${newId('req')}`;
    let failures = 0;
    const flaky = counting(kind, 4, (n) => {
      // Two failures before every step: six in all, never three in a row.
      failures += 1;
      if (n <= 3 && failures % 3 !== 0) throw new Error('a secret reason');
    });
    const [id, lost] = [await queue(world, kind), await queue(world, `${kind}-lost`)];
    const broken: JobHandler = {
      kind: `${kind}-lost`,
      maxAttempts: 3,
      keepResultDays: null,
      run: async () => {
        throw new Error('a secret reason');
      },
    };
    await using _runner = world.runner([flaky, broken]);
    const hurrying = setInterval(() => void Promise.all([hurry(world, id), hurry(world, lost)]).catch(() => {}), 100);
    try {
      expect(await world.untilEnded(id)).toMatchObject({ state: 'succeeded', done: '4' });
      const failed = await world.untilEnded(lost);
      expect(failed).toMatchObject({ state: 'failed', attempts: 3, error: { code: 'SERVER_ERROR' } });
      expect(JSON.stringify(failed?.error)).not.toContain('secret');
    } finally {
      clearInterval(hurrying);
    }
  });

  it('that cannot succeed are given up at once, with the reason', async () => {
    const world = await RightsWorld.create(database().db);
    const exported = await world.ask('contacts.export', { params: { contactId: await furnishContact(world) } });
    await world.db.query('update job set input = $2::jsonb where id = $1', [
      String(exported['id']),
      JSON.stringify({ contactId: newId('con') }),
    ]);
    expect(await world.finish(String(exported['id']))).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' } });
  });

  it('that wait count no failure, and go back unharmed when their node stops', async () => {
    const world = await RightsWorld.create(database().db);
    const kind = `wait-${newId('req')}`;
    let pauses = 0;
    const waiting: JobHandler = {
      kind,
      maxAttempts: 1,
      keepResultDays: null,
      async run() {
        pauses += 1;
        if (pauses < 4) throw new JobPause(10);
        return {};
      },
    };
    const id = await queue(world, kind);
    expect(await world.finish(id, [waiting])).toMatchObject({ state: 'succeeded', attempts: 1 });
    const slow = `slow-${newId('req')}`;
    const stopped = await queue(world, slow);
    const runner = world.runner([counting(slow, 1_000_000)]);
    await until(world, stopped, (row) => Number(row.done) > 2);
    await runner[Symbol.asyncDispose]();
    expect(await findJob(world.db, world.workspaceId, stopped)).toMatchObject({ state: 'queued', attempts: 0 });
  });

  it('are canceled while they wait or run, which stops the run; not when they are over, nor an erasure that has begun', async () => {
    const world = await RightsWorld.create(database().db);
    const cancel = (id: string) => refusal(world.caller.call('jobs.cancel', { params: { jobId: id } }));
    const kind = `slow-${newId('req')}`;
    const [waiting, running, sealed] = [
      await queue(world, 'nobody-runs-this'),
      await queue(world, kind),
      await queue(world, kind, { cancelable: false }),
    ];
    expect(await cancel(waiting)).toBeNull();
    await using _runner = world.runner([counting(kind, 1_000_000)]);
    for (const id of [running, sealed]) await until(world, id, (row) => Number(row.done) > 0);
    expect(await cancel(running)).toBeNull();
    expect(await cancel(sealed)).toBe('CONFLICT');
    expect(await cancel(running)).toBe('CONFLICT');
    expect(await cancel(newId('job'))).toBe('NOT_FOUND');
    const { done } = (await findJob(world.db, world.workspaceId, running)) ?? {};
    await until(world, sealed, (row) => Number(row.done) > Number(done ?? 0) + 5);
    expect(await findJob(world.db, world.workspaceId, running)).toMatchObject({ state: 'canceled', done });
    const events = await world.ask('events.list', { query: { types: 'job.canceled' } });
    expect([events['data']].flat()).toHaveLength(2);
  });

  it('for the same thing are one, while the first is open', async () => {
    const world = await RightsWorld.create(database().db);
    const contactId = await furnishContact(world);
    const ask = () => world.ask('contacts.export', { params: { contactId } });
    const all = await Promise.all([ask(), ask(), ask()]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    await world.finish(String(all[0]?.['id']));
    expect((await ask())['id']).not.toBe(all[0]?.['id']);
  });
});

async function furnishContact(world: RightsWorld): Promise<string> {
  await world.arrive({ phone: '+4915550009999' }, 'a word');
  return world.contactId('+4915550009999');
}
