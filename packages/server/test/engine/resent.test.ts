import { type Node, node } from '@waping/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linked, type Stage, stage } from './kit.ts';

/** What only the phone has: the device is linked later. */
const BODIES = ['only on the phone', 'asked for twice', 'known before it is acknowledged'] as const;

let scene: Stage;
const ids: string[] = [];
/** Stanzas the server got from linked devices. */
const wire: Node[] = [];

beforeAll(async () => {
  scene = await stage({ seed: 'resent' });
  scene.network.on('node', (_connection, item) => wire.push(item));
  const [shop, bob] = [scene.network.account('15550001'), scene.network.account('15550002', { name: 'Bob' })];
  for (const body of BODIES) ids.push(await bob.phone.sendText('15550001', body));
  await shop.phone.expect((one) => one.id === ids.at(-1));
  await linked(scene, 'dev_a', '15550001');
});
afterAll(() => scene[Symbol.asyncDispose]());

/** The device gets no more than a sign of the message. Returns its id. */
function withhold(body: (typeof BODIES)[number]): string {
  const [shop, bob] = [scene.network.account('15550001'), scene.network.account('15550002')];
  const id = ids[BODIES.indexOf(body)] ?? '';
  const t = String(Math.floor(Date.now() / 1000));
  const attrs = { id, from: bob.jid, sender_lid: bob.lid, t, type: 'text', notify: 'Bob' };
  const [device] = shop.devices.values();
  device?.connection?.send(node('message', attrs, [node('unavailable', {})]));
  return id;
}

const acks = (id: string) => wire.filter(({ tag, attrs }) => tag === 'ack' && attrs.id === id);
const signs = (id: string) =>
  scene.store.records('dev_a').filter((one) => one.kind === 'undecryptable' && one.waId === id);
const arrived = (id: string) =>
  scene.store.until('the message', () => scene.store.inbound('dev_a').find((one) => one.waId === id));

it('a message that comes without content is asked of the account’s own phone, and keeps its id', async () => {
  const id = withhold('only on the phone');
  const [sign] = await scene.store.until('the sign', () => signs(id).length > 0 && signs(id));
  expect(sign).toMatchObject({ waId: id, reason: 'unavailable', sender: { phone: '+15550002' }, fromMe: false });
  expect(await arrived(id)).toMatchObject({
    content: { type: 'text', text: { body: 'only on the phone' } },
    chat: { kind: 'person', phone: '+15550002' },
    fromMe: false,
  });
});

it('is asked for on the next connection when this one ends before the library has asked', async () => {
  const from = scene.store.facts('dev_a').length;
  const id = withhold('asked for twice');
  await expect.poll(() => acks(id).length, { timeout: 20_000 }).toBe(1);
  scene.network.kick('15550001');
  await scene.store.fact('dev_a', 'open', from);
  expect(await arrived(id)).toMatchObject({ content: { text: { body: 'asked for twice' } } });
  expect(signs(id)).toHaveLength(1);
});

it('is acknowledged only when the database knows that there is one to ask for', async () => {
  scene.store.hold();
  const id = withhold('known before it is acknowledged');
  await expect
    .poll(async () => (await scene.engine.health('dev_a'))?.gated ?? 0, { timeout: 20_000 })
    .toBeGreaterThan(0);
  expect(acks(id)).toEqual([]);
  scene.store.resume();
  await expect.poll(() => acks(id).length, { timeout: 20_000 }).toBe(1);
  expect(signs(id)).toHaveLength(1);
  await arrived(id);
});

it('nobody but the account’s own phone can hand such a message over', async () => {
  const bob = scene.network.account('15550002');
  const webMessageInfoBytes = Buffer.from('0a00', 'hex');
  const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes } }];
  const peerDataOperationRequestResponseMessage = { stanzaId: 'x', peerDataOperationResult };
  const before = scene.store.inbound('dev_a').length;
  await bob.phone.send('15550001', { protocolMessage: { type: 17, peerDataOperationRequestResponseMessage } });
  const id = await bob.phone.sendText('15550001', 'after it');
  await scene.store.until('what came after', () => scene.store.inbound('dev_a').some((one) => one.waId === id));
  expect(scene.store.inbound('dev_a').length).toBe(before + 1);
});
