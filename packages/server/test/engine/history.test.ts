import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Network, startNetwork, toConversation } from '@waping/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBaileysEngine } from '../../src/engine/baileys/index.ts';
import type { Engine } from '../../src/engine/port.ts';
import { optionHash } from '../../src/platform/crypto/message-secret.ts';
import { unavailable } from '../../src/platform/db/db-error.ts';
import { spec } from './kit.ts';
import { MemoryStore } from './memory-store.ts';

const CHAT = '15550002@s.whatsapp.net';
const GROUP = '120363000000000018@g.us';
const nothing = (): void => {};
let caDir: string;
let network: Network;
let store: MemoryStore;
let engine: Engine;

beforeAll(async () => {
  caDir = await mkdtemp(path.join(tmpdir(), 'waping-ca-'));
  network = await startNetwork({ seed: 'history', caDir });
  store = new MemoryStore();
  const { caFile } = network.core.media;
  engine = createBaileysEngine({
    endpoints: [
      {
        network: 'sandbox',
        url: network.url,
        rootKey: network.rootKey.toString('hex'),
        mediaHost: network.mediaHost,
        ...(caFile === undefined ? {} : { caFile }),
      },
    ],
    store,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    options: { workersPerNetwork: 1 },
  });
  network.account('15550002');
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await network.close();
  await rm(caDir, { recursive: true, force: true });
});

function give(number: string, count: number): void {
  const messages = Array.from({ length: count }, (_, n) => ({
    id: `M${count - n}`,
    fromMe: n % 2 === 0,
    message: { conversation: `text ${count - n}` },
    at: 1_700_000_000 + count - n,
  }));
  const chat = {
    ...toConversation({ chat: CHAT, lid: '9002@lid', unread: 2, messages }),
    tcToken: Buffer.from('token'),
    tcTokenTimestamp: 5,
  };
  network.account(number).phone.history = {
    conversations: [chat],
    pushnames: [{ id: CHAT, pushname: 'ada' }],
    delivery: 'external',
  };
}

async function link(deviceId: string, number: string): Promise<void> {
  await engine.link(spec(deviceId), { method: 'qr' });
  await network.account(number).phone.scan((await store.fact(deviceId, 'qr')).text);
  await store.fact(deviceId, 'open');
}

const ended = (deviceId: string, parts: number) =>
  store.until(`history of ${deviceId}`, () => store.history(deviceId).filter((one) => one.end).length >= parts);

it('is read in small groups, oldest first, with names and pairs, and is told of before it is acknowledged', async () => {
  give('15550011', 100);
  await link('dev_a', '15550011');
  await ended('dev_a', 3);
  const groups = store.history('dev_a').filter((one) => one.messages.length > 0);
  expect(groups.map((one) => one.messages.length).every((count) => count <= 16)).toBe(true);
  const messages = groups.flatMap((one) => one.messages);
  expect(messages.map((one) => one.waId)).toEqual(Array.from({ length: 100 }, (_, n) => `M${n + 1}`));
  expect(messages[0]).toMatchObject({
    fromMe: false,
    sentAt: 1_700_000_001_000,
    chat: { phone: '+15550002', lid: '9002' },
  });
  expect(messages[1]).toMatchObject({ fromMe: true, status: 'read', sender: { phone: '+15550011' } });
  expect(groups.flatMap((one) => one.chats)).toMatchObject([{ unread: 2 }]);
  const people = store.history('dev_a').flatMap((one) => one.people);
  expect(people.map((one) => one.pushName)).toEqual(['ada', 'ada']);
  const keys = [...store.devices.entries()].find(([name]) => name.endsWith('dev_a'))?.[1].keys ?? new Map();
  expect([...keys.keys()]).toEqual(expect.arrayContaining(['lid-mapping/15550002', 'tctoken/9002@lid']));
});

it('goes on after the groups that are stored when the session begins anew', async () => {
  give('15550012', 200);
  let groups = 0;
  const commit = store.commitHistory.bind(store);
  store.commitHistory = async (group) => {
    groups += 1;
    if (groups > 2) throw unavailable('the database is away');
    return commit(group);
  };
  await link('dev_b', '15550012');
  await expect.poll(() => groups, { timeout: 30_000 }).toBeGreaterThan(2);
  await engine.stop('dev_b');
  store.commitHistory = commit;
  await engine.open(spec('dev_b'));
  await ended('dev_b', 3);
  const ids = store.history('dev_b').flatMap((one) => one.messages.map(({ waId }) => waId));
  expect(ids).toHaveLength(200);
  expect(new Set(ids).size).toBe(200);
});

it('passes over the one item that cannot be stored, and over counts and times that are none', async () => {
  give('15550015', 60);
  const [chat] = network.account('15550015').phone.history?.conversations ?? [];
  if (!chat?.messages?.[3]?.message) throw new Error('no history was given');
  chat.unreadCount = 2 ** 32 - 1;
  chat.messages[3].message.messageTimestamp = 9e15;
  const commit = store.commitHistory.bind(store);
  store.commitHistory = async (group) => {
    if (group.messages.some(({ waId }) => waId === 'M7')) throw new TypeError('cannot be stored');
    return commit(group);
  };
  await link('dev_e', '15550015');
  await ended('dev_e', 3);
  store.commitHistory = commit;
  const groups = store.history('dev_e');
  const ids = groups.flatMap((one) => one.messages.map(({ waId }) => waId));
  const wanted = Array.from({ length: 60 }, (_, n) => `M${n + 1}`).filter((id) => id !== 'M7' && id !== 'M57');
  expect(ids).toEqual(wanted);
  expect(groups.flatMap((one) => one.chats)).toMatchObject([{ unread: 0 }]);
  expect(groups.flatMap(({ end }) => end ?? [])).toEqual(Array(3).fill({ state: 'done' }));
});

it('has the votes on a poll and what each member of its group did with it', async () => {
  const key = { remoteJid: GROUP, fromMe: false, participant: CHAT };
  const pollCreationMessage = { name: 'When?', options: [{ optionName: 'Morning' }, { optionName: 'Evening' }] };
  const poll = { id: 'POLL', fromMe: true, message: { pollCreationMessage }, at: 1_700_000_000 };
  const chat = toConversation({ chat: GROUP, messages: [poll] });
  const vote = { selectedOptions: [optionHash('Evening')] };
  Object.assign(chat.messages?.[0]?.message ?? {}, {
    pollUpdates: [{ pollUpdateMessageKey: { ...key, id: 'VOTE' }, vote, senderTimestampMs: 1_700_000_001_000 }],
    userReceipt: [{ userJid: CHAT, receiptTimestamp: 1_700_000_002, readTimestamp: 1_700_000_003 }],
  });
  network.account('15550016').phone.history = { conversations: [chat] };
  await link('dev_f', '15550016');
  await ended('dev_f', 3);
  const [message] = store.history('dev_f').flatMap((one) => one.messages);
  const ada = expect.objectContaining({ kind: 'person', phone: '+15550002' });
  expect(message).toMatchObject({
    waId: 'POLL',
    votes: [{ waId: 'VOTE', sender: ada, fromMe: false, options: ['Evening'], at: 1_700_000_001_000 }],
    receipts: [
      { person: ada, status: 'delivered', at: 1_700_000_002_000 },
      { person: ada, status: 'read', at: 1_700_000_003_000 },
    ],
  });
});

it('that WhatsApp does not have any more is given up, and the next part is read', async () => {
  give('15550013', 5);
  network.core.media.faults.set('*', { kind: 'missing' });
  await link('dev_c', '15550013');
  await ended('dev_c', 1);
  network.core.media.faults.clear();
  await ended('dev_c', 3);
  const ends = store.history('dev_c').flatMap(({ end }) => end ?? []);
  expect(ends).toEqual([{ state: 'failed', reason: 'gone' }, { state: 'done' }, { state: 'done' }]);
});

it('that was changed on its way is not believed', async () => {
  give('15550014', 5);
  network.core.media.faults.set('*', { kind: 'corrupt' });
  await link('dev_d', '15550014');
  await ended('dev_d', 1);
  network.core.media.faults.clear();
  expect(store.history('dev_d').flatMap(({ end }) => end ?? [])[0]).toEqual({ state: 'failed', reason: 'damaged' });
  expect(store.history('dev_d').flatMap((one) => one.messages)).toEqual([]);
}, 60_000);
