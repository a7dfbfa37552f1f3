// Trap 3 of the engine library (events held until the history came, or for 20 s) cannot delay a message: see the last
// tests. Trap 13 (keys serialised, atomic, durable first) is durability.test.ts and crash.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linked, type Stage, spec, stage, text } from './kit.ts';

describe.each(['pn', 'lid'] as const)('a session under %s addressing', (addressing) => {
  let scene: Stage;

  beforeAll(async () => {
    scene = await stage({ addressing });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it('links by QR, restarts as the server asks, and opens with its account', async () => {
    await linked(scene, 'dev_a', '+15550001');
    const facts = scene.store.facts('dev_a').map(({ fact }) => fact);
    const steps = facts.filter((fact) => fact !== 'drained');
    expect(steps).toEqual(['connecting', 'qr', 'paired', 'closed', 'connecting', 'open']);
    expect(await scene.store.fact('dev_a', 'open')).toMatchObject({ account: { phone: '+15550001', companion: 1 } });
    expect(await scene.store.fact('dev_a', 'closed')).toMatchObject({ cause: 'restart_required', code: 515 });
  });

  it('sends, and hears that it was taken, delivered and read', async () => {
    const bob = scene.network.account('+15550002', { auto: { read: true } });
    const message = text('+15550002', 'hello');
    await scene.engine.send('dev_a', message);
    const entry = await bob.phone.expect((one) => one.text === 'hello');
    expect(entry.id).toBe(message.waId);
    const read = await scene.store.until('read', () =>
      scene.store.reports('dev_a').find((one) => one.waId === message.waId && one.status === 'read'),
    );
    expect(read.participant).toMatchObject({ kind: 'person', phone: '+15550002' });
    expect(scene.store.reports('dev_a').map(({ status }) => status)).toEqual(['sent', 'delivered', 'read']);
  });

  it('receives a text with both names of its sender', async () => {
    const bob = scene.network.account('+15550002');
    const id = await bob.phone.sendText('15550001', 'hi there');
    const got = await scene.store.until('the text', () => scene.store.inbound('dev_a').find((one) => one.waId === id));
    const sender = { kind: 'person', phone: '+15550002', lid: bob.lidUser };
    expect(got).toMatchObject({
      chat: sender,
      sender,
      fromMe: false,
      content: { type: 'text', text: { body: 'hi there' } },
    });
  });

  it('does not wait for the history before it hands messages over', async () => {
    const bob = scene.network.account('+15550002');
    const carol = scene.network.account('+15550003', { auto: { onboard: false } });
    await linked(scene, 'dev_c', '+15550003');
    await bob.phone.sendText(carol.user, 'early');
    await scene.store.until('the early text', () => scene.store.inbound('dev_c').length === 1, 15_000);
  });

  it('opens once, and again under a new lease', async () => {
    const [worker] = scene.engine.workers();
    const count = scene.store.facts('dev_a').length;
    await scene.engine.open(spec('dev_a'));
    expect(scene.store.facts('dev_a')).toHaveLength(count);
    await scene.engine.open(spec('dev_a', 2));
    await scene.store.fact('dev_a', 'open', count);
    const news = scene.store.facts('dev_a').slice(count);
    expect(news.filter(({ fact }) => fact !== 'drained')).toMatchObject([
      { fact: 'closed', cause: 'stopped' },
      { fact: 'connecting' },
      { fact: 'open' },
    ]);
    expect(scene.engine.workers()).toEqual([worker]);
    await expect.poll(async () => (await scene.engine.health('dev_a'))?.gated, { timeout: 20_000 }).toBe(0);
    expect(await scene.engine.health('dev_a')).toMatchObject({ connectedAt: expect.any(Number) });
    expect(await scene.engine.health('dev_unknown')).toBeNull();
  });
});
