import { type Addressing, type Network, startNetwork } from '@waping/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERY_ACK, TestClient } from './kit/client.ts';

const ALICE = '15552000001';
const BOB = '15552000002';
const pn = (number: string): string => `${number}@s.whatsapp.net`;

describe.each<Addressing>(['pn', 'lid'])('retry receipts, %s addressing', (addressing) => {
  let network: Network;
  let alice: TestClient;

  beforeEach(async () => {
    network = await startNetwork({ seed: 'retries', addressing });
    network.account(ALICE, { name: 'Alice' });
    network.account(BOB);
    alice = new TestClient(network);
    await alice.pair(ALICE);
    await alice.send(pn(BOB), { text: 'first' });
    await network.account(BOB).phone.expect((entry) => entry.text === 'first');
    await network.account(BOB).phone.sendText(ALICE, 'second');
    await alice.text('second');
  });

  afterEach(async () => {
    await alice.stop();
    await network.close();
  });

  /** Makes the phone lose its Signal sessions, as after a restore from an old backup. */
  const loseSessions = (number: string): void => {
    network.account(number).phone.signal.store.data.delete('session');
  };

  it('a phone that cannot decrypt asks again and shows the message once', async () => {
    loseSessions(BOB);
    const { key } = await alice.send(pn(BOB), { text: 'third' });
    const bob = network.account(BOB).phone;
    const shown = await bob.expect((entry) => entry.id === key.id);
    expect(shown.text).toBe('third');
    expect(network.stats.decryptFailures).toBeGreaterThan(0);
    await alice.status(key.id ?? '', DELIVERY_ACK);
    await alice.send(pn(BOB), { text: 'fourth' });
    await bob.expect((entry) => entry.text === 'fourth');
    expect(bob.inbox.entries().map((entry) => entry.text)).toEqual(['first', 'third', 'fourth']);
  });

  it('a phone encrypts again for a client that could not decrypt', async () => {
    const { keys } = alice.socket.authState;
    const address = alice.socket.signalRepository.jidToSignalProtocolAddress(network.account(BOB).lid);
    await keys.set({ session: { [address]: null } });
    await network.account(BOB).phone.sendText(ALICE, 'once more');
    const message = await alice.text('once more');
    expect(message.key.fromMe).toBe(false);
    await network.account(BOB).phone.sendText(ALICE, 'and on');
    await alice.text('and on');
    const device = network.account(ALICE).devices.get(1);
    await alice.until(() => device?.queue.size === 0 || undefined);
  });

  it('a phone hands a group message out again with its sender key', async () => {
    const group = network.group('Team', [BOB, ALICE]);
    await network.account(BOB).phone.sendText(group.jid, 'in the group');
    await alice.text('in the group');
    await forgetSenderKeys(alice);
    await network.account(BOB).phone.sendText(group.jid, 'still in the group');
    await alice.text('still in the group');
  });

  it('a client hands a group message out again to a phone without its sender key', async () => {
    const group = network.group('Team', [BOB, ALICE]);
    const bob = network.account(BOB).phone;
    await alice.send(group.jid, { text: 'one' });
    await bob.expect((entry) => entry.text === 'one');
    bob.signal.store.data.delete('sender-key');
    await alice.send(group.jid, { text: 'two' });
    await bob.expect((entry) => entry.text === 'two');
  });
});

async function forgetSenderKeys(client: TestClient): Promise<void> {
  const ids = client.auth.ids('sender-key');
  await client.socket.authState.keys.set({ 'sender-key': Object.fromEntries(ids.map((id) => [id, null])) });
}
