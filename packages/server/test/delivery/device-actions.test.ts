import { expect, it } from 'vitest';
import { ReadReceipts } from '../../src/delivery/read-receipts.ts';
import { EngineAskError, type GroupSnapshot } from '../../src/engine/asks.ts';
import { deferred } from '../../src/engine/baileys/deferred.ts';
import type { EngineRecord } from '../../src/engine/port.ts';
import { mergeKnown } from '../../src/features/contacts/index.ts';
import { type PendingRead, pendingReads, settleRead } from '../../src/features/conversations/index.ts';
import { applyGroups } from '../../src/features/groups/index.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId, newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { groupOf } from '../kit/whatsapp.ts';
import { engineThat } from './engine-that.ts';
import { commit, type OwnedDevice, ownedDevice } from './factories.ts';

const ADA = '+15550601';
const BEN = '+15550602';
const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };

const callerOf = (db: Db, { workspaceId }: OwnedDevice) => new Caller(db, brandId('ws', workspaceId), LIMITS);

async function eventsOf(db: Db, { workspaceId }: OwnedDevice, prefix: string) {
  return db.query<{ type: string; data: Record<string, unknown> }>(
    `select type, data from event where workspace_id = $1 and type like $2 || '%' order by sequence`,
    [workspaceId, prefix],
  );
}

function arrival(from: string, body: string): EngineRecord {
  const sender = { kind: 'person', phone: from } as const;
  const content = { type: 'text', text: { body } } as const;
  const waId = `3EB0${newId('req').slice(4)}`;
  return {
    kind: 'inbound',
    message: { waId, chat: sender, sender, fromMe: false, sentAt: Date.now(), content, offline: false },
  };
}

describeEachDb('groups', (database) => {
  const record = (group: GroupSnapshot): EngineRecord => ({ kind: 'group', group });
  const types = async (db: Db, device: OwnedDevice) => (await eventsOf(db, device, 'group.')).map(({ type }) => type);

  it('become what WhatsApp says, with one event for each difference and none for none', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const first = groupOf('120363000000000011', [ADA]);
    await commit(db, device, [record(first)]);
    await commit(db, device, [record(first)]);
    expect(await types(db, device)).toEqual(['group.created']);
    const renamed: GroupSnapshot = { ...first, subject: 'New name', announce: true };
    await commit(db, device, [record(renamed)]);
    const more = {
      ...renamed,
      members: [...renamed.members, { address: { kind: 'person', phone: BEN }, role: 'admin' }],
    };
    await commit(db, device, [record(more as GroupSnapshot)]);
    const [, updated, changed] = await eventsOf(db, device, 'group.');
    expect(updated).toMatchObject({ type: 'group.updated', data: { changed: ['subject', 'announce'] } });
    expect(changed).toMatchObject({
      type: 'group.participants_changed',
      data: { added: [{ phone: BEN, lid: null }], removed: [], group: { subject: 'New name', memberCount: 2 } },
    });
  });

  it('a learnt number or LID of a member is kept, and is no change of members', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const id = '120363000000000012';
    await commit(db, device, [
      record({ ...groupOf(id), subject: 'S', members: [{ address: { kind: 'person', lid: '99' }, role: 'member' }] }),
    ]);
    await commit(db, device, [
      record({
        ...groupOf(id),
        subject: 'S',
        members: [{ address: { kind: 'person', lid: '99', phone: ADA }, role: 'member' }],
      }),
    ]);
    expect(await types(db, device)).toEqual(['group.created']);
    const rows = await db.query('select phone, lid from group_member where workspace_id = $1', [device.workspaceId]);
    expect(rows).toEqual([{ phone: ADA, lid: '99' }]);
  });

  it('the account is in no more are left, also those a whole reading does not name, and come back as joined', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const [one, two] = [groupOf('120363000000000013'), groupOf('120363000000000014')];
    await commit(db, device, [record(one), record(two), { kind: 'groups_known', ids: [one.id, two.id] }]);
    await commit(db, device, [{ kind: 'groups_known', ids: [two.id] }]);
    await commit(db, device, [{ kind: 'group_left', id: two.id }]);
    await commit(db, device, [{ kind: 'group_left', id: two.id }]);
    await commit(db, device, [record(two)]);
    expect(await types(db, device)).toEqual([
      'group.created',
      'group.created',
      'group.left',
      'group.left',
      'group.joined',
    ]);
    const rows = await db.query<{ wa_id: string; gone: boolean }>(
      'select wa_id, left_at is not null as gone from wa_group where workspace_id = $1 order by wa_id',
      [device.workspaceId],
    );
    expect(rows).toEqual([
      { wa_id: one.id, gone: true },
      { wa_id: two.id, gone: false },
    ]);
  });

  it('written at the same moment from two sides are one group', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const group = groupOf('120363000000000015', [ADA, BEN]);
    const apply = () => db.tx((tx) => applyGroups(tx, [{ ...device, group }]));
    const ids = await Promise.all([apply(), apply(), apply()]);
    expect(new Set(ids.flat()).size).toBe(1);
    expect(await types(db, device)).toEqual(['group.created']);
    const rows = await db.query('select 1 from group_member where workspace_id = $1', [device.workspaceId]);
    expect(rows).toHaveLength(2);
  });
});

describeEachDb('a chat marked read', (database) => {
  async function chat(db: Db, device: OwnedDevice, texts: string[]) {
    await commit(
      db,
      device,
      texts.map((body) => arrival(ADA, body)),
    );
    const rows = await db.query<{ id: string; conversation_id: string }>(
      'select id, conversation_id from message where workspace_id = $1 order by id',
      [device.workspaceId],
    );
    return { ids: rows.map(({ id }) => id), conversationId: rows[0]?.conversation_id ?? '' };
  }
  const pending = (db: Db, { deviceId }: OwnedDevice): Promise<PendingRead[]> =>
    pendingReads(db, { deviceIds: [deviceId], without: [], limit: 10 });

  it('waits as one row, from what was read last to what is read now, however often it is read', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const caller = callerOf(db, device);
    const { ids, conversationId } = await chat(db, device, ['one', 'two', 'three']);
    await caller.call('messages.read', { params: { messageId: ids[0] } });
    await caller.call('conversations.read', { params: { conversationId } });
    await caller.call('conversations.read', { params: { conversationId } });
    expect(await pending(db, device)).toMatchObject([
      { conversation_id: conversationId, after_id: null, up_to: ids[2], phone: ADA },
    ]);
    expect(await eventsOf(db, device, 'conversation.read')).toMatchObject([
      { data: { unread: 2 } },
      { data: { unread: 0 } },
    ]);
  });

  it('is told of though another device, or another chat of its own, gets no answer', async () => {
    const { db } = database();
    const [silent, well] = [await ownedDevice(db), await ownedDevice(db)];
    const { conversationId: stuck } = await chat(db, silent, ['one']);
    const { conversationId: refused } = await chat(db, well, ['two']);
    await commit(db, well, [arrival(BEN, 'three')]);
    for (const device of [silent, well]) {
      const rows = await db.query<{ id: string }>('select id from conversation where workspace_id = $1', [
        device.workspaceId,
      ]);
      for (const { id } of rows)
        await callerOf(db, device).call('conversations.read', { params: { conversationId: id } });
    }
    const asked: string[] = [];
    const answer = deferred<never>();
    const engine = engineThat(async () => {});
    engine.ask = async (deviceId, _name, input) => {
      const phone = Reflect.get(Object(Reflect.get(Object(input), 'chat')), 'phone');
      asked.push(`${deviceId} ${phone}`);
      if (deviceId === silent.deviceId) return answer.promise;
      if (phone === ADA) throw new EngineAskError('no_answer', 'WhatsApp did not answer');
      return Object.create(null);
    };
    const reads = new ReadReceipts({ db, engine, log: createLogger('silent') });
    reads.online(silent.deviceId);
    await expect.poll(() => asked).toEqual([`${silent.deviceId} ${ADA}`]);
    reads.online(well.deviceId);
    const left = async () => (await pending(db, well)).map((one) => one.conversation_id);
    await expect.poll(left, { timeout: 10_000 }).toEqual([refused]);
    expect((await pending(db, silent)).map((one) => one.conversation_id)).toEqual([stuck]);
    expect(asked.filter((one) => one === `${well.deviceId} ${ADA}`)).toHaveLength(1);
    answer.reject(new EngineAskError('no_answer', 'WhatsApp did not answer'));
    await reads[Symbol.asyncDispose]();
  });

  it('tells of what was unread in a chat that became one with it, and was never told of', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId } = device;
    const byLid = { kind: 'person', lid: '9011' } as const;
    const content = { type: 'text', text: { body: 'by lid' } } as const;
    const message = { waId: 'LID1', chat: byLid, sender: byLid, fromMe: false, sentAt: Date.now(), content };
    await commit(db, device, [{ kind: 'inbound', message: { ...message, offline: false } }]);
    await commit(db, device, [arrival(ADA, 'by number')]);
    const rows = await db.query<{ id: string; conversation_id: string }>(
      'select id, conversation_id from message where workspace_id = $1 order by id',
      [workspaceId],
    );
    const conversationId = rows[1]?.conversation_id ?? '';
    const caller = callerOf(db, device);
    await caller.call('conversations.read', { params: { conversationId } });
    const [told] = await pending(db, device);
    if (told) await settleRead(db, told);
    await db.tx((tx) => mergeKnown(tx, [{ workspaceId, phone: ADA, lid: byLid.lid }]));
    const reply = await caller.call('conversations.read', { params: { conversationId } });
    expect(JSON.parse(String(reply.body))).toMatchObject({ unread: 0 });
    expect(await pending(db, device)).toMatchObject([{ after_id: null, up_to: rows[1]?.id }]);
  });

  it('that is read on while its receipts are on the way waits for the rest alone', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const caller = callerOf(db, device);
    const { ids, conversationId } = await chat(db, device, ['one', 'two']);
    await caller.call('messages.read', { params: { messageId: ids[0] } });
    const [sent] = await pending(db, device);
    if (!sent) throw new Error('nothing waits');
    await caller.call('conversations.read', { params: { conversationId } });
    await settleRead(db, sent);
    expect(await pending(db, device)).toMatchObject([{ after_id: ids[0], up_to: ids[1] }]);
    const [rest] = await pending(db, device);
    if (rest) await settleRead(db, rest);
    expect(await pending(db, device)).toEqual([]);
  });
});

describeEachDb('a number in two forms', (database) => {
  it('leads sends to the contact under the form WhatsApp knows', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const caller = callerOf(db, device);
    const { workspaceId, deviceId } = device;
    await db.query(
      `insert into number_check (workspace_id, network, phone, on_whatsapp, canonical, checked_at)
       values ($1, 'sandbox', '+5511987654321', true, '+551187654321', now())`,
      [workspaceId],
    );
    const send = async (to: string): Promise<Record<string, unknown>> => {
      const body = { deviceId, to, type: 'text', text: { body: 'x' } };
      return JSON.parse(String((await caller.call('messages.send', { body })).body));
    };
    const [one, two] = [await send('+5511987654321'), await send('+551187654321')];
    expect([one['phone'], one['contactId']]).toEqual(['+551187654321', two['contactId']]);
  });
});
