import { type Network, startNetwork } from '@waping/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERY_ACK, READ, TestClient } from './kit/client.ts';

const ALICE = '15553000001';
const BOB = '15553000002';
const pn = (number: string): string => `${number}@s.whatsapp.net`;

describe('faults and magic numbers', () => {
  let network: Network;
  let alice: TestClient;

  beforeEach(async () => {
    network = await startNetwork({ seed: 'faults' });
    network.account(ALICE);
    network.account(BOB);
    alice = new TestClient(network);
    await alice.pair(ALICE);
  });

  afterEach(async () => {
    await alice.stop();
    await network.close();
  });

  const bob = () => network.account(BOB).phone;
  const ack = (id: string | null | undefined) => alice.until(() => alice.acks.find((item) => item.id === id));

  describe('acks', () => {
    it('a dropped one never comes, yet the message arrives', async () => {
      network.faults.ackDrop = true;
      const { key } = await alice.send(pn(BOB), { text: 'quiet' });
      await bob().expect((entry) => entry.id === key.id);
      await alice.status(key.id ?? '', DELIVERY_ACK);
      expect(alice.acks).toEqual([]);
    });

    it('a doubled one comes twice', async () => {
      network.faults.ackDuplicate = true;
      const { key } = await alice.send(pn(BOB), { text: 'twice' });
      await alice.until(() => alice.acks.filter((item) => item.id === key.id).length === 2 || undefined);
    });

    it('a delayed one comes after the delivery receipt', async () => {
      network.faults.ackDelayMs = 300;
      const { key } = await alice.send(pn(BOB), { text: 'late' });
      await alice.status(key.id ?? '', DELIVERY_ACK);
      expect(alice.acks).toEqual([]);
      await ack(key.id);
    });

    it('two swapped ones come in the wrong order', async () => {
      await alice.send(pn(BOB), { text: 'opens the session' });
      await alice.until(() => alice.acks.length === 1 || undefined);
      network.faults.ackReorder = true;
      await Promise.all([alice.send(pn(BOB), { text: 'a' }, 'FIRST'), alice.send(pn(BOB), { text: 'b' }, 'SECOND')]);
      await alice.until(() => alice.acks.length === 3 || undefined);
      const arrived = bob()
        .inbox.entries()
        .map((entry) => entry.id)
        .slice(1);
      expect(alice.acks.slice(1).map((item) => item.id)).toEqual(arrived.reverse());
    });
  });

  it.each([463, 479, 500])('a refusal with %i hits one recipient only', async (code) => {
    const carol = network.account('15553000003').phone;
    network.faults.nackFor.set(BOB, code);
    const refused = await alice.send(pn(BOB), { text: 'no' });
    expect((await ack(refused.key.id)).error).toBe(String(code));
    const passed = await alice.send(carol.jid, { text: 'yes' });
    expect((await ack(passed.key.id)).error).toBeUndefined();
    await carol.expect((entry) => entry.text === 'yes');
    expect(bob().inbox.size).toBe(0);
  });

  it('a message to a number nobody has is refused with 404', async () => {
    const { key } = await alice.send(pn('15553999999'), { text: 'anybody?' });
    expect((await ack(key.id)).error).toBe('404');
  });

  it('a muted request is never answered', async () => {
    network.faults.muteIq.add('usync');
    let answered = false;
    alice.socket.onWhatsApp(BOB).then(
      () => (answered = true),
      () => undefined,
    );
    // Asked later and answered: the server works on, and answers in order.
    await alice.socket.fetchPrivacySettings(true);
    expect(answered).toBe(false);
  });

  it.each([401, 403, 405, 503])('a login is refused with %i', async (code) => {
    await alice.stop();
    network.faults.rejectLogin = code;
    await alice.start();
    await alice.closed(code);
  });

  it('a client older than the oldest version allowed is refused with 405', async () => {
    network.faults.minVersion = [9_999, 0, 0];
    const late = new TestClient(network);
    await late.start();
    await late.closed(405);
    await late.stop();
  });

  it('a session opens without a one-time prekey when they are used up', async () => {
    network.faults.preKeyExhaustion = true;
    await alice.send(pn(BOB), { text: 'no prekey' });
    await bob().expect((entry) => entry.text === 'no prekey');
    await bob().sendText(ALICE, 'none either');
    await alice.text('none either');
  });

  it('a device that runs low on prekeys is asked for more and uploads them', async () => {
    const keys = () => network.account(ALICE).devices.get(1)?.keys?.preKeys ?? [];
    await alice.until(() => keys().length > 20 || undefined);
    keys().splice(0, keys().length - 5);
    await bob().sendText(ALICE, 'takes the last but four');
    await alice.until(() => keys().length > 5 || undefined);
  });

  it('a frame with a bad tag breaks out of the client as well', async () => {
    const gone = new Promise<void>((resolve) => {
      network.on('offline', () => resolve());
    });
    const unhandled = new Promise<void>((resolve) => process.once('unhandledRejection', () => resolve()));
    network.corrupt(ALICE);
    await unhandled;
    network.kick(ALICE);
    await gone;
  });

  it('a half-open connection takes and gives nothing, while others go on', async () => {
    network.freeze(ALICE);
    await bob().sendText(ALICE, 'into the void');
    await bob().sendText('15553000004'.replace('4', '1'), 'still alive');
    expect(alice.messages().some((message) => message.message?.conversation === 'into the void')).toBe(false);
    expect(network.connections(ALICE)).toHaveLength(1);
    expect(network.account(ALICE).devices.get(1)?.queue.size).toBeGreaterThan(0);
    network.kick(ALICE);
  });

  it('a stream error with a reason but no code is passed on as it is', async () => {
    network.streamError({ reason: 'conflict', type: 'replaced' }, ALICE);
    await alice.closed(440);
  });

  it('a stream error whose code is no number breaks out of the client, which is why clients live in workers', async () => {
    const unhandled = new Promise<unknown>((resolve) => process.once('unhandledRejection', resolve));
    network.streamError({ code: 'conflict' }, ALICE);
    expect(await unhandled).toBeInstanceOf(Error);
    network.kick(ALICE);
  });

  it('receipts of phones can be held back', async () => {
    network.faults.receiptDrop = true;
    const { key } = await alice.send(pn(BOB), { text: 'no word back' });
    await bob().expect((entry) => entry.id === key.id);
    await ack(key.id);
    expect(
      alice
        .events('messages.update')
        .flat()
        .filter((update) => update.key.id === key.id),
    ).toEqual([]);
  });

  it('an offline phone confirms nothing until it is back, then everything', async () => {
    bob().online = false;
    const { key } = await alice.send(pn(BOB), { text: 'wait' });
    expect((await ack(key.id)).error).toBeUndefined();
    expect(bob().inbox.size).toBe(0);
    bob().online = true;
    await bob().expect((entry) => entry.id === key.id);
    await alice.status(key.id ?? '', DELIVERY_ACK);
  });

  it('sink mode confirms delivery without decrypting and still counts repeats', async () => {
    network.faults.sink = true;
    const { key } = await alice.send(pn(BOB), { text: 'into the sink' });
    await alice.status(key.id ?? '', DELIVERY_ACK);
    await alice.send(pn(BOB), { text: 'into the sink' }, key.id ?? '');
    await alice.until(() => network.stats.duplicateDeliveries === 1 || undefined);
    expect(bob().inbox.size).toBe(0);
    expect(network.stats.delivered).toBe(1);
  });

  describe('magic numbers', () => {
    const magic = (digit: number): string => pn(`99912345670${digit}`);

    it('…01 delivers and reads', async () => {
      const { key } = await alice.send(magic(1), { text: 'hi' });
      await alice.status(key.id ?? '', READ);
    });

    it('…02 is not on WhatsApp', async () => {
      const found = await alice.socket.onWhatsApp(magic(2), magic(1));
      expect(found?.map(({ jid }) => jid)).toEqual([magic(1)]);
    });

    it('…03 delivers but never reads, and …06 does not even deliver', async () => {
      const away = await alice.send(magic(6), { text: 'hi' });
      const unread = await alice.send(magic(3), { text: 'hi' });
      await alice.status(unread.key.id ?? '', DELIVERY_ACK);
      const read = await alice.send(magic(1), { text: 'hi' });
      await alice.status(read.key.id ?? '', READ);
      const updates = alice.events('messages.update').flat();
      expect(updates.filter(({ key, update }) => key.id === unread.key.id && update.status === READ)).toEqual([]);
      expect(updates.filter(({ key }) => key.id === away.key.id)).toEqual([]);
    });

    it('…04 is refused with 463', async () => {
      const { key } = await alice.send(magic(4), { text: 'hi' });
      expect((await ack(key.id)).error).toBe('463');
    });

    it('…05 answers', async () => {
      await alice.send(magic(5), { text: 'hi' });
      await alice.text('You said: hi');
    });
  });

  describe('linking', () => {
    it('a QR that was scanned or made up cannot be scanned', async () => {
      const late = new TestClient(network);
      await late.start();
      const qr = await late.qr();
      await bob().scan(qr);
      await expect(bob().scan(qr)).rejects.toMatchObject({ code: 'QR_UNKNOWN' });
      const key = Buffer.alloc(32, 1).toString('base64');
      await expect(bob().scan(`x,${key},${key},${key}`)).rejects.toMatchObject({ code: 'QR_UNKNOWN' });
      for (const none of ['x,eA==,eA==,eA==', 'hello'])
        await expect(bob().scan(none)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      await late.stop();
    });

    it('the bare form of a QR text links as well', async () => {
      const late = new TestClient(network);
      await late.start();
      const qr = await late.qr();
      const bare = qr.slice(qr.indexOf('#') + 1);
      await bob().scan(bare.split(',').slice(0, 4).join(','));
      await late.opened(1);
      await late.stop();
    });

    it('a wrong pairing code links nothing', async () => {
      const late = new TestClient(network);
      await late.start();
      await late.qr();
      await late.socket.requestPairingCode(BOB);
      await late.until(() => network.core.linkCodes.has(BOB) || undefined);
      await expect(bob().typeCode('WRONG123')).rejects.toThrow();
      expect(network.account(BOB).devices.size).toBe(0);
      await late.stop();
    });
  });
});

it('a QR code expires, and the client is sent away when the last one has', async () => {
  const network = await startNetwork({ seed: 'expiry', qr: { firstMs: 30, nextMs: 30, count: 2 } });
  const client = new TestClient(network);
  await client.start();
  const qr = await client.qr();
  await client.until(() => client.closes.length > 0 || undefined);
  await expect(network.account(BOB).phone.scan(qr)).rejects.toMatchObject({ code: expect.stringMatching(/^QR_/) });
  await client.stop();
  await network.close();
});
