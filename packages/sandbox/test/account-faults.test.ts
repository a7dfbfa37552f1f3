import { type Network, startNetwork } from '@waping/sandbox';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestClient } from './kit/client.ts';

const ALICE = '15553100001';
const BOB = '15553100002';
const CAROL = '15553100003';
const pn = (number: string): string => `${number}@s.whatsapp.net`;

let network: Network;
let alice: TestClient;

beforeEach(async () => {
  network = await startNetwork({ seed: 'account-faults' });
  for (const number of [ALICE, BOB, CAROL]) network.account(number);
  alice = new TestClient(network);
  await alice.pair(ALICE);
});

afterEach(async () => {
  await alice.stop();
  await network.close();
});

const ackOf = (id: string | null | undefined) => alice.until(() => alice.acks.find((item) => item.id === id));

it('hits the devices of one account and no others', async () => {
  const carol = new TestClient(network);
  await carol.pair(CAROL);
  network.accountFaults(CAROL, { nack: 479 });
  const refused = await carol.send(pn(BOB), { text: 'no' });
  expect(await carol.until(() => carol.acks.find((item) => item.id === refused.key.id))).toMatchObject({
    error: '479',
  });
  const sent = await alice.send(pn(BOB), { text: 'yes' });
  expect((await ackOf(sent.key.id)).error).toBeUndefined();
  network.accountFaults(CAROL);
  const again = await carol.send(pn(BOB), { text: 'now' });
  expect((await carol.until(() => carol.acks.find((item) => item.id === again.key.id))).error).toBeUndefined();
  await carol.stop();
});

it('refuses a locked account whoever never wrote to it, and says until when it is locked', async () => {
  await network.account(CAROL).phone.sendText(ALICE, 'I wrote');
  await alice.text('I wrote');
  network.accountFaults(ALICE, { reachOutLockUntil: Date.now() + 60_000 });
  const stranger = await alice.send(pn(BOB), { text: 'who are you' });
  expect(await ackOf(stranger.key.id)).toMatchObject({ error: '463' });
  const known = await alice.send(pn(CAROL), { text: 'hello again' });
  expect((await ackOf(known.key.id)).error).toBeUndefined();
});

it('keeps for a deaf device what it does not hear, and hands it over to the next connection', async () => {
  const deaf = network.deafen('answering', ALICE);
  expect(deaf).toBe(1);
  await network.account(BOB).phone.sendText(ALICE, 'can you hear me');
  const [device] = network.account(ALICE).devices.values();
  expect(device?.queue.size).toBeGreaterThan(0);
  const closes = alice.closes.length;
  network.kick(ALICE);
  await alice.until(() => alice.closes.length > closes || undefined);
  await alice.start();
  await alice.text('can you hear me');
});
