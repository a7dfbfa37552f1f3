import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linked, type Stage, spec, stage, text } from './kit.ts';

describe('crashes', () => {
  let scene: Stage;

  beforeEach(async () => {
    scene = await stage();
    await linked(scene, 'dev_a', '+15550001');
  });
  afterEach(() => scene[Symbol.asyncDispose]());

  const killWorker = (): void => {
    const [worker] = scene.engine.workers();
    if (!worker) throw new Error('no worker to kill');
    process.kill(worker.pid, 'SIGKILL');
  };
  const texts = (deviceId: string) =>
    scene.store.inbound(deviceId).map(({ content }) => (content.type === 'text' ? content.text.body : content.type));

  it('continues after a restart of the engine without a new link, and gets what was sent meanwhile once', async () => {
    const bob = scene.network.account('+15550002');
    await scene.restart();
    await bob.phone.sendText('15550001', 'while away');
    const from = scene.store.facts('dev_a').length;
    await scene.engine.open(spec('dev_a'));
    await scene.store.fact('dev_a', 'open', from);
    await scene.store.until('the text', () => texts('dev_a').includes('while away'));
    await scene.engine.send('dev_a', text('+15550002', 'back'));
    await bob.phone.expect((one) => one.text === 'back');
    expect(texts('dev_a')).toEqual(['while away']);
    expect(scene.store.inbound('dev_a')[0]?.offline).toBe(true);
  });

  it('ends a worker that hangs, says nothing of its sessions meanwhile, and brings them back in another', async () => {
    await using own = await stage({}, { heartbeatMs: 50, heartbeats: 100 });
    await linked(own, 'dev_h', '+15550009');
    const [hung] = own.engine.workers();
    if (!hung) throw new Error('no worker to stop');
    const from = own.store.facts('dev_h').length;
    process.kill(hung.pid, 'SIGSTOP');
    const asked = own.engine.health('dev_h');
    await own.store.fact('dev_h', 'open', from);
    expect(await asked).toBeNull();
    expect(own.engine.workers()).toMatchObject([{ restarts: 1 }]);
    expect(own.engine.workers()[0]?.pid).not.toBe(hung.pid);
    expect(own.logged.join()).toContain('it hung');
  });

  it('loses and doubles nothing when the worker is killed mid-stream', async () => {
    const bob = scene.network.account('+15550002');
    const inbound = Array.from({ length: 60 }, (_, i) => `in ${i}`);
    const outbound = Array.from({ length: 60 }, (_, i) => text('+15550002', `out ${i}`));
    scene.store.latencyMs = 5;
    const receiving = (async () => {
      for (const body of inbound) await bob.phone.sendText('15550001', body);
    })();
    // The delivery's part: the same id again until the stanza has left.
    const deliver = async (message: (typeof outbound)[number]): Promise<void> => {
      for (;;) {
        try {
          return await scene.engine.send('dev_a', message);
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    };
    const sending = (async () => {
      for (const [i, message] of outbound.entries()) {
        if (i === 20 || i === 40) killWorker();
        await deliver(message);
      }
    })();
    await Promise.all([receiving, sending]);
    await scene.store.until('all texts', () => new Set(texts('dev_a')).size === inbound.length);
    for (const { waId } of outbound) await bob.phone.expect((one) => one.id === waId, 20_000);
    const got = scene.store.inbound('dev_a').map(({ waId }) => waId);
    expect(new Set(got).size).toBe(inbound.length);
    expect(got).toHaveLength(inbound.length);
    const arrived = bob.phone.inbox.entries().filter((one) => one.text?.startsWith('out '));
    expect(arrived).toHaveLength(outbound.length);
    const reports = await scene.store.until('reports', () => {
      const ids = new Set(scene.store.reports('dev_a').map(({ waId }) => waId));
      return outbound.every(({ waId }) => ids.has(waId)) && ids;
    });
    expect(reports.size).toBeGreaterThanOrEqual(outbound.length);
    expect(scene.engine.workers()[0]?.restarts).toBeGreaterThanOrEqual(1);
    expect(scene.store.facts('dev_a').some((one) => one.fact === 'closed' && one.cause === 'worker_crashed')).toBe(
      true,
    );
  });

  it('acknowledges a redelivered message that it stored before the crash, and does not ask for it again', async () => {
    const bob = scene.network.account('+15550002');
    await bob.phone.sendText('15550001', 'first');
    await scene.store.until('the first text', () => texts('dev_a').includes('first'));
    const receipts: string[] = [];
    scene.network.on('receipt', (_device, node) => receipts.push(`${node.attrs.id} ${node.attrs.type}`));
    // The commit is done and the gate opens, but the worker dies before the receipt is on the wire.
    const commit = scene.store.commit.bind(scene.store);
    let killed = false;
    scene.store.commit = async (batches) => {
      const done = await commit(batches);
      const holdsInbound = batches.some(({ records }) => records.some((one) => one.kind === 'inbound'));
      if (holdsInbound && !killed) {
        killed = true;
        killWorker();
      }
      return done;
    };
    const from = scene.store.facts('dev_a').length;
    const id = await bob.phone.sendText('15550001', 'second');
    await scene.store.fact('dev_a', 'open', from);
    await expect
      .poll(() => receipts.filter((one) => one.startsWith(id)).length, { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect(killed).toBe(true);
    expect(receipts.filter((one) => one === `${id} retry`)).toEqual([]);
    expect(texts('dev_a')).toEqual(['first', 'second']);
    expect(scene.store.records('dev_a').filter((one) => one.kind === 'undecryptable')).toEqual([]);
  });

  it('asks the sender again for a message whose session is gone, and takes the second sending', async () => {
    const bob = scene.network.account('+15550002');
    await bob.phone.sendText('15550001', 'first');
    await scene.store.until('the first text', () => texts('dev_a').includes('first'));
    await scene.engine.send('dev_a', text('+15550002', 'so that the sessions are settled'));
    await bob.phone.expect((one) => one.text?.startsWith('so that') ?? false);
    const id2 = await bob.phone.sendText('15550001', 'plain');
    await scene.store.until('the second text', () => scene.store.inbound('dev_a').some((one) => one.waId === id2));
    await scene.engine.stop('dev_a');
    const rows = scene.store.devices.get('wsp_1/dev_a');
    for (const name of rows?.keys.keys() ?? []) if (name.startsWith('session/')) rows?.keys.delete(name);
    await scene.engine.open(spec('dev_a'));
    const id = await bob.phone.sendText('15550001', 'lost key');
    await scene.store.until('the text', () => texts('dev_a').includes('lost key'));
    const undecryptable = scene.store.records('dev_a').filter((one) => one.kind === 'undecryptable');
    expect(undecryptable).toMatchObject([{ waId: id, sender: { phone: '+15550002' } }]);
  });

  it('rejects what was being sent by a killed worker as retryable', async () => {
    scene.network.account('+15550002');
    scene.store.hold();
    const sending = scene.engine.send('dev_a', text('+15550002', 'in the gate'));
    await expect.poll(async () => (await scene.engine.health('dev_a'))?.gated ?? 0).toBeGreaterThan(0);
    killWorker();
    await expect(sending).rejects.toMatchObject({ reason: 'worker_lost', retry: true });
  });
});
