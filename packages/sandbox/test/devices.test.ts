import { type Addressing, type Network, startNetwork } from '@waping/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERY_ACK, TestClient } from './kit/client.ts';

const ALICE = '15556000001';
const BOB = '15556000002';
const pn = (number: string): string => `${number}@s.whatsapp.net`;

describe.each<Addressing>(['pn', 'lid'])('several devices of one account, %s addressing', (addressing) => {
  let network: Network;
  let alice: TestClient;
  let second: TestClient;

  beforeEach(async () => {
    network = await startNetwork({ seed: 'devices', addressing });
    network.account(ALICE, { name: 'Alice' });
    network.account(BOB, { name: 'Bob' });
    alice = new TestClient(network);
    second = new TestClient(network);
    await alice.pair(ALICE);
  });

  afterEach(async () => {
    await alice.stop();
    await second.stop();
    await network.close();
  });

  const chatWith = (number: string): string => {
    const account = network.account(number);
    return addressing === 'lid' ? account.lid : account.jid;
  };

  it('a copy of what one device sends reaches the others, in the right chat', async () => {
    await second.pair(ALICE);
    await alice.send(pn(BOB), { text: 'to Bob' });
    const copy = await second.text('to Bob');
    expect(copy.key).toMatchObject({ fromMe: true, remoteJid: chatWith(BOB) });
    expect(await second.socket.signalRepository.lidMapping.getPNForLID(network.account(BOB).lid)).not.toBe(pn(ALICE));
  });

  it('what the phone sends reaches every device as its own message', async () => {
    await network.account(ALICE).phone.sendText(BOB, 'from my phone');
    const copy = await alice.text('from my phone');
    expect(copy.key).toMatchObject({ fromMe: true, remoteJid: chatWith(BOB) });
    expect(
      network
        .account(BOB)
        .phone.inbox.entries()
        .map((entry) => entry.text),
    ).toEqual(['from my phone']);
  });

  it('delivery of a message the phone sent is seen by the device, too', async () => {
    const id = await network.account(ALICE).phone.sendText(BOB, 'delivered?');
    await alice.status(id, DELIVERY_ACK);
  });

  it('a device linked later gets the next message of somebody who had written before', async () => {
    await alice.send(pn(BOB), { text: 'to the phone only' });
    await network.account(BOB).phone.expect((entry) => entry.text === 'to the phone only');
    await second.pair(BOB);
    await alice.send(pn(BOB), { text: 'to both' });
    await second.text('to both');
    await network.account(BOB).phone.expect((entry) => entry.text === 'to both');
  });

  it('a device that was removed gets nothing more, and the others go on', async () => {
    await second.pair(BOB);
    await alice.send(pn(BOB), { text: 'one' });
    await second.text('one');
    network.account(BOB).phone.unlink(1);
    await second.closed(401);
    await alice.send(pn(BOB), { text: 'two' });
    await network.account(BOB).phone.expect((entry) => entry.text === 'two');
    expect(second.messages().some((message) => message.message?.extendedTextMessage?.text === 'two')).toBe(false);
  });

  it('a chat read on one device is read on the others', async () => {
    await second.pair(ALICE);
    const id = await network.account(BOB).phone.sendText(ALICE, 'read me once');
    const message = await alice.text('read me once');
    await second.text('read me once');
    await alice.socket.readMessages([message.key]);
    await second.until(() =>
      second
        .events('messages.update')
        .flat()
        .find(({ key }) => key.id === id),
    );
    expect(network.account(ALICE).phone.inbox.find((entry) => entry.id === id)?.read).toBe(true);
  });

  it('a status reaches the people it is meant for', async () => {
    await second.pair(BOB);
    await alice.socket.sendMessage('status@broadcast', { text: 'on holiday' }, { statusJidList: [pn(BOB)] });
    const shown = await network.account(BOB).phone.expect((entry) => entry.text === 'on holiday');
    expect(shown.chat).toBe('status@broadcast');
    expect((await second.text('on holiday')).key.remoteJid).toBe('status@broadcast');
  });
});
