import { downloadAndProcessHistorySyncNotification, proto } from 'baileys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MediaClientOptions, mediaClientOptions } from '../media/client-options.ts';
import { type MediaHost, startMediaHost } from '../media/media-host.ts';
import { RandomStream } from '../rng.ts';
import { type HistoryChunk, historyNotification, toConversation } from './index.ts';

let media: MediaHost;
let client: MediaClientOptions;
const { INITIAL_BOOTSTRAP, PUSH_NAME, RECENT } = proto.HistorySync.HistorySyncType;
const random = new RandomStream('history-test', 'keys');

beforeAll(async () => {
  media = await startMediaHost({ seed: 'history-test' });
  client = await mediaClientOptions(media);
});

afterAll(async () => {
  await client.close();
  await media.close();
});

function notification(chunk: HistoryChunk): proto.Message.IHistorySyncNotification {
  return historyNotification({ core: { media, random } }, chunk);
}

/** What Baileys makes of it, over TLS when the payload is a blob. */
function read(chunk: HistoryChunk) {
  const options: RequestInit = {};
  Object.assign(options, { dispatcher: client.dispatcher });
  return downloadAndProcessHistorySyncNotification(notification(chunk), options);
}

const CHAT = '15550002@s.whatsapp.net';
const conversation = toConversation({
  chat: CHAT,
  name: 'Ada',
  lid: '900000000000001@lid',
  messages: [
    { id: 'B', fromMe: true, message: { conversation: 'new' }, at: 200 },
    { id: 'A', fromMe: false, message: { conversation: 'old' }, at: 100 },
  ],
});

describe.each(['inline', 'external'] as const)('%s history', (delivery) => {
  it('reaches Baileys with its messages, names and LID pairs', async () => {
    const got = await read({ syncType: INITIAL_BOOTSTRAP, conversations: [conversation], delivery });
    expect(got.chats.map((chat) => [chat.id, chat.name])).toEqual([[CHAT, 'Ada']]);
    expect(got.messages.map((item) => [item.key.id, item.message?.conversation])).toEqual([
      ['B', 'new'],
      ['A', 'old'],
    ]);
    expect(got.lidPnMappings).toEqual([{ lid: '900000000000001@lid', pn: CHAT }]);
    const names = await read({ syncType: PUSH_NAME, pushnames: [{ id: CHAT, pushname: 'ada' }], delivery });
    expect(names.contacts).toEqual([{ id: CHAT, notify: 'ada' }]);
  });
});

describe('delivery', () => {
  it('goes through the media host when the payload does not fit a message', () => {
    const text = random.bytes(120_000).toString('hex');
    const long = toConversation({
      chat: CHAT,
      messages: [{ id: 'L', fromMe: false, message: { conversation: text }, at: 1 }],
    });
    expect(notification({ syncType: RECENT, conversations: [long] }).directPath).toBeTruthy();
    expect(notification({ syncType: RECENT, conversations: [conversation] }).directPath).toBeUndefined();
  });

  it('fails for a client when the blob is gone or damaged', async () => {
    media.faults.set('*', { kind: 'missing' });
    await expect(read({ syncType: RECENT, conversations: [conversation], delivery: 'external' })).rejects.toThrow();
    media.faults.set('*', { kind: 'corrupt' });
    await expect(read({ syncType: RECENT, conversations: [conversation], delivery: 'external' })).rejects.toThrow();
    media.faults.clear();
  });
});
