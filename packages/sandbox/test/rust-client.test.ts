import { type Network, type NetworkEvents, startNetwork } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RustClient } from './kit/rust-client.ts';

const ALICE = '15550301';
const BOB = '15550302';
const BOB_JID = `${BOB}@s.whatsapp.net`;

/** An independent implementation of the protocol: what it agrees with is no private habit of Baileys and this network. */
describe.each(['pn', 'lid'] as const)('an independent client in Rust (%s addressing)', (addressing) => {
  let network: Network;
  let client: RustClient;
  let group: string;

  beforeAll(async () => {
    network = await startNetwork({ seed: 'rust', addressing });
    network.account(BOB, { name: 'Bob', auto: { read: true } });
    client = new RustClient(network);
  });

  afterAll(async () => {
    await client.stop();
    await network.close();
  });

  const bob = () => network.account(BOB).phone;

  /** Resolves once the condition holds; looked at now and whenever the network reports this event. */
  const when = (event: keyof NetworkEvents, holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const stop = network.on(event, () => check());
      const check = (): void => {
        if (!holds()) return;
        stop();
        resolve();
      };
      check();
    });

  it('1. links by QR', async () => {
    await client.pair(ALICE);
    expect(network.account(ALICE).devices.size).toBe(1);
    expect(await client.client.getJid()).toContain(ALICE);
  });

  it('2. sends a text to a phone', async () => {
    const id = await client.sendText(BOB_JID, 'hello from rust');
    const entry = await bob().expect((item) => item.text === 'hello from rust');
    expect(entry.id).toBe(id);
  });

  it('3. sees it delivered and read', async () => {
    const [entry] = bob().inbox.entries();
    const id = entry?.id ?? '';
    const receipts = () => client.events.flatMap((event) => (event.type === 'receipt' ? [event.data] : []));
    const kinds = await client.until(() => {
      const seen = receipts().filter((receipt) => receipt.message_ids.includes(id));
      return seen.length > 1 ? seen.map((receipt) => JSON.stringify(receipt.type).toLowerCase()) : undefined;
    }, 'two receipts');
    expect(kinds.join()).toContain('deliver');
    expect(kinds.join()).toContain('read');
  });

  it('4. receives a text and confirms it', async () => {
    const id = await bob().sendText(ALICE, 'hello rust');
    const got = await client.text('hello rust');
    expect(got.info.id).toBe(id);
    await when('phoneReceipt', () => bob().receipts.some((receipt) => receipt.id === id));
  });

  it('5. makes a group, writes to it and reads it', async () => {
    const made = await client.client.createGroup('Rusty', [BOB_JID]);
    group = [...network.core.groups.keys()][0] ?? '';
    expect(JSON.stringify(made)).toContain(group.split('@')[0]);
    await client.sendText(group, 'hello group');
    expect((await bob().expect((item) => item.text === 'hello group')).chat).toBe(group);
    await bob().send(group, { conversation: 'hello member' });
    expect((await client.text('hello member')).info.isGroup).toBe(true);
  });

  it('6. comes back with its stored state, gets what waited and goes on', async () => {
    await client.stop();
    await when('offline', () => !network.account(ALICE).online);
    await bob().sendText(ALICE, 'while you were away');
    client = new RustClient(network, client.store);
    await client.start();
    await client.event('connected');
    await client.text('while you were away');
    await client.sendText(BOB_JID, 'back again');
    await bob().expect((item) => item.text === 'back again');
    expect(network.account(ALICE).devices.size).toBe(1);
  });

  it('7. logs out and is no linked device any more', async () => {
    await client.client.logout();
    await when('logout', () => network.account(ALICE).devices.size === 0);
  });
});
