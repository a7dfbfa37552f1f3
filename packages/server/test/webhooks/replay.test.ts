import { expect, it } from 'vitest';
import { recordJobEnd } from '../../src/features/jobs/index.ts';
import { webhookReplay } from '../../src/features/webhooks/index.ts';
import { newId } from '../../src/platform/ids.ts';
import { JobRunner } from '../../src/platform/jobs/runner.ts';
import { findJob } from '../../src/platform/jobs/store.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { hookScene } from '../kit/hook-scene.ts';
import { attemptsOf } from '../kit/hooks.ts';

describeEachDb('what was sent to a webhook', (database) => {
  const scene = hookScene(database);

  /** Runs a job to its end; what it made. */
  async function finish(jobId: string): Promise<unknown> {
    const { db } = database();
    const services = { db, log: createLogger('silent'), holder: `node_${newId('req')}`, onEnd: recordJobEnd };
    await using _runner = new JobRunner({ ...services, handlers: [webhookReplay] });
    const job = () => findJob(db, scene.world.workspaceId, jobId);
    await expect.poll(async () => (await job())?.finished_at ?? null, { timeout: 30_000 }).not.toBeNull();
    const row = await job();
    expect(row?.error).toBeNull();
    return row?.result;
  }

  it('is sent again, one by one, under the same id', async () => {
    const { id } = await scene.world.hook(scene.receiver.url());
    await scene.world.tell(1);
    await using node = scene.world.node();
    const [first] = await scene.world.until(id, ([row]) => row?.['state'] === 'delivered');
    const params = { webhookId: id, deliveryId: String(first?.['id']) };
    expect(await scene.world.ask('webhooks.replayDelivery', { params })).toMatchObject({
      state: 'pending',
      failures: 0,
    });
    node.wake();
    const got = await scene.receiver.until('/hook', 2);
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [again] = await scene.world.until(
      id,
      ([row]) => row?.['state'] === 'delivered' && attemptsOf(row).length === 2,
    );
    expect(await scene.world.ask('webhooks.getDelivery', { params })).toEqual(again);
  });

  it('and failed for good is sent again as a whole, by a job with progress', async () => {
    const { db } = database();
    const { id } = await scene.world.hook(scene.receiver.url());
    scene.receiver.behaviours.set('/hook', (response) => response.writeHead(500).end());
    await scene.world.tell(30);
    await using node = scene.world.node();
    await scene.world.until(id, (rows) => rows.length === 30 && rows.every((row) => attemptsOf(row).length === 1));
    await db.query(
      `update webhook_delivery set state = 'failed', ended_at = now() where workspace_id = $1 and webhook_id = $2`,
      [scene.world.workspaceId, id],
    );
    scene.receiver.behaviours.clear();
    scene.receiver.received.length = 0;
    scene.world.pass(1_000);
    const job = await scene.world.ask('webhooks.replay', { params: { webhookId: id }, body: { failed: true } });
    expect(job).toMatchObject({ kind: 'webhooks.replay', state: 'queued' });
    expect(await finish(String(job['id']))).toEqual({ replayed: 30 });
    node.wake();
    await scene.receiver.until('/hook', 30);
    await expect.poll(() => scene.world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 30 });
  });

  it('in a time is sent again, with what the endpoint did not want or know then', async () => {
    await scene.world.tell(4);
    const { id } = await scene.world.hook(scene.receiver.url());
    await scene.world.tell(2);
    await scene.world.tell(3, { type: 'other.happened' });
    await using node = scene.world.node();
    await scene.receiver.until('/hook', 2);
    await expect.poll(() => scene.world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 2 });
    await database().db.query(`update webhook set events = '{test.happened,other.*}' where workspace_id = $1`, [
      scene.world.workspaceId,
    ]);
    const from = new Date(Date.now() - 60_000).toISOString();
    scene.world.pass(1_000);
    const job = await scene.world.ask('webhooks.replay', { params: { webhookId: id }, body: { from } });
    expect(await finish(String(job['id']))).toEqual({ replayed: 9 });
    node.wake();
    await scene.receiver.until('/hook', 11);
    await expect.poll(() => scene.world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 9 });
    const old = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' };
    const none = await scene.world.ask('webhooks.replay', { params: { webhookId: id }, body: old });
    expect(await finish(String(none['id']))).toEqual({ replayed: 0 });
  });

  it('is listed newest first, narrowed by state, type and event', async () => {
    scene.receiver.behaviours.set('/hook', (response, { json }) =>
      response.writeHead(json['type'] === 'test.bad' ? 500 : 200).end(),
    );
    const { id } = await scene.world.hook(scene.receiver.url());
    await scene.world.tell(2);
    await scene.world.tell(1, { type: 'test.bad' });
    await using _node = scene.world.node();
    const all = await scene.world.until(
      id,
      (rows) => rows.length === 3 && rows.every((row) => attemptsOf(row).length > 0),
    );
    expect((await scene.world.deliveries(id)).map((row) => row['id'])).toEqual(
      all.map((row) => row['id']).toReversed(),
    );
    expect(await scene.world.deliveries(id, { state: 'delivered' })).toHaveLength(2);
    const bad = await scene.world.deliveries(id, { eventType: 'test.bad' });
    expect(bad.map((row) => row['state'])).toEqual(['pending']);
    expect(await scene.world.deliveries(id, { eventId: String(bad[0]?.['eventId']) })).toEqual(bad);
  });
});
