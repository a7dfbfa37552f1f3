import { type Addressing, type Network, startNetwork } from '@waping/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import { READ, TestClient } from './kit/client.ts';

const ALICE = '15551000001';
const BOB = '15551000002';
const pn = (number: string): string => `${number}@s.whatsapp.net`;

describe.each<Addressing>(['pn', 'lid'])(
  'a client that starts again from its stored state, %s addressing',
  (addressing) => {
    const cleanUp: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const task of cleanUp.splice(0).reverse()) await task();
    });

    async function linked(): Promise<{ network: Network; first: TestClient }> {
      const network = await startNetwork({ seed: 'restart', addressing });
      network.account(ALICE, { name: 'Alice' });
      network.account(BOB, { auto: { read: true } });
      const first = new TestClient(network);
      cleanUp.push(
        () => network.close(),
        () => first.stop(),
      );
      await first.pair(ALICE);
      return { network, first };
    }

    it('continues without a new link and receives what it missed exactly once, in order', async () => {
      const { network, first } = await linked();
      const bob = network.account(BOB).phone;
      await first.send(pn(BOB), { text: 'before' });
      await bob.expect((entry) => entry.text === 'before');
      await bob.sendText(ALICE, 'seen before');
      await first.text('seen before');
      const device = network.account(ALICE).devices.get(1);
      await first.until(() => device?.queue.size === 0 || undefined);
      await first.stop();
      for (const index of [1, 2, 3]) await bob.sendText(ALICE, `missed ${index}`);
      const second = new TestClient(network, { auth: first.auth.clone() });
      cleanUp.push(() => second.stop());
      await second.start();
      await second.text('missed 3');
      const texts = second.messages().map((message) => message.message?.conversation);
      expect(texts.filter((text) => text?.startsWith('missed'))).toEqual(['missed 1', 'missed 2', 'missed 3']);
      expect(network.stats.pairings).toBe(1);
      const { key } = await second.send(pn(BOB), { text: 'after' });
      await second.status(key.id ?? '', READ);
      expect(bob.inbox.entries().map((entry) => entry.text)).toEqual(['before', 'after']);
      expect(network.stats.duplicateDeliveries).toBe(0);
      expect(network.stats.decryptFailures).toBe(0);
    });

    it('is given again what it never confirmed', async () => {
      const { network, first } = await linked();
      const device = network.account(ALICE).devices.get(1);
      await first.until(() => device?.queue.size === 0 || undefined);
      const stored = first.auth.clone();
      // A client that dies between receiving and confirming: its socket takes nothing in any more.
      network.freeze(ALICE);
      await network.account(BOB).phone.sendText(ALICE, 'never confirmed');
      expect(device?.queue.size).toBe(1);
      network.kick(ALICE);
      await first.stop();
      const second = new TestClient(network, { auth: stored });
      cleanUp.push(() => second.stop());
      await second.start();
      await second.text('never confirmed');
      await second.until(() => device?.queue.size === 0 || undefined);
    });

    it('sends a message again under the same id, and the phone shows it once', async () => {
      const { network, first } = await linked();
      const bob = network.account(BOB).phone;
      const { key } = await first.send(pn(BOB), { text: 'once' });
      await bob.expect((entry) => entry.id === key.id);
      await first.stop();
      const second = new TestClient(network, { auth: first.auth.clone() });
      cleanUp.push(() => second.stop());
      await second.start();
      await second.opened(1);
      await second.send(pn(BOB), { text: 'once' }, key.id ?? '');
      await second.until(() => second.acks.find((ack) => ack.id === key.id && ack.error === undefined));
      await second.until(() => bob.inbox.find((entry) => entry.id === key.id)?.duplicates || undefined);
      expect(bob.inbox.entries()).toHaveLength(1);
      await second.status(key.id ?? '', READ);
    });
  },
);
