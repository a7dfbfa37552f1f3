import { node } from '@waping/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linked, type Stage, stage } from './kit.ts';

let scene: Stage;

beforeAll(async () => {
  scene = await stage({ seed: 'resent' });
});
afterAll(() => scene[Symbol.asyncDispose]());

it('a message that comes without content is asked of the account’s own phone, and keeps its id', async () => {
  const [shop, bob] = [scene.network.account('15550001'), scene.network.account('15550002', { name: 'Bob' })];
  // The phone has it; the device is linked later and gets no more than a sign of it.
  const id = await bob.phone.sendText('15550001', 'only on the phone');
  await shop.phone.expect((one) => one.id === id);
  await linked(scene, 'dev_a', '15550001');
  const t = String(Math.floor(Date.now() / 1000));
  const attrs = { id, from: bob.jid, sender_lid: bob.lid, t, type: 'text', notify: 'Bob' };
  const [device] = shop.devices.values();
  device?.connection?.send(node('message', attrs, [node('unavailable', {})]));
  const sign = await scene.store.until('the sign', () =>
    scene.store.records('dev_a').find((one) => one.kind === 'undecryptable'),
  );
  expect(sign).toMatchObject({ waId: id, reason: 'unavailable', sender: { phone: '+15550002' }, fromMe: false });
  const message = await scene.store.until('the message', () =>
    scene.store.inbound('dev_a').find((one) => one.waId === id),
  );
  expect(message).toMatchObject({
    content: { type: 'text', text: { body: 'only on the phone' } },
    chat: { kind: 'person', phone: '+15550002' },
    fromMe: false,
  });
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
