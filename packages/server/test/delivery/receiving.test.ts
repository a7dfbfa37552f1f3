import { expect, it } from 'vitest';
import { bodyOf } from '../../src/delivery/outbound-body.ts';
import type { EngineRecord, Inbound } from '../../src/engine/port.ts';
import { setOptOut } from '../../src/features/contacts/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { ADA, arrival, contact, events, LIMITS, ME, T0, TEAM } from './arrivals.ts';
import { commit, type OwnedDevice, ownedDevice, queued } from './factories.ts';

const unreadable = (waId: string): EngineRecord => ({
  kind: 'undecryptable',
  ...{ waId, chat: ADA, sender: ADA, fromMe: false, at: T0, reason: 'no session' },
});

describeEachDb('a message that cannot be read', (database) => {
  it('is there at once, and keeps its id when it can be read', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [unreadable('U1')]);
    const [first] = await events(db, device, 'message.%');
    expect(first).toMatchObject({
      type: 'message.undecryptable',
      data: { reason: 'no session', message: { type: 'undecryptable' } },
    });
    await commit(db, device, [unreadable('U1')]);
    await commit(db, device, [arrival('at last', { waId: 'U1' })]);
    await commit(db, device, [arrival('again', { waId: 'U1' })]);
    const all = await events(db, device, 'message.%');
    expect(all.map(({ type }) => type)).toEqual(['message.undecryptable', 'message.recovered']);
    const [, recovered] = all;
    expect(recovered?.data.message).toMatchObject({
      id: first?.subject_id,
      source: 'recovered',
      text: { body: 'at last' },
    });
    const [chat] = await db.query('select unread from conversation where workspace_id = $1', [device.workspaceId]);
    expect(chat).toEqual({ unread: 1 });
  });

  it('is edited once it can be read, not before', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [unreadable('U4')]);
    const content = { type: 'text', text: { body: 'edited' } } as const;
    const base = { waId: 'E4', chat: ADA, sender: ADA, fromMe: false, at: T0 + 1, targetWaId: 'U4' };
    await commit(db, device, [{ kind: 'change', change: { ...base, change: { type: 'edit', content } } }]);
    await commit(db, device, [arrival('first', { waId: 'U4' })]);
    const log = await events(db, device, 'message.%');
    expect(log.map(({ type }) => type)).toEqual(['message.undecryptable', 'message.recovered', 'message.edited']);
    expect(log[2]?.data.message).toMatchObject({ text: { body: 'edited' } });
  });

  it('that comes readable in the same moment is an ordinary one', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [unreadable('U2'), arrival('hello', { waId: 'U2' })]);
    expect((await events(db, device, 'message.%')).map(({ type }) => type)).toEqual(['message.received']);
  });

  it('has its file fetched once it can be read', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [unreadable('U5')]);
    const media = { mimeType: 'image/jpeg', size: 3, caption: 'look' };
    const sealedMedia = Uint8Array.of(7);
    await commit(db, device, [arrival('', { waId: 'U5', content: { type: 'image', media }, sealedMedia })]);
    const [, recovered] = await events(db, device, 'message.%');
    expect(recovered).toMatchObject({
      type: 'message.recovered',
      data: { message: { type: 'image', media: { caption: 'look', status: 'pending' } } },
    });
    const due = await db.query('select message_id from media_fetch where workspace_id = $1', [device.workspaceId]);
    expect(due).toEqual([{ message_id: recovered?.subject_id }]);
  });

  it('opts its sender out when it turns out to say so', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [unreadable('U3')]);
    await commit(db, device, [arrival('unsubscribe', { waId: 'U3' })]);
    expect(await contact(db, device)).toMatchObject({ opted_out_keyword: 'unsubscribe' });
  });
});

const chatRows = (db: Db, { workspaceId }: OwnedDevice) =>
  db.query<{ id: string; contact_id: string; unread: number }>(
    'select id, contact_id, unread from conversation where workspace_id = $1 order by id',
    [workspaceId],
  );
const read = (waIds: string[] | 'all', chat: Inbound['chat'] = ADA): EngineRecord => ({ kind: 'read', chat, waIds });
const readUntil = (sentUpTo: number): EngineRecord => ({ kind: 'read', chat: ADA, waIds: 'all', sentUpTo });

describeEachDb('a chat that is read on the phone', (database) => {
  it('is read here, up to where it was read, told once, and WhatsApp is told nothing', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const waIds = ['R1', 'R2', 'R3'];
    for (const waId of waIds) await commit(db, device, [arrival(waId, { waId })]);
    expect(await chatRows(db, device)).toMatchObject([{ unread: 3 }]);
    await commit(db, device, [read(['R2', 'R1'])]);
    expect(await chatRows(db, device)).toMatchObject([{ unread: 1 }]);
    await commit(db, device, [read(['R1'])]);
    await commit(db, device, [read(['unknown'])]);
    expect(await chatRows(db, device)).toMatchObject([{ unread: 1 }]);
    await commit(db, device, [readUntil(T0 - 1_000)]);
    expect(await chatRows(db, device)).toMatchObject([{ unread: 1 }]);
    await commit(db, device, [readUntil(T0)]);
    await commit(db, device, [read('all')]);
    const [chat] = await chatRows(db, device);
    expect(chat).toMatchObject({ unread: 0 });
    const told = await events(db, device, 'conversation.read');
    expect(told.map(({ data }) => data)).toMatchObject([
      { conversationId: chat?.id, unread: 1 },
      { conversationId: chat?.id, unread: 0 },
    ]);
    expect(await db.query('select 1 from pending_read where workspace_id = $1', [device.workspaceId])).toEqual([]);
  });
});

describeEachDb('the event of a message', (database) => {
  it('says what a look at it says, also where a known contact writes under its LID alone', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId } = device;
    const lid = { kind: 'person', lid: '9006' } as const;
    const both = { ...ADA, lid: '9006' };
    await commit(db, device, [arrival('by both', { chat: both, sender: both })]);
    await commit(db, device, [arrival('by lid', { chat: lid, sender: lid })]);
    const told = await events(db, device, 'message.received');
    expect(told).toHaveLength(2);
    for (const { subject_id: messageId, data } of told) {
      const reply = await new Caller(db, brandId('ws', workspaceId), LIMITS).call('messages.get', {
        params: { messageId },
      });
      expect(JSON.parse(String(reply.body))).toMatchObject({ ...data.message, phone: ADA.phone });
    }
  });
});

describeEachDb('what is said beside a message', (database) => {
  it('keeps who is mentioned under nothing but a LID', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const mentions = [{ kind: 'person', lid: '9009' }, ADA] as const;
    await commit(db, device, [arrival('hello @9009', { chat: TEAM, context: { mentions: [...mentions] } })]);
    const [told] = await events(db, device, 'message.received');
    expect(told?.data.message).toMatchObject({ mentions: ['9009@lid', ADA.phone] });
  });

  it('is said again by an edit', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId: workspace_id } = device;
    await commit(db, device, [arrival('asked', { waId: 'Q1' })]);
    const [asked] = await db.query<{ id: string }>('select id from message where workspace_id = $1', [workspace_id]);
    const mine = await queued(db, device, ADA.phone);
    const said = { text: { body: 'answer' }, replyTo: asked?.id, mentions: [ADA.phone, '9009@lid'] };
    await db.query('update message set content = $3::jsonb where workspace_id = $1 and id = $2', [
      workspace_id,
      mine.id,
      JSON.stringify(said),
    ]);
    const content = { edit: { messageId: mine.id, text: { body: 'better answer' } } };
    const body = await bodyOf(db, { workspace_id, type: 'edit', content });
    expect(body?.body.context).toMatchObject({
      quoted: { waId: 'Q1', content: { text: { body: 'asked' } } },
      mentions: [{ phone: ADA.phone }, { lid: '9009' }],
    });
  });

  it('leaves the log with the message that is taken back', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [arrival('a secret', { waId: 'S1' })]);
    const base = { chat: ADA, sender: ADA, fromMe: false, targetWaId: 'S1' };
    const content = { type: 'text', text: { body: 'a secret still' } } as const;
    await commit(db, device, [
      { kind: 'change', change: { ...base, waId: 'E1', at: T0 + 1, change: { type: 'edit', content } } },
    ]);
    await commit(db, device, [
      { kind: 'change', change: { ...base, waId: 'E2', at: T0 + 2, change: { type: 'revoke', byAdmin: false } } },
    ]);
    const log = await events(db, device, 'message.%');
    expect(log.map(({ type }) => type)).toEqual(['message.received', 'message.edited', 'message.revoked']);
    expect(JSON.stringify(log)).not.toContain('secret');
    expect(log[0]?.data).toMatchObject({ erased: true, message: { id: log[0]?.subject_id, status: 'received' } });
  });
});

describeEachDb('receipts of a group', (database) => {
  it('are kept member by member, each step at its first time', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId } = device;
    await commit(db, device, [
      arrival('hi', { chat: TEAM }),
      arrival('mine', { chat: TEAM, fromMe: true, sender: ME, waId: 'G1' }),
    ]);
    const ben = { kind: 'person', lid: '9004' } as const;
    const report = (participant: Inbound['sender'], status: 'delivered' | 'read', at: number): EngineRecord => ({
      kind: 'report',
      report: { waId: 'G1', status, at, participant, toMany: true },
    });
    await commit(db, device, [report(ADA, 'delivered', T0 + 1_000), report(ben, 'delivered', T0 + 2_000)]);
    await commit(db, device, [report(ADA, 'read', T0 + 3_000), report(ADA, 'read', T0 + 9_000)]);
    // A contact of which nothing but the LID is known.
    const carl = { kind: 'person', lid: '9005' } as const;
    await commit(db, device, [arrival('me too', { chat: TEAM, sender: carl }), report(carl, 'delivered', T0 + 4_000)]);
    const [row] = await db.query<{ id: string }>(`select id from message where workspace_id = $1 and wa_id = 'G1'`, [
      workspaceId,
    ]);
    const reply = await new Caller(db, brandId('ws', workspaceId), LIMITS).call('messages.get', {
      params: { messageId: row?.id },
    });
    const time = (ms: number) => new Date(T0 + ms).toISOString();
    const { receipts } = JSON.parse(String(reply.body));
    const contactId = (await contact(db, device))?.id;
    const [{ id: carlId } = { id: '' }] = await db.query<{ id: string }>(
      `select id from contact where workspace_id = $1 and lid = '9005'`,
      [workspaceId],
    );
    expect(receipts).toEqual([
      { contactId, phone: ADA.phone, lid: null, deliveredAt: time(1_000), readAt: time(3_000), playedAt: null },
      { contactId: null, phone: null, lid: '9004', deliveredAt: time(2_000), readAt: null, playedAt: null },
      { contactId: carlId, phone: null, lid: '9005', deliveredAt: time(4_000), readAt: null, playedAt: null },
    ]);
    const cara = { kind: 'person', lid: '9006' } as const;
    await commit(db, device, [report(cara, 'delivered', T0 + 2_000)]);
    const [bens, caras] = ['+15550003004', '+15550003006'];
    await commit(db, device, [report({ ...ben, phone: bens }, 'read', T0 + 4_000)]);
    await commit(db, device, [report({ kind: 'person', phone: caras }, 'read', T0 + 4_000)]);
    const both = { ...cara, phone: caras };
    await commit(db, device, [arrival('hello', { chat: both, sender: both })]);
    const rows = await db.query(
      `select participant, delivered_at, read_at from message_receipt where message_id = $1 and participant like '+%'
       order by 1 offset 1`,
      [row?.id ?? ''],
    );
    expect(rows).toEqual(
      [bens, caras].map((participant) => {
        return { participant, delivered_at: new Date(T0 + 2_000), read_at: new Date(T0 + 4_000) };
      }),
    );
  });
});

describeEachDb('two contacts that are one person', (database) => {
  it('become one, with their chats, messages and consent, as soon as a message shows it', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId } = device;
    const byLid = { kind: 'person', lid: '9003' } as const;
    await commit(db, device, [arrival('by number', { waId: 'N1' })]);
    await commit(db, device, [arrival('by lid', { waId: 'L1', chat: byLid, sender: byLid, pushName: 'Ada' })]);
    const before = await db.query<{ id: string; lid: string | null }>(
      'select id, lid from contact where workspace_id = $1 order by id',
      [workspaceId],
    );
    expect(before).toHaveLength(2);
    const [kept, gone] = [before.find((one) => one.lid === null), before.find((one) => one.lid !== null)];
    await setOptOut(db, { workspaceId, id: gone?.id ?? '', at: new Date(T0), reason: 'api', keyword: null });
    const both = { ...ADA, lid: '9003' };
    await commit(db, device, [arrival('by both', { waId: 'B1', chat: both, sender: both })]);
    const after = await db.query(
      'select id, phone, lid, push_name, opted_out_at from contact where workspace_id = $1',
      [workspaceId],
    );
    expect(after).toEqual([
      { id: kept?.id, phone: ADA.phone, lid: '9003', push_name: 'Ada', opted_out_at: new Date(T0) },
    ]);
    const chats = await chatRows(db, device);
    expect(chats).toMatchObject([{ contact_id: kept?.id, unread: 3 }]);
    const messages = await db.query(
      'select wa_id, conversation_id, sender_id from message where workspace_id = $1 order by id',
      [workspaceId],
    );
    expect(messages).toEqual(
      ['N1', 'L1', 'B1'].map((wa_id) => ({ wa_id, conversation_id: chats[0]?.id, sender_id: kept?.id })),
    );
    const told = await events(db, device, 'contact.merged');
    expect(told.map(({ data }) => data)).toMatchObject([
      { mergedContactId: gone?.id, contact: { id: kept?.id }, conversations: [{ to: chats[0]?.id }] },
    ]);
  });

  it('keep their place among those a status update is for', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const byLid = { kind: 'person', lid: '9003' } as const;
    await commit(db, device, [arrival('by number')]);
    await commit(db, device, [arrival('by lid', { chat: byLid, sender: byLid })]);
    await commit(db, device, [arrival('for some', { waId: 'S1', chat: { kind: 'status' }, sender: ME, fromMe: true })]);
    const people = await db.query<{ id: string; lid: string | null }>(
      'select id, lid from contact where workspace_id = $1 and (phone = $2 or lid is not null)',
      [device.workspaceId, ADA.phone],
    );
    const [kept, gone] = [people.find((one) => one.lid === null)?.id, people.find((one) => one.lid !== null)?.id];
    const said = { text: { body: 'for some' }, statusUpdate: { audience: ['con_another', gone] } };
    await db.query(`update message set content = $2::jsonb where workspace_id = $1 and wa_id = 'S1'`, [
      device.workspaceId,
      JSON.stringify(said),
    ]);
    const both = { ...ADA, lid: '9003' };
    await commit(db, device, [arrival('by both', { chat: both, sender: both })]);
    const [shown] = await db.query(`select content from message where workspace_id = $1 and wa_id = 'S1'`, [
      device.workspaceId,
    ]);
    expect(shown).toEqual({ content: { ...said, statusUpdate: { audience: ['con_another', kept] } } });
  });

  it('stay two where each has both names already, and across workspaces', async () => {
    const { db } = database();
    const [device, other] = [await ownedDevice(db), await ownedDevice(db)];
    const byLid = { kind: 'person', lid: '9003' } as const;
    await commit(db, other, [arrival('theirs', { chat: byLid, sender: byLid })]);
    const both = { ...ADA, lid: '9003' };
    await commit(db, device, [arrival('ours', { chat: both, sender: both })]);
    const another = { kind: 'person', phone: '+15550003999', lid: '9003' } as const;
    await commit(db, device, [arrival('moved', { chat: another, sender: another })]);
    expect(await events(db, device, 'contact.merged')).toEqual([]);
    expect(await db.query('select 1 from contact where workspace_id = $1', [other.workspaceId])).toHaveLength(1);
  });
});
