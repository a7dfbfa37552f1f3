import { expect, it } from 'vitest';
import { createDurableStore } from '../../src/delivery/durable-store.ts';
import type { HistoryGroup, HistoryMessage } from '../../src/engine/history.ts';
import type { EngineRecord } from '../../src/engine/port.ts';
import { toMessage } from '../../src/features/messages/schemas.ts';
import { findMessage } from '../../src/features/messages/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId, timeOfId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, DATA_KEY, type OwnedDevice, ownedDevice } from './factories.ts';

const ADA = { kind: 'person', phone: '+15550003000', lid: '9003' } as const;
const BEN = { kind: 'person', phone: '+15550004000' } as const;
const ME = { kind: 'person', phone: '+15550001000' } as const;
const TEAM = { kind: 'group', id: '120363000000000018' } as const;
const T0 = Date.UTC(2026, 4, 1);
const SEALED = Uint8Array.of(1, 2, 3);

const announced = (
  waId: string,
  more: Partial<Extract<EngineRecord, { kind: 'history' }>['part']> = {},
): EngineRecord => ({
  kind: 'history',
  part: { waId, kind: 'recent', chunk: 1, percent: 100, sealed: SEALED, ...more },
});

const past = (waId: string, more: Partial<HistoryMessage> = {}): HistoryMessage => ({
  waId,
  chat: ADA,
  sender: more.fromMe ? ME : ADA,
  fromMe: false,
  sentAt: T0,
  content: { type: 'text', text: { body: `text ${waId}` } },
  ...more,
});

const live = (waId: string): EngineRecord => ({
  kind: 'inbound',
  message: { ...past(waId), offline: false, sentAt: Date.now() },
});

function store(db: Db) {
  const seal = async () => Buffer.alloc(32);
  return createDurableStore(db, { seal, dataKey: async () => DATA_KEY, onCommit: () => {} });
}

const group = (device: OwnedDevice, more: Partial<HistoryGroup>): HistoryGroup => ({
  ...device,
  waId: 'P1',
  from: 0,
  done: 10,
  people: [],
  chats: [],
  messages: [],
  ...more,
});

async function message(db: Db, { workspaceId }: OwnedDevice, waId: string) {
  const [row] = await db.query<{ id: string }>('select id from message where workspace_id = $1 and wa_id = $2', [
    workspaceId,
    waId,
  ]);
  const found = row && (await findMessage(db, workspaceId, row.id));
  if (!found) throw new Error(`there is no message ${waId}`);
  return toMessage(found);
}

const types = async (db: Db, { workspaceId }: OwnedDevice) =>
  (
    await db.query<{ type: string }>('select type from event where workspace_id = $1 order by sequence', [workspaceId])
  ).map(({ type }) => type);

const chat = async (db: Db, { workspaceId }: OwnedDevice) =>
  (
    await db.query<{
      unread: number;
      last_message_at: Date;
      name: string;
      push_name: string;
      phone: string;
      lid: string;
    }>(
      `select v.unread, v.last_message_at, c.name, c.push_name, c.phone, c.lid from conversation v
       join contact c on c.id = v.contact_id where v.workspace_id = $1`,
      [workspaceId],
    )
  )[0];

const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };

describeEachDb('what came before its history', (database) => {
  it('has its effect on the message, which says what it says where it could not be read', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const base = { chat: ADA, sender: ADA, fromMe: false, at: T0 + 5_000 };
    await commit(db, device, [
      { kind: 'change', change: { ...base, waId: 'C1', targetWaId: 'H1', change: { type: 'revoke', byAdmin: false } } },
      { kind: 'change', change: { ...base, waId: 'R1', targetWaId: 'H2', change: { type: 'reaction', emoji: '👍' } } },
      { kind: 'undecryptable', ...base, waId: 'U1', reason: 'no session' },
      { kind: 'undecryptable', ...base, waId: 'R2', reason: 'no session' },
      announced('P1'),
    ]);
    const unread = await message(db, device, 'U1');
    const reaction = { sender: ADA, fromMe: false, emoji: '👍', at: T0 + 5_000 };
    const reacted = past('H2', { reactions: [{ ...reaction, waId: 'R1' }] });
    const mine = past('H3', { fromMe: true, reactions: [{ ...reaction, waId: 'R2' }] });
    const messages = [past('H1'), reacted, mine, past('U1')];
    expect(await store(db).commitHistory(group(device, { messages, end: { state: 'done' } }))).toBe(true);
    expect(await message(db, device, 'H1')).toMatchObject({ text: null, revokedAt: expect.any(String) });
    expect((await message(db, device, 'H2')).reactions).toMatchObject([{ emoji: '👍' }]);
    expect(await message(db, device, 'U1')).toMatchObject({ id: unread.id, text: { body: 'text U1' } });
    expect(await types(db, device)).toEqual(
      expect.arrayContaining(['message.recovered', 'message.revoked', 'message.reaction']),
    );
    await expect(message(db, device, 'R2')).rejects.toThrow('no message');
    expect(await chat(db, device)).toMatchObject({ unread: 1 });
  });

  it('keeps where the file lies of one that could not be read', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const base = { chat: ADA, sender: ADA, fromMe: false, at: T0 + 5_000 };
    await commit(db, device, [{ kind: 'undecryptable', ...base, waId: 'U7', reason: 'no session' }, announced('P1')]);
    const { id } = await message(db, device, 'U7');
    const content = { type: 'image', media: { mimeType: 'image/jpeg', size: 3 } } as const;
    const messages = [past('U7', { content, sealedMedia: Uint8Array.of(7) })];
    expect(await store(db).commitHistory(group(device, { messages, end: { state: 'done' } }))).toBe(true);
    expect(await message(db, device, 'U7')).toMatchObject({ id, media: { status: 'available' } });
    const kept = await db.query('select message_id from media_fetch where workspace_id = $1', [device.workspaceId]);
    expect(kept).toEqual([{ message_id: id }]);
  });

  it('has its effect in the commit that stores the message, after which nobody would look again', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const base = { chat: ADA, sender: ADA, fromMe: false, at: T0 + 5_000 };
    const change = { ...base, waId: 'C9', targetWaId: 'H9', change: { type: 'revoke', byAdmin: false } } as const;
    await commit(db, device, [{ kind: 'change', change }, announced('P1')]);
    const part = group(device, { messages: [past('H9')], end: { state: 'done' } });
    const cut: Db = {
      ...db,
      tx: (fn) =>
        db.tx(async (tx) => {
          await fn(tx);
          throw new Error('the power went');
        }),
    };
    await expect(store(cut).commitHistory(part)).rejects.toThrow('the power went');
    await expect(message(db, device, 'H9')).rejects.toThrow('no message');
    expect(await store(db).commitHistory(part)).toBe(true);
    expect(await message(db, device, 'H9')).toMatchObject({ text: null, revokedAt: expect.any(String) });
  });

  it('is read here or on the phone, whether what the phone counted as unread came or not', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId } = device;
    const caller = new Caller(db, brandId('ws', workspaceId), LIMITS);
    const chats = () =>
      db.query<{ id: string; unread: number }>(
        `select v.id, v.unread from conversation v left join contact c on c.id = v.contact_id
         where v.workspace_id = $1 order by c.phone`,
        [workspaceId],
      );
    const readHere = async (at: number) => {
      const conversationId = (await chats())[at]?.id;
      const reply = await caller.call('conversations.read', { params: { conversationId } });
      expect(JSON.parse(String(reply.body))).toMatchObject({ unread: 0 });
    };
    await commit(db, device, [live('L1'), announced('P1')]);
    await readHere(0);
    const heads = [ADA, BEN, TEAM].map((one, i) => ({ chat: one, unread: i + 2 }));
    await store(db).commitHistory(group(device, { chats: heads, end: { state: 'done' } }));
    expect((await chats()).map(({ unread }) => unread)).toEqual([2, 3, 4]);
    await readHere(0);
    await readHere(1);
    await commit(db, device, [{ kind: 'read', chat: TEAM, waIds: 'all' }]);
    expect((await chats()).map(({ unread }) => unread)).toEqual([0, 0, 0]);
    expect((await types(db, device)).filter((type) => type === 'conversation.read')).toHaveLength(4);
  });
});

describeEachDb('history', (database) => {
  it('shows what was said of a file: that it can be fetched, or that nobody said where it lies', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1')]);
    const media = { mimeType: 'image/jpeg', size: 3, caption: 'long ago' };
    const picture = { content: { type: 'image', media } } as const;
    const messages = [past('H1', picture), past('H2', { ...picture, sealedMedia: Uint8Array.of(7) })];
    expect(await store(db).commitHistory(group(device, { messages }))).toBe(true);
    expect(await message(db, device, 'H1')).toMatchObject({
      type: 'image',
      media: { caption: 'long ago', status: 'failed', reason: 'unavailable' },
    });
    const there = await message(db, device, 'H2');
    expect(there).toMatchObject({ media: { caption: 'long ago', status: 'available', reason: null } });
    const kept = `select message_id, next_at = 'infinity' as waits from media_fetch where workspace_id = $1`;
    expect(await db.query(kept, [device.workspaceId])).toEqual([{ message_id: there.id, waits: true }]);
  });

  it('is stored under its own time, status and source, with no event but that of its progress', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1')]);
    const mine = past('H2', { fromMe: true, status: 'read', sentAt: T0 + 1_000, context: { quoted: { waId: 'H1' } } });
    const reactions = [{ waId: 'R1', sender: ME, fromMe: true, emoji: '👍', at: T0 + 2_000 }];
    const messages = [past('H1', { pushName: 'ada', reactions }), mine];
    const people = [{ person: ADA, pushName: 'Ada L.' }];
    const chats = [{ chat: ADA, unread: 3, lastAt: T0 + 1_000, name: 'Ada' }];
    expect(await store(db).commitHistory(group(device, { messages, people, chats, end: { state: 'done' } }))).toBe(
      true,
    );
    const first = await message(db, device, 'H1');
    expect(first).toMatchObject({ direction: 'inbound', source: 'history', origin: 'contact', status: 'received' });
    expect(first).toMatchObject({ sentAt: new Date(T0).toISOString(), createdAt: new Date(T0).toISOString() });
    expect(first.reactions).toEqual([{ emoji: '👍', senderId: null, at: new Date(T0 + 2_000).toISOString() }]);
    expect(timeOfId(first.id).getTime()).toBe(T0);
    expect(await message(db, device, 'H2')).toMatchObject({ status: 'read', origin: 'phone', replyTo: first.id });
    expect(await chat(db, device)).toMatchObject({
      ...{ unread: 3, name: 'Ada', push_name: 'Ada L.', phone: ADA.phone, lid: ADA.lid },
      last_message_at: new Date(T0 + 1_000),
    });
    const told = (await types(db, device)).filter((type) => !type.startsWith('device.'));
    expect(told).toEqual([]);
    expect(await types(db, device)).toContain('device.history_sync');
  });

  it('doubles no message that came live, and leaves it as it is', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [live('L1'), announced('P1')]);
    const before = await message(db, device, 'L1');
    const again = past('L1', { content: { type: 'text', text: { body: 'another' } } });
    const chats = [{ chat: ADA, unread: 2 }];
    await store(db).commitHistory(group(device, { messages: [again, past('H1')], chats, end: { state: 'done' } }));
    expect(await message(db, device, 'L1')).toEqual(before);
    expect(await chat(db, device)).toMatchObject({ unread: 3, last_message_at: new Date(String(before.sentAt)) });
    await commit(db, device, [live('H1')]);
    expect(await message(db, device, 'H1')).toMatchObject({ source: 'history' });
    const [row] = await db.query<{ count: number }>('select count(*)::int as count from message where device_id = $1', [
      device.deviceId,
    ]);
    expect(row).toEqual({ count: 2 });
  });

  it('goes on after the last group that was stored; a group stored twice counts once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1'), announced('P2', { chunk: 2 })]);
    const { nextHistory, commitHistory } = store(db);
    const next = () => nextHistory(device.workspaceId, device.deviceId);
    expect(await next()).toEqual({ waId: 'P1', done: 0, sealed: expect.anything() });
    const first = group(device, { messages: [past('H1')], chats: [{ chat: ADA, unread: 1 }], done: 2 });
    for (const _time of [1, 2]) expect(await commitHistory(first)).toBe(true);
    expect(await next()).toMatchObject({ waId: 'P1', done: 2 });
    expect(await chat(db, device)).toMatchObject({ unread: 1 });
    expect(
      await commitHistory(group(device, { messages: [past('H2')], from: 2, done: 3, end: { state: 'done' } })),
    ).toBe(true);
    expect(await next()).toMatchObject({ waId: 'P2', done: 0 });
    expect(await commitHistory(group(device, { messages: [past('H3')] }))).toBe(false);
    expect(await commitHistory(group(device, { waId: 'P2', end: { state: 'failed', reason: 'gone' } }))).toBe(true);
    expect(await next()).toBeNull();
    const [row] = await db.query('select history_state, history_percent, history_messages from device where id = $1', [
      device.deviceId,
    ]);
    expect(row).toEqual({ history_state: 'failed', history_percent: 100, history_messages: 2 });
    const kept = await db.query('select wa_id from history_part where device_id = $1 and sealed is not null', [
      device.deviceId,
    ]);
    expect(kept).toEqual([]);
  });

  it('is written by nobody whose lease has passed on', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1')]);
    const stale = { ...device, token: device.token - 1 };
    expect(await store(db).commitHistory(group(stale, { messages: [past('H1')] }))).toBe(false);
    expect(await db.query('select 1 from message where device_id = $1', [device.deviceId])).toEqual([]);
  });

  it('of an earlier link is forgotten with the next', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1')]);
    const account = { phone: '+15550001999', companion: 2 };
    const paired: EngineRecord = { kind: 'session', at: Date.now(), fact: { fact: 'paired', account } };
    await commit(db, device, [paired]);
    expect(await store(db).nextHistory(device.workspaceId, device.deviceId)).toBeNull();
    expect(await store(db).commitHistory(group(device, { messages: [past('H1')] }))).toBe(false);
  });

  it('brings votes on polls and what members of groups did, each shown as a live one', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1')]);
    const poll = { question: 'When?', options: ['Morning', 'Evening'], selectableCount: 1 };
    const votes = [
      { waId: 'V1', sender: ADA, fromMe: false, options: ['Evening'], at: T0 + 1_000 },
      { waId: 'V2', sender: ME, fromMe: true, options: ['Evening'], at: T0 + 2_000 },
      { waId: 'V3', sender: BEN, fromMe: false, options: [], at: T0 + 3_000 },
    ];
    const receipts: HistoryMessage['receipts'] = [
      { person: ADA, status: 'delivered', at: T0 + 4_000 },
      { person: ADA, status: 'read', at: T0 + 5_000 },
      { person: { kind: 'person', lid: '9077' }, status: 'delivered', at: T0 + 6_000 },
    ];
    const said = { chat: TEAM, fromMe: true, content: { type: 'poll', poll }, votes, receipts } as const;
    const messages = [past('G2', said)];
    await store(db).commitHistory(group(device, { messages, end: { state: 'done' } }));
    const { id, pollResults } = await message(db, device, 'G2');
    const [ada] = await db.query<{ id: string }>('select id from contact where workspace_id = $1 and phone = $2', [
      device.workspaceId,
      ADA.phone,
    ]);
    expect(pollResults).toEqual([
      { option: 'Morning', votes: 0, voterIds: [] },
      { option: 'Evening', votes: 2, voterIds: [ada?.id, null] },
    ]);
    const caller = new Caller(db, brandId('ws', device.workspaceId), LIMITS);
    const shown = JSON.parse(String((await caller.call('messages.get', { params: { messageId: id } })).body));
    const iso = (ms: number) => new Date(T0 + ms).toISOString();
    expect(shown.receipts).toMatchObject([
      { contactId: ada?.id, phone: ADA.phone, deliveredAt: iso(4_000), readAt: iso(5_000), playedAt: null },
      { contactId: null, phone: null, lid: '9077', deliveredAt: iso(6_000), readAt: null },
    ]);
    expect((await types(db, device)).filter((type) => type.startsWith('message.'))).toEqual([]);
  });

  it('keeps who wrote and who reacted in a group', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [announced('P1')]);
    const reactions = [{ waId: 'R1', sender: BEN, fromMe: false, emoji: '❤️', at: T0 }];
    const messages = [past('G1', { chat: TEAM, sender: ADA, reactions })];
    await store(db).commitHistory(
      group(device, { messages, chats: [{ chat: TEAM, unread: 1 }], end: { state: 'done' } }),
    );
    const found = await message(db, device, 'G1');
    const people = await db.query<{ id: string; phone: string }>(
      'select id, phone from contact where workspace_id = $1',
      [device.workspaceId],
    );
    const idOf = (phone: string) => people.find((one) => one.phone === phone)?.id;
    expect(found.senderId).toBe(idOf(ADA.phone));
    expect(found.reactions.map((one) => one.senderId)).toEqual([idOf(BEN.phone)]);
  });
});
