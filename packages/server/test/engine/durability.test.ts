import type { Node } from '@waping/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linked, type Stage, spec, stage, text } from './kit.ts';

/** Long enough for a frame that is not held to arrive many times over. */
const SETTLE_MS = 400;
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

describe('durability at the wire', () => {
  let scene: Stage;
  /** Stanzas the server got from linked devices. */
  let wire: Node[];

  beforeEach(async () => {
    scene = await stage();
    wire = [];
    scene.network.on('node', (_connection, node) => wire.push(node));
    await linked(scene, 'dev_a', '+15550001');
    scene.network.account('+15550002');
    await scene.engine.send('dev_a', text('+15550002', 'warm up'));
    await scene.network.account('+15550002').phone.expect((one) => one.text === 'warm up');
    await settle();
    wire.length = 0;
  });
  afterEach(() => scene[Symbol.asyncDispose]());

  const messages = () => wire.filter(({ tag }) => tag === 'message');
  const receiptsFor = (id: string) =>
    wire.filter(({ tag, attrs }) => (tag === 'receipt' || tag === 'ack') && attrs.id === id);

  it('lets no message out before the keys it was encrypted with are committed', async () => {
    scene.store.hold();
    let left = false;
    const sending = scene.engine.send('dev_a', text('+15550002', 'held')).then(() => {
      left = true;
    });
    await settle();
    expect(messages()).toEqual([]);
    expect(left).toBe(false);
    expect((await scene.engine.health('dev_a'))?.gated).toBeGreaterThan(0);
    scene.store.resume();
    await sending;
    await scene.network.account('+15550002').phone.expect((one) => one.text === 'held');
  });

  it('does not acknowledge a message the store has not taken, and delivers it once the store is back', async () => {
    scene.store.failing = true;
    const id = await scene.network.account('+15550002').phone.sendText('15550001', 'during the outage');
    await settle();
    expect(receiptsFor(id)).toEqual([]);
    scene.store.failing = false;
    await scene.store.until('the text', () => scene.store.inbound('dev_a').some((one) => one.waId === id));
    await expect.poll(() => receiptsFor(id).length, { timeout: 20_000 }).toBeGreaterThan(0);
  });

  it('acknowledges a receipt only after its report is committed', async () => {
    await scene.engine.send('dev_a', text('+15550002', 'read me'));
    const entry = await scene.network.account('+15550002').phone.expect((one) => one.text === 'read me');
    const acks = () => receiptsFor(entry.id);
    await expect.poll(() => acks().length, { timeout: 20_000 }).toBe(1);
    scene.store.hold();
    scene.network.account('+15550002').phone.read(entry.id);
    await settle();
    expect(acks()).toHaveLength(1);
    scene.store.resume();
    await expect.poll(() => acks().length, { timeout: 20_000 }).toBe(2);
    expect(scene.store.reports('dev_a').some((one) => one.waId === entry.id && one.status === 'read')).toBe(true);
  });

  it('cuts the session when the store stays away, and goes on from the stored state when it is back', async () => {
    await scene[Symbol.asyncDispose]();
    scene = await stage({}, { commitRetryMs: 300 });
    await linked(scene, 'dev_a', '+15550001');
    const bob = scene.network.account('+15550002');
    const from = scene.store.facts('dev_a').length;
    scene.store.failing = true;
    const refused = scene.engine.send('dev_a', text('+15550002', 'never durable'));
    await expect(refused).rejects.toMatchObject({ reason: 'not_open', retry: true });
    scene.store.failing = false;
    await scene.store.fact('dev_a', 'open', from);
    await scene.engine.send('dev_a', text('+15550002', 'after'));
    await bob.phone.expect((one) => one.text === 'after');
    expect(bob.phone.inbox.entries().map((one) => one.text)).toEqual(['after']);
  });

  it('renews a session when it is asked to, also after a connection that ended while it sent', async () => {
    const bob = scene.network.account('+15550002').phone;
    scene.network.account('+15550003');
    const from = scene.store.facts('dev_a').length;
    scene.store.unreadable = true;
    const refused = scene.engine.send('dev_a', text('+15550003', 'keys away'));
    await expect(refused).rejects.toMatchObject({ retry: true });
    scene.store.unreadable = false;
    await scene.store.fact('dev_a', 'open', from);
    bob.signal.store.data.delete('session');
    const message = text('+15550002', 'read all the same');
    scene.store.sent.set(message.waId, message);
    await scene.engine.send('dev_a', message);
    await bob.expect((one) => one.text === 'read all the same');
  });

  it('cuts a fenced session at once and writes nothing more for it', async () => {
    scene.store.tokens.set('dev_a', 2);
    const count = scene.store.records('dev_a').length;
    await expect(scene.engine.send('dev_a', text('+15550002', 'stale'))).rejects.toMatchObject({ retry: true });
    await settle();
    expect(messages()).toEqual([]);
    expect(scene.store.records('dev_a')).toHaveLength(count);
    expect(await scene.engine.health('dev_a')).toBeNull();
    await scene.engine.open(spec('dev_a', 2));
    await scene.store.fact('dev_a', 'open', scene.store.facts('dev_a').length);
    await scene.engine.send('dev_a', text('+15550002', 'new owner'));
    await scene.network.account('+15550002').phone.expect((one) => one.text === 'new owner');
  });

  it('takes a key it cannot read for an outage, never for a missing session', async () => {
    const bob = scene.network.account('+15550002');
    await scene.engine.stop('dev_a');
    const id = await bob.phone.sendText('15550001', 'keys away');
    const from = scene.store.facts('dev_a').length;
    scene.store.unreadable = true;
    await scene.engine.open(spec('dev_a'));
    expect(await scene.store.fact('dev_a', 'closed', from)).toMatchObject({ cause: 'network' });
    scene.store.unreadable = false;
    await scene.store.until('the text', () => scene.store.inbound('dev_a').some(({ waId }) => waId === id));
    expect(scene.store.records('dev_a').filter(({ kind }) => kind === 'undecryptable')).toEqual([]);
    expect(wire.filter(({ attrs }) => attrs.type === 'retry')).toEqual([]);
  });

  it('refuses keys sealed under another data key', async () => {
    await scene.engine.stop('dev_a');
    const from = scene.store.facts('dev_a').length;
    await scene.engine.open({ ...spec('dev_a'), dataKey: new Uint8Array(32).fill(8) });
    expect(await scene.store.fact('dev_a', 'closed', from)).toMatchObject({ cause: 'bad_session' });
  });
});
