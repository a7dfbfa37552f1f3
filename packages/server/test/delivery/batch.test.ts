import { expect, it } from 'vitest';
import { applyGroups } from '../../src/features/groups/index.ts';
import { monthlySent, monthOf } from '../../src/features/usage/index.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';
import type { Json } from '../kit/api.ts';
import { Caller, type CallOptions } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { groupOf } from '../kit/whatsapp.ts';

const numberOf = (n: number) => `+1555${String(4_000_000 + n)}`;

interface Sent {
  accepted: number;
  refused: number;
  data: { index: number; id: string | null; status: string | null; error: { code: string; param: string } | null }[];
}

const rows = async (db: Db, table: string, { workspaceId }: Caller) =>
  (await db.query(`select 1 from ${table} where workspace_id = $1`, [workspaceId])).length;

describeEachDb('a batch', (database) => {
  async function world(outbound = 10_000) {
    const { db } = database();
    const caller = await Caller.create(db, { outbound });
    const deviceId = await caller.device();
    const one = (to: string, extra: object = {}): Json => {
      return { deviceId, to, type: 'text', text: { body: `to ${to}` }, requireOnline: false, ...extra };
    };
    const many = (count: number, from = 0) => Array.from({ length: count }, (_, n) => one(numberOf(from + n)));
    const batch = async (messages: Json[], options: CallOptions = {}, by = caller) => {
      const reply = await by.call('messages.sendBatch', { body: { messages } }, options);
      const sent: Sent = JSON.parse(String(reply.body));
      return { ...sent, replayed: reply.replayed };
    };
    const sent = () => monthlySent(db, caller.workspaceId, monthOf(new Date()));
    return { db, caller, deviceId, one, many, batch, sent };
  }

  it('of a thousand is accepted in order, with one outbox row, event and count for each, and one audit row', async () => {
    const { db, caller, many, batch, sent } = await world();
    const done = await batch(many(1_000));
    expect([done.accepted, done.refused, done.data.length]).toEqual([1_000, 0, 1_000]);
    expect(done.data.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    const line = await db.query<{ message_id: string }>(
      'select message_id from outbox where workspace_id = $1 order by position',
      [caller.workspaceId],
    );
    expect(line.map((row) => row.message_id)).toEqual(done.data.map(({ id }) => id));
    for (const table of ['message', 'event', 'contact', 'conversation']) {
      expect([table, await rows(db, table, caller)]).toEqual([table, 1_000]);
    }
    expect([await sent(), await rows(db, 'audit', caller)]).toEqual([1_000, 1]);
  });

  it('carries every kind of content, to people and groups, and checks what each one speaks of', async () => {
    const { db, caller, deviceId, one, batch } = await world();
    const { workspaceId } = caller;
    const [grp = ''] = await db.tx((tx) =>
      applyGroups(tx, [{ workspaceId, deviceId, group: groupOf('120363000000000077') }]),
    );
    const place = { type: 'location', location: { latitude: 52.52, longitude: 13.405 } };
    const group = (extra: object): Json => ({ deviceId, to: grp, requireOnline: false, ...extra });
    const { data } = await batch([
      group({ type: 'text', text: { body: 'All of you' }, mentions: 'everyone' }),
      group(place),
      { deviceId, to: numberOf(1), requireOnline: false, ...place },
      one(numberOf(1), { mentions: 'everyone' }),
      one(numberOf(1), { replyTo: newId('msg') }),
      group({ to: newId('grp'), type: 'text', text: { body: 'Nobody' } }),
    ]);
    expect(data.map(({ status, error }) => status ?? `${error?.code} ${error?.param}`)).toEqual([
      'held',
      'held',
      'held',
      'VALIDATION_ERROR mentions',
      'NOT_FOUND replyTo',
      'NOT_FOUND to',
    ]);
    const kept = await db.query<{ type: string; content: Json; chats: number }>(
      `select m.type, m.content, (select count(distinct conversation_id)::int from message where workspace_id = $1) as chats
       from message m where m.workspace_id = $1 order by m.id`,
      [workspaceId],
    );
    expect(kept.map(({ type, chats }) => [type, chats])).toEqual([
      ['text', 2],
      ['location', 2],
      ['location', 2],
    ]);
    expect(kept[0]?.content).toEqual({ text: { body: 'All of you' }, mentions: 'everyone' });
    expect(kept[2]?.content).toEqual({ location: { latitude: 52.52, longitude: 13.405 } });
  });

  it('refuses each message for itself, in the words of a single send, and accepts the others', async () => {
    const { db, caller, deviceId, one, batch } = await world();
    const other = await caller.device('sandbox');
    await caller.send(deviceId, numberOf(1));
    const [contact] = await db.query<{ id: string }>('select id from contact where workspace_id = $1', [
      caller.workspaceId,
    ]);
    const [chat] = await db.query<{ id: string }>('select id from conversation where workspace_id = $1', [
      caller.workspaceId,
    ]);
    await caller.call('contacts.optOut', { params: { contactId: contact?.id } });
    const { data } = await batch([
      one(numberOf(2)),
      one('+1555'.padEnd(15, '9')),
      one(newId('con')),
      one(newId('cnv')),
      one(chat?.id ?? '', { deviceId: other }),
      one(numberOf(1)),
      one(contact?.id ?? '', { transactional: true }),
      one(numberOf(3), { deviceId: newId('dev') }),
      one(numberOf(4), { requireOnline: true }),
      one(numberOf(5), { sendAt: '2001-01-01T00:00:00Z' }),
      one(numberOf(2), { priority: 'otp', sendAt: new Date(Date.now() + 60_000).toISOString() }),
    ]);
    expect(data.map(({ status, error }) => status ?? `${error?.code} ${error?.param}`)).toEqual([
      'held',
      'VALIDATION_ERROR to',
      'NOT_FOUND to',
      'NOT_FOUND to',
      'VALIDATION_ERROR to',
      'RECIPIENT_OPTED_OUT to',
      'held',
      'NOT_FOUND deviceId',
      'SESSION_DISCONNECTED deviceId',
      'VALIDATION_ERROR sendAt',
      'scheduled',
    ]);
  });

  it('puts messages to one new number into one chat, in order', async () => {
    const { db, caller, one, batch } = await world();
    const { data } = await batch([one(numberOf(1)), one(numberOf(2)), one(numberOf(1))]);
    expect(data.every(({ error }) => error === null)).toBe(true);
    expect([await rows(db, 'contact', caller), await rows(db, 'conversation', caller)]).toEqual([2, 2]);
  });

  it('is accepted up to exactly what is left of the quota, the first of it, also beside others that send', async () => {
    const { db, caller, deviceId, many, batch, sent } = await world(30);
    for (let n = 0; n < 20; n++) await caller.send(deviceId, numberOf(n));
    const { accepted, data } = await batch(many(100, 50));
    expect([accepted, await sent()]).toEqual([10, 30]);
    expect(data.map(({ error }) => error?.code ?? 'accepted')).toEqual(
      Array.from({ length: 100 }, (_, n) => (n < 10 ? 'accepted' : 'QUOTA_EXCEEDED')),
    );
    expect(await rows(db, 'message', caller)).toBe(30);
    expect(await rows(db, 'contact', caller)).toBe(30);
  });

  it('races with other batches and sends for what is left, and together they get exactly that', async () => {
    const { db, caller, deviceId, many, batch, sent } = await world(95);
    const racing = [
      ...[0, 20, 40].map((from) => batch(many(40, from)).then(({ accepted }) => accepted)),
      ...Array.from({ length: 20 }, (_, n) =>
        caller.send(deviceId, numberOf(n * 3)).then(
          () => 1,
          () => 0,
        ),
      ),
    ];
    const got = (await Promise.all(racing)).reduce((sum, one) => sum + one, 0);
    const [day] = await db.query<{ sum: number }>(
      'select sum(count)::int as sum from usage_day where workspace_id = $1',
      [caller.workspaceId],
    );
    expect([got, await sent(), day?.sum, await rows(db, 'message', caller)]).toEqual([95, 95, 95, 95]);
  });

  it('is made once under one Idempotency-Key, refusals included, and not at all where its commit fails', async () => {
    const { db, caller, many, batch, sent } = await world(8);
    const failing: Caller = caller.on({
      ...db,
      query: db.query.bind(db),
      within: (workspaceId) => ({
        ...db.within(workspaceId),
        tx: (fn) =>
          db.within(workspaceId).tx(async (tx) => {
            await fn(tx);
            throw new Error('power cut');
          }),
      }),
    });
    await expect(batch(many(10), { key: 'same' }, failing)).rejects.toThrow('power cut');
    expect([await rows(db, 'message', caller), await sent()]).toEqual([0, 0]);
    const twins = await Promise.all(Array.from({ length: 5 }, () => batch(many(10), { key: 'same' })));
    expect(twins.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(twins.map(({ data }) => JSON.stringify(data))).size).toBe(1);
    expect([await rows(db, 'message', caller), await sent(), twins[0]?.refused]).toEqual([8, 8, 2]);
    await expect(batch(many(9), { key: 'same' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  it('of more than a thousand, of none, and with a field that is not valid is refused as a whole', async () => {
    const { one, many, batch } = await world();
    const refused = (param: string) => expect.objectContaining({ code: 'VALIDATION_ERROR', param });
    await expect(batch(many(1_001))).rejects.toEqual(refused('messages'));
    await expect(batch([])).rejects.toEqual(refused('messages'));
    await expect(batch([one(numberOf(1)), one('nobody')])).rejects.toEqual(refused('messages.1.to'));
  });
});
