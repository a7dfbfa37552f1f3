import { randomBytes } from 'node:crypto';
import { ControlClient, type Network, startNetwork } from '@waping/sandbox';
import { downloadMediaMessage, type proto, type WAMessage } from 'baileys';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toConversation } from '../src/history/index.ts';
import { mediaClientOptions } from '../src/media/client-options.ts';
import { TestClient } from './kit/client.ts';

const ALICE = '15550401';
const BOB = '15550402';
const BOB_JID = `${BOB}@s.whatsapp.net`;

let network: Network;
let alice: TestClient;
let bob: TestClient;
let dispatcher: Awaited<ReturnType<typeof mediaClientOptions>>;

beforeAll(async () => {
  network = await startNetwork({ seed: 'media-network' });
  dispatcher = await mediaClientOptions({ host: network.mediaHost, caPem: network.mediaCa });
  alice = await new TestClient(network).pair(ALICE);
  bob = await new TestClient(network).pair(BOB);
});

afterAll(async () => {
  await alice.stop();
  await bob.stop();
  await dispatcher.close();
  await network.close();
});

beforeEach(() => network.core.media.faults.clear());

const content = Buffer.concat([Buffer.from('%PDF-1.4 '), randomBytes(200_000)]);

async function exchange(fileName: string): Promise<WAMessage> {
  await alice.send(BOB_JID, { document: content, fileName, mimetype: 'application/pdf' });
  return bob.until(() => bob.messages().find((item) => documentOf(item)?.fileName === fileName));
}

function documentOf(item: WAMessage): proto.Message.IDocumentMessage | null | undefined {
  return item.message?.documentMessage ?? item.message?.documentWithCaptionMessage?.message?.documentMessage;
}

function download(message: WAMessage): Promise<Buffer> {
  const options: RequestInit = {};
  Object.assign(options, { dispatcher: dispatcher.dispatcher });
  return downloadMediaMessage(message, 'buffer', { options });
}

describe('a document between two linked devices', () => {
  it('arrives byte for byte', async () => {
    expect((await download(await exchange('whole.pdf'))).equals(content)).toBe(true);
  });

  it('that has expired on the host answers 404 for this one only', async () => {
    const gone = await exchange('gone.pdf');
    network.core.media.faults.set(documentOf(gone)?.directPath ?? '', { kind: 'missing' });
    await expect(download(gone)).rejects.toMatchObject({ output: { statusCode: 404 } });
    expect((await download(await exchange('kept.pdf'))).equals(content)).toBe(true);
  });

  it('fails to be sent when the host refuses uploads', async () => {
    network.core.media.faults.set('upload', { kind: 'status', status: 503 });
    await expect(
      alice.send(BOB_JID, { document: content, mimetype: 'application/pdf', fileName: 'no.pdf' }),
    ).rejects.toThrow();
  });
});

describe('older messages a client asks its phone for', () => {
  it('come as history: those before the one it names, newest first, up to the number asked for', async () => {
    const phone = network.account(BOB).phone;
    for (const text of ['one', 'two', 'three', 'four']) {
      await alice.send(BOB_JID, { text });
      await phone.expect((entry) => entry.text === text);
    }
    const four = await bob.text('four');
    const request = await bob.socket.fetchMessageHistory(2, four.key, Number(four.messageTimestamp) * 1000);
    const got = await bob.until(() =>
      bob.events('messaging-history.set').find((history) => history.peerDataRequestSessionId === request),
    );
    expect(got.messages.map((item) => item.message?.conversation ?? item.message?.extendedTextMessage?.text)).toEqual([
      'three',
      'two',
    ]);
    expect(got.messages.every((item) => !item.key.fromMe)).toBe(true);
  });
});

describe.each(['inline', 'external'] as const)('history of a newly linked device (%s)', (delivery) => {
  it('is read by an unmodified client', async () => {
    const user = delivery === 'inline' ? '15550403' : '15550404';
    const message = {
      id: 'OLD1',
      fromMe: false,
      message: { conversation: `before the link, ${delivery}` },
      at: 1_700_000_000,
    };
    const conversations = [toConversation({ chat: BOB_JID, name: 'Bob', messages: [message] })];
    network.account(user).phone.history = { conversations, pushnames: [{ id: BOB_JID, pushname: 'bobby' }], delivery };
    const blobs = network.core.media.blobs.count;
    const client = await new TestClient(network).pair(user);
    const set = await client.until(() =>
      client.events('messaging-history.set').find((history) => history.messages.some(({ key }) => key.id === 'OLD1')),
    );
    expect(set.messages[0]?.message?.conversation).toBe(`before the link, ${delivery}`);
    expect(set.chats.map((chat) => chat.name)).toContain('Bob');
    expect(network.core.media.blobs.count > blobs).toBe(delivery === 'external');
    await client.stop();
  });
});

describe('a file of the past', () => {
  it('comes from the media host, else from the phone, and else from nobody', async () => {
    const user = '15550405';
    const { phone } = network.account(user);
    const file = (id: string, lost: boolean) => ({
      id,
      lost,
      at: 1_700_000_000,
      media: { kind: 'document' as const, mimeType: 'application/pdf', base64: content.toString('base64') },
    });
    const messages = [file('THERE', false), file('LOST', true), file('GONE', true)];
    await new ControlClient(network).call('phones.history', { number: user, chats: [{ chat: BOB, messages }] });
    phone.files.delete('GONE');
    const client = await new TestClient(network).pair(user);
    const past = (id: string) =>
      client.until(() =>
        client
          .events('messaging-history.set')
          .flatMap((history) => history.messages)
          .find(({ key }) => key.id === id),
      );
    expect((await download(await past('THERE'))).equals(content)).toBe(true);
    for (const id of ['LOST', 'GONE'])
      await expect(download(await past(id))).rejects.toMatchObject({ output: { statusCode: 404 } });
    const again = await client.socket.updateMediaMessage(await past('LOST'));
    expect((await download(again)).equals(content)).toBe(true);
    await expect(client.socket.updateMediaMessage(await past('GONE'))).rejects.toThrow();
    await client.stop();
  });

  it('is a text or a file, not both and not neither', async () => {
    const control = new ControlClient(network);
    const media = { kind: 'image' as const, mimeType: 'image/jpeg', base64: 'AAAA' };
    for (const said of [{}, { text: 'both', media }]) {
      const messages = [{ id: 'X', at: 1, ...said }];
      const call = control.call('phones.history', { number: BOB, chats: [{ chat: ALICE, messages }] });
      await expect(call).rejects.toMatchObject({ status: 400 });
    }
  });
});
