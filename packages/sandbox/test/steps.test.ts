import { readFile } from 'node:fs/promises';
import { type Addressing, type Network, startNetwork } from '@waping/sandbox';
import { downloadMediaMessage, getContentType } from 'baileys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DELIVERY_ACK, READ, TestClient } from './kit/client.ts';

const ALICE = '15550000001';
const BOB = '15550000002';
const CAROL = '15550000003';
const pn = (number: string): string => `${number}@s.whatsapp.net`;

/** A picture with real content: the project's own licence text will do, media are opaque bytes here. */
const PICTURE = new URL('../../../LICENSE', import.meta.url);

describe.each<Addressing>(['pn', 'lid'])('an unmodified Baileys, %s addressing', (addressing) => {
  let network: Network;
  let alice: TestClient;
  let carol: TestClient;
  let group: string;
  let sent: string;

  const phone = (number: string) => network.account(number).phone;
  /** The address a chat with this number has for a client that was written to. */
  const chatOf = (number: string): string => {
    const account = network.account(number);
    return addressing === 'lid' ? account.lid : account.jid;
  };

  beforeAll(async () => {
    network = await startNetwork({ seed: `steps-${addressing}`, addressing });
    network.account(ALICE, { name: 'Alice' });
    network.account(BOB, { name: 'Bob', auto: { read: true } });
    network.account(CAROL, { name: 'Carol' });
    const conversation = { id: pn(BOB), name: 'Bob', messages: [], unreadCount: 3 };
    phone(ALICE).history = { conversations: [conversation], pushnames: [{ id: pn(BOB), pushname: 'Bobby' }] };
    alice = new TestClient(network);
    carol = new TestClient(network);
  });

  afterAll(async () => {
    await alice.stop();
    await carol.stop();
    await network.close();
  });

  it('links by QR, restarts on 515 and opens', async () => {
    await alice.pair(ALICE);
    expect(alice.closes).toEqual([515]);
    expect(alice.me).toBe(pn(`${ALICE}:1`));
  });

  it('uploads its prekeys', async () => {
    const device = network.account(ALICE).devices.get(1);
    await alice.until(() => (device?.keys?.preKeys.length ?? 0) > 0 || undefined);
    expect(device?.keys?.preKeys.length).toBeGreaterThan(5);
  });

  it('sends text to a contact that has only a phone', async () => {
    const message = await alice.send(pn(BOB), { text: 'first' });
    sent = message.key.id ?? '';
    const shown = await phone(BOB).expect((entry) => entry.text === 'first');
    expect(shown).toMatchObject({ id: sent, from: pn(ALICE), chat: pn(ALICE), own: false });
  });

  it("gives the sender's own phone a copy", async () => {
    const copy = await phone(ALICE).expect((entry) => entry.id === sent);
    expect(copy).toMatchObject({ own: true, chat: pn(BOB), text: 'first' });
  });

  it('sees the message delivered and read', async () => {
    await alice.status(sent, DELIVERY_ACK);
    await alice.status(sent, READ);
  });

  it('receives text', async () => {
    await phone(BOB).sendText(ALICE, 'hello Alice');
    const message = await alice.text('hello Alice');
    expect(message.key.remoteJid).toBe(chatOf(BOB));
    expect(message.pushName).toBe('Bob');
  });

  it('links a second client by pairing code', async () => {
    await carol.start();
    await carol.qr();
    const code = await carol.socket.requestPairingCode(CAROL);
    await carol.until(() => network.core.linkCodes.has(CAROL) || undefined);
    await phone(CAROL).typeCode(code);
    await carol.opened(1);
    expect(network.account(CAROL).devices.size).toBe(1);
  });

  it('sends from client to client', async () => {
    await alice.send(pn(CAROL), { text: 'hello Carol' });
    const message = await carol.text('hello Carol');
    expect(message.key.remoteJid).toBe(chatOf(ALICE));
  });

  it('gets the reply', async () => {
    await carol.send(chatOf(ALICE), { text: 'hello back' });
    await alice.text('hello back');
  });

  it('sends read receipts', async () => {
    const id = await phone(BOB).sendText(ALICE, 'read me');
    const message = await alice.text('read me');
    await alice.socket.readMessages([message.key]);
    await alice.until(() => phone(BOB).receipts.find((item) => item.id === id && item.type === 'read'));
  });

  it('creates a group and writes to it', async () => {
    const created = await alice.socket.groupCreate('Team', [pn(BOB), pn(CAROL)]);
    group = created.id;
    expect(created.participants).toHaveLength(3);
    await alice.send(group, { text: 'hello team' });
    expect(await phone(BOB).expect((entry) => entry.text === 'hello team')).toMatchObject({
      chat: group,
      from: pn(ALICE),
    });
    const message = await carol.text('hello team');
    expect(message.key.remoteJid).toBe(group);
  });

  it('receives group text', async () => {
    await phone(BOB).sendText(group, 'from Bob');
    const message = await alice.text('from Bob');
    expect(message.key.participant).toBe(chatOf(BOB));
    await carol.text('from Bob');
    await phone(BOB).sendText(group, 'again from Bob');
    await alice.text('again from Bob');
  });

  it('uploads an image that arrives byte for byte', async () => {
    const original = await readFile(PICTURE);
    await alice.send(pn(CAROL), { image: original, caption: 'picture', jpegThumbnail: '' });
    const message = await carol.until(() =>
      carol.messages().find((item) => item.message?.imageMessage?.caption === 'picture'),
    );
    const options = Object.assign<RequestInit, object>({}, { dispatcher: carol.dispatcher });
    const down = await downloadMediaMessage(message, 'buffer', { options });
    expect(down.equals(original)).toBe(true);
  });

  it('is given history after linking', async () => {
    const chat = await alice.until(() =>
      alice
        .events('messaging-history.set')
        .flatMap((set) => set.chats)
        .find((item) => item.id === pn(BOB)),
    );
    expect(chat.unreadCount).toBe(3);
  });

  it('edits, reacts, revokes, and sends polls, locations and contacts', async () => {
    const { key } = await alice.send(pn(BOB), { text: 'tpyo' });
    const inbox = phone(BOB);
    await alice.send(pn(BOB), { edit: key, text: 'typo' });
    await inbox.expect((entry) => entry.message.protocolMessage?.editedMessage != null);
    await alice.send(pn(BOB), { react: { text: '👍', key } });
    await inbox.expect((entry) => entry.message.reactionMessage?.text === '👍');
    await alice.send(pn(BOB), { delete: key });
    await inbox.expect((entry) => entry.message.protocolMessage?.type === 0);
    await alice.send(pn(BOB), { poll: { name: 'Lunch?', values: ['yes', 'no'], selectableCount: 1 } });
    await inbox.expect((entry) => getContentType(entry.message)?.startsWith('pollCreation') === true);
    await alice.send(pn(BOB), { location: { degreesLatitude: 52.5, degreesLongitude: 13.4 } });
    await inbox.expect((entry) => entry.message.locationMessage?.degreesLatitude === 52.5);
    const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Dan\nEND:VCARD';
    await alice.send(pn(BOB), { contacts: { displayName: 'Dan', contacts: [{ vcard }] } });
    await inbox.expect((entry) => entry.message.contactMessage?.vcard === vcard);
  });

  it('shows typing in both directions', async () => {
    await alice.socket.sendPresenceUpdate('composing', pn(BOB));
    await alice.until(() => phone(BOB).typing.get(pn(ALICE)) === 'composing' || undefined);
    phone(BOB).chatstate(ALICE, 'composing');
    await alice.until(
      () =>
        alice
          .events('presence.update')
          .some((update) => Object.values(update.presences).some((p) => p.lastKnownPresence === 'composing')) ||
        undefined,
    );
  });

  it('tells which numbers exist', async () => {
    // Baileys leaves out the numbers the network answers "out" for.
    const found = await alice.socket.onWhatsApp(BOB, '15559999999');
    expect(found).toEqual([{ jid: pn(BOB), exists: true }]);
  });

  it('gets what came while its connection was cut', async () => {
    network.kick(ALICE);
    await alice.until(() => alice.closes.length > 1 || undefined);
    await phone(BOB).sendText(ALICE, 'while away 1');
    await phone(BOB).sendText(ALICE, 'while away 2');
    await alice.start();
    await alice.text('while away 1');
    await alice.text('while away 2');
    const device = network.account(ALICE).devices.get(1);
    await alice.until(() => device?.queue.size === 0 || undefined);
  });

  it('sees a refusal with code 463', async () => {
    network.faults.nack = 463;
    const { key } = await alice.send(pn(BOB), { text: 'refused' });
    await alice.until(() => alice.acks.find((ack) => ack.id === key.id && ack.error === '463'));
    network.faults.nack = undefined;
    expect(phone(BOB).inbox.find((entry) => entry.id === key.id)).toBeUndefined();
  });

  it('is closed by stream error 503 and comes back', async () => {
    network.streamError({ code: '503' }, ALICE);
    await alice.closed(503);
    await alice.start();
    await alice.opened(3);
  });

  it('is told 440 when the same device logs in elsewhere', async () => {
    const other = new TestClient(network, { auth: alice.auth.clone() });
    await other.start();
    await alice.closed(440);
    await other.opened(1);
    await alice.stop();
    alice = other;
  });

  it('is told 401 when the phone unlinks it', async () => {
    phone(ALICE).unlink(1);
    await alice.closed(401);
  });

  it('is refused with credentials that were unlinked', async () => {
    const again = new TestClient(network, { auth: alice.auth.clone() });
    await again.start();
    await again.closed(401);
    await again.stop();
  });

  it('removes its device when it logs out', async () => {
    await carol.socket.logout();
    await carol.until(() => network.account(CAROL).devices.size === 0 || undefined);
  });
});
