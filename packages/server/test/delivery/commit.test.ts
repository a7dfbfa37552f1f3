import { expect, it } from 'vitest';
import { claimNext, loadKeys } from '../../src/delivery/store.ts';
import type { EngineRecord, Inbound } from '../../src/engine/port.ts';
import { ensureContactByPhone } from '../../src/features/contacts/index.ts';
import { ensureConversationWithContact } from '../../src/features/conversations/index.ts';
import { listEventsOfSubject } from '../../src/features/events/index.ts';
import { findMessage, insertOutbound } from '../../src/features/messages/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { isId, newId } from '../../src/platform/ids.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, type OwnedDevice, ownedDevice } from './factories.ts';

async function queued(db: Db, device: OwnedDevice, phone = '+15550002000'): Promise<{ id: string; waId: string }> {
  const { workspaceId, deviceId } = device;
  const id = newId('msg');
  const waId = `3EB0${newId('req').slice(4)}`;
  const contactId = await ensureContactByPhone(db, { id: newId('con'), workspaceId, phone });
  const conversationId = await ensureConversationWithContact(db, {
    id: newId('cnv'),
    workspaceId,
    deviceId,
    contactId,
  });
  await insertOutbound(db, {
    id,
    workspaceId,
    deviceId,
    conversationId,
    waId,
    type: 'text',
    content: { text: { body: 'Hello' } },
    status: 'queued',
    statusRank: 1,
    heldReason: null,
    clientRef: null,
    metadata: null,
    transactional: false,
    validUntil: new Date(Date.now() + 60_000),
    createdAt: new Date(),
  });
  return { id, waId };
}

const report = (
  waId: string,
  status: 'sent' | 'delivered' | 'read' | 'failed',
  providerCode?: string,
): EngineRecord => ({
  kind: 'report',
  report: { waId, status, at: Date.now(), ...(providerCode ? { providerCode } : {}) },
});

function inbound(waId: string, extra: Partial<Inbound> = {}): EngineRecord {
  const from = { kind: 'person', phone: '+15550003000' } as const;
  const content = { type: 'text', text: { body: waId } } as const;
  return {
    kind: 'inbound',
    message: { waId, chat: from, sender: from, fromMe: false, sentAt: Date.now(), content, offline: false, ...extra },
  };
}

const statusOf = async (db: Db, { workspaceId }: OwnedDevice, id: string) =>
  (await findMessage(db, workspaceId, id))?.status;
const count = async (db: Db, table: 'message' | 'contact' | 'conversation' | 'outbox', { workspaceId }: OwnedDevice) =>
  (await db.query(`select 1 from ${table} where workspace_id = $1`, [workspaceId])).length;

describeEachDb('committing what the engine says', (database) => {
  // Beside a message the reports take the long way, in a transaction; alone they are one batch.
  it.each([
    ['alone', []],
    ['beside a message that arrived', [inbound('A1')]],
  ])('moves a message up only, one event for each step, with reports %s', async (_name, beside) => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id, waId } = await queued(db, device);
    const first = [report(waId, 'read'), report(waId, 'sent'), report(waId, 'delivered'), ...beside];
    expect((await commit(db, device, first)).settled).toEqual([{ deviceId: device.deviceId, messageId: id }]);
    await commit(db, device, [report(waId, 'delivered'), report(waId, 'sent'), report(waId, 'failed', '500')]);
    expect(await statusOf(db, device, id)).toBe('read');
    const steps = (await listEventsOfSubject(db, device.workspaceId, id)).map(({ type }) => type);
    expect(steps).toEqual(['message.sent', 'message.delivered', 'message.read']);
    expect(await count(db, 'outbox', device)).toBe(0);
  });

  it('ends a refused message with our code and WhatsApp’s own, and takes it out of the outbox', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id, waId } = await queued(db, device);
    await commit(db, device, [report(waId, 'failed', '463')]);
    const row = await findMessage(db, device.workspaceId, id);
    expect(row?.error).toMatchObject({ code: 'RECIPIENT_REACH_LIMITED', providerCode: '463', retryable: false });
    expect(await count(db, 'outbox', device)).toBe(0);
  });

  it('leaves nothing in the outbox of a message that is deleted, and gives events ids of the usual shape', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id, waId } = await queued(db, device);
    await commit(db, device, [report(waId, 'failed')]);
    const { id: waiting } = await queued(db, device);
    const ids = (await listEventsOfSubject(db, device.workspaceId, id)).map((event) => event.id);
    expect(ids.map((one) => isId('evt', one))).toEqual([true]);
    await db.query('delete from message where workspace_id = $1 and id = $2', [device.workspaceId, waiting]);
    expect(await count(db, 'outbox', device)).toBe(0);
  });

  it('writes nothing under a token that has passed on', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id, waId } = await queued(db, device);
    const stale = { ...device, token: device.token - 1 };
    const result = await commit(db, stale, [report(waId, 'read'), inbound('A1')]);
    expect((await commit(db, stale, [report(waId, 'read')])).fenced).toEqual([device.deviceId]);
    expect(result.fenced).toEqual([device.deviceId]);
    expect(await statusOf(db, device, id)).toBe('queued');
    expect(await count(db, 'message', device)).toBe(1);
  });

  it('applies no report of one device to the message of another', async () => {
    const { db } = database();
    const [mine, other] = [await ownedDevice(db), await ownedDevice(db)];
    const { id, waId } = await queued(db, mine);
    await commit(db, other, [report(waId, 'read')]);
    expect(await statusOf(db, mine, id)).toBe('queued');
  });

  it('stores an arrived message once, however often it is delivered', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [inbound('A1'), inbound('A1')]);
    await commit(db, device, [inbound('A1'), inbound('A2')]);
    expect(await count(db, 'message', device)).toBe(2);
    const [chat] = await db.query<{ unread: number }>('select unread from conversation where workspace_id = $1', [
      device.workspaceId,
    ]);
    expect(chat?.unread).toBe(2);
  });

  it('keeps a person one contact under number and LID, in whichever order they are learnt', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const person = (identity: { phone?: string; lid?: string }) => ({ kind: 'person', ...identity }) as const;
    const from = (waId: string, identity: { phone?: string; lid?: string }) =>
      inbound(waId, { chat: person(identity), sender: person(identity) });
    await commit(db, device, [from('A1', { lid: '100' })]);
    await commit(db, device, [from('A2', { phone: '+15550004000', lid: '100' })]);
    await commit(db, device, [from('A3', { phone: '+15550004000' }), from('A4', { lid: '100' })]);
    expect([await count(db, 'contact', device), await count(db, 'conversation', device)]).toEqual([1, 1]);
    expect(await count(db, 'message', device)).toBe(4);
  });

  it('keeps the last write of a key, deletes on null, and wipes what came before a logout', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const keys = (entries: [string, string | null][]): EngineRecord => ({
      kind: 'keys',
      entries: entries.map(([id, text]) => ({ type: 'session', id, sealed: text === null ? null : Buffer.from(text) })),
    });
    const read = async () => {
      const rows = await loadKeys(db, { ...device, type: 'session', ids: ['a', 'b', 'c'] });
      return Object.fromEntries(rows.map((row) => [row.id, Buffer.from(row.sealed).toString()]));
    };
    await commit(db, device, [
      keys([
        ['a', '1'],
        ['b', '1'],
      ]),
      keys([
        ['a', '2'],
        ['c', '1'],
      ]),
    ]);
    await commit(db, device, [keys([['b', null]])]);
    expect(await read()).toEqual({ a: '2', c: '1' });
    await commit(db, device, [keys([['b', 'old']]), { kind: 'credentials', sealed: null }, keys([['c', 'new']])]);
    expect(await read()).toEqual({ c: 'new' });
  });

  it('hands out the first message of each free chat only, in order, and each once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const a1 = await queued(db, device, '+15550005000');
    const a2 = await queued(db, device, '+15550005000');
    const b1 = await queued(db, device, '+15550006000');
    const claim = (busy: string[] = []) => db.tx((tx) => claimNext(tx, [{ ...device, room: 10 }], busy));
    const first = await claim();
    expect(first.map(({ id }) => id)).toEqual([a1.id, b1.id]);
    const chatOfA = first[0]?.conversation_id ?? '';
    expect(await claim([chatOfA])).toEqual([]);
    expect((await claim()).map(({ id }) => id)).toEqual([a2.id]);
    expect(await claim()).toEqual([]);
    expect(await statusOf(db, device, a1.id)).toBe('sending');
  });
});
