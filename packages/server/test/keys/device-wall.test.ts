import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { recordCalls } from '../../src/features/calls/index.ts';
import { applyGroups } from '../../src/features/groups/index.ts';
import type { CallRequest } from '../../src/operations/call.ts';
import type { Actor } from '../../src/operations/context.ts';
import type { Operation } from '../../src/operations/define.ts';
import { DEVICE_BOUND } from '../../src/operations/device-list-store.ts';
import { registry } from '../../src/operations/registry.ts';
import type { CallReply } from '../../src/operations/reply.ts';
import type { Db, Queryable } from '../../src/platform/db/port.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { inputsNaming } from '../kit/inputs.ts';
import { mediaOn } from '../kit/media.ts';
import { groupOf } from '../kit/whatsapp.ts';

const SECRET = 'Private to the other device';
const tenants = registry.filter(({ audience }) => audience !== 'operator');

interface Two {
  caller: Caller;
  mine: string;
  other: string;
  /** Ids of the other device and of everything on it. */
  foreign: string[];
  limited: Actor;
}

const rowsOf = (reply: CallReply): Record<string, string>[] => JSON.parse(String(reply.body)).data;

/** A workspace with two devices and a message on each; a key that is limited to the first. */
async function twoDevices(db: Db): Promise<Two> {
  const caller = await Caller.create(db);
  const [mine, other] = [await caller.device(), await caller.device()];
  const send = async (deviceId: string, text: string) => {
    const body = { deviceId, to: '+15550001234', type: 'text', text: { body: text }, requireOnline: false };
    return JSON.parse(String((await caller.call('messages.send', { body })).body));
  };
  await send(mine, 'Mine');
  const message = await send(other, SECRET);
  const group = { ...groupOf('120363000000000009'), subject: SECRET };
  const groups = await db.tx((tx) => applyGroups(tx, [{ workspaceId: caller.workspaceId, deviceId: other, group }]));
  const media = await mediaOn(db);
  const file = { from: Readable.from([Buffer.from(SECRET)]), mimeType: null, fileName: `${SECRET}.txt` };
  const made = { workspaceId: caller.workspaceId, deviceId: other, source: 'inbound', standalone: true } as const;
  const { id: mediaId } = await media.ingest(file, { ...made, now: new Date() });
  const who = { kind: 'person', phone: '+15550004567' } as const;
  const offer = { callId: newId('req'), caller: who, callerJid: SECRET, at: Date.now() };
  const news = { type: 'offer', video: false } as const;
  const rings = { ...offer, news, workspaceId: caller.workspaceId, deviceId: other };
  await db.tx((tx) => recordCalls(tx, [rings], new Date()));
  const calls = rowsOf(await caller.call('calls.list', { query: { deviceId: other } })).map((row) => row['id'] ?? '');
  const events = rowsOf(await caller.call('events.list', { query: { deviceId: other } })).map((row) => row['id'] ?? '');
  return {
    caller,
    mine,
    other,
    foreign: [other, message.id, message.conversationId, ...groups, ...calls, ...events, mediaId],
    limited: { kind: 'api_key', id: newId('key'), scopes: ['*'], devices: [mine], ips: null, expiresAt: null },
  };
}

/** Tables with rows of devices, by the column that says which. */
async function deviceTables(db: Queryable): Promise<{ name: string; column: string }[]> {
  return db.query(
    `select c.relname as name, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not a.attisdropped
       and (a.attname = 'device_id' or (c.relname = 'device' and a.attname = 'id')) order by 1`,
  );
}

/** Everything of a device, as WAPing itself sees it. */
async function belongings(db: Db, deviceId: string): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const { name, column } of await deviceTables(db)) {
    const rows = await db.query<{ row: string }>(
      `select t::text as row from ${name} t where ${column} = $1 order by 1`,
      [deviceId],
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

/** The answer, or the error: WapingErrors are answers too. */
async function answer(reply: Promise<CallReply>): Promise<{ text: string; error: WapingError | null }> {
  try {
    return { text: String((await reply).body), error: null };
  } catch (error) {
    if (!(error instanceof WapingError) || error.status >= 500) throw error;
    return { text: JSON.stringify([error.message, error.details]), error };
  }
}

/** Whether a field that names a thing names one of these. A text of the caller's may say what it likes. */
function names(value: unknown, ids: readonly string[], field = ''): boolean {
  if (typeof value === 'string') return /(Ids?|^to)$/.test(field) && ids.includes(value);
  if (Array.isArray(value)) return value.some((item) => names(item, ids, field));
  return (
    value !== null && typeof value === 'object' && Object.entries(value).some(([key, item]) => names(item, ids, key))
  );
}

/** What an answer shows of the other device beyond what the caller said itself. */
function leaks({ text }: { text: string }, input: CallRequest['input'], foreign: readonly string[]): string[] {
  const said = JSON.stringify(input);
  return [SECRET, ...foreign.filter((id) => !said.includes(id))].filter((word) => text.includes(word));
}

describeEachDb('a key limited to a device', (database) => {
  const cases = tenants.map((operation) => [operation.id, operation] as const);

  it.each(cases)('%s: is refused, or shows and changes nothing of another device', async (_id, operation) => {
    const { caller, mine, other, foreign, limited } = await twoDevices(database().db);
    const call = (input: CallRequest['input']) => answer(caller.call(operation.id, input, { actor: limited }));
    if (!operation.perDevice) {
      const { error } = await call({});
      expect([error?.code, error?.details[0]?.param]).toEqual(['FORBIDDEN', 'deviceList']);
      return;
    }
    const before = await belongings(database().db, other);
    for (const input of inputsNaming(operation, { own: mine, foreign })) {
      const reply = await call(input);
      expect(leaks(reply, input, foreign), JSON.stringify(input)).toEqual([]);
      if (!names(input, foreign)) continue;
      expect([reply.error?.code, reply.error?.details[0]?.param], JSON.stringify([input, reply.text])).toEqual([
        'FORBIDDEN',
        'deviceList',
      ]);
    }
    expect(await belongings(database().db, other)).toEqual(before);
  });

  const perDevice = cases.filter(([, operation]) => operation.perDevice);
  it.each(perDevice)(
    '%s: meets the wall in the database even where nothing looked at its input',
    async (id, operation) => {
      const { db } = database();
      const { caller, mine, other, foreign } = await twoDevices(db);
      const walled: Db = { ...db, within: (workspaceId) => db.within(workspaceId, [mine]) };
      const behind = new Caller(walled, caller.workspaceId, caller.limits);
      behind.mediaDb = db;
      const before = await belongings(db, other);
      for (const input of inputsNaming(operation, { own: mine, foreign })) {
        const reply = await answer(behind.call(id, input));
        expect(leaks(reply, input, foreign), JSON.stringify(input)).toEqual([]);
      }
      expect(await belongings(db, other)).toEqual(before);
    },
  );

  it('would be seen to leak: without the limit the same reads show the other device', async () => {
    const { caller, mine, foreign } = await twoDevices(database().db);
    const reads = (operation: Operation) => operation.perDevice && !operation.mutates;
    const shown = new Set<string>();
    for (const operation of tenants.filter(reads))
      for (const input of inputsNaming(operation, { own: mine, foreign })) {
        const reply = await answer(caller.call(operation.id, input));
        if (leaks(reply, input, foreign).length > 0) shown.add(operation.id);
      }
    const ids = [
      'calls.get',
      'calls.list',
      'conversations.get',
      'conversations.list',
      'devices.list',
      'events.list',
      'groups.get',
      'groups.list',
      'media.content',
      'media.get',
      'media.list',
      'messages.get',
      'messages.list',
    ];
    expect([...shown].sort()).toEqual(expect.arrayContaining(ids));
  });

  it('is held by every table with rows of devices that a workspace may touch', async () => {
    const { db } = database();
    const { caller, mine, other } = await twoDevices(db);
    const open = await db.query<{ name: string }>(
      `select c.relname as name from pg_class c where c.relnamespace = current_schema()::regnamespace
       and has_any_column_privilege('waping_tenant', c.oid, 'select') and c.relkind in ('r', 'p')`,
    );
    const guarded = (await deviceTables(db)).filter(({ name }) => open.some((table) => table.name === name));
    expect(guarded.map(({ name }) => name)).toEqual(expect.arrayContaining(['device', 'event', 'message', 'outbox']));
    const within = db.within(caller.workspaceId, [mine]);
    for (const { name, column } of guarded) {
      const policies = await db.query(
        `select 1 from pg_policy where polrelid = $1::regclass and not polpermissive and polroles = array['waping_limited'::regrole::oid]`,
        [name],
      );
      expect(policies, name).toHaveLength(1);
      const rows = await within.query<{ device: string }>(`select distinct ${column} as device from ${name}`);
      expect(
        rows.filter(({ device }) => device !== mine),
        name,
      ).toEqual([]);
    }
    expect(await within.query('update device set label = label where id = $1 returning id', [other])).toEqual([]);
    const forged = `insert into event (id, workspace_id, device_id, type, api_version, data) values ($1, $2, $3, 'x', 'x', '{}')`;
    const forge = (device: string | null) => within.query(forged, [newId('evt'), caller.workspaceId, device]);
    await expect(forge(other)).rejects.toMatchObject({ sqlstate: '42501' });
    await forge(null);
    expect(await db.within(caller.workspaceId, []).query('select id from device')).toEqual([]);
  });

  it('is known by the ids of everything that lies on a device', async () => {
    const { db } = database();
    const tables = await db.query<{ name: string }>(
      `select t.name from (select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace and a.attname in ('id', 'device_id') and c.relkind in ('r', 'p')
         group by c.relname having count(*) = 2) t where has_any_column_privilege('waping_tenant', t.name, 'select') order by 1`,
    );
    // A new kind of thing on a device: teach operations/device-list-store.ts to look it up.
    expect(tables.map(({ name }) => name)).toEqual([
      'call',
      'conversation',
      'device_gap',
      'event',
      'link_page',
      'media',
      'message',
      'wa_group',
    ]);
    expect([...DEVICE_BOUND].sort()).toEqual(['call', 'cnv', 'dev', 'evt', 'gap', 'grp', 'lnk', 'med', 'msg']);
  });

  it('and others with more or less in the same workspace do not take each other’s place', async () => {
    const { db } = database();
    const { caller, mine, other } = await twoDevices(db);
    const seen = async (devices: string[] | null) => {
      const rows = await db
        .within(caller.workspaceId, devices)
        .query<{ id: string }>('select id from device order by id');
      return rows.map(({ id }) => id);
    };
    const lists = [[mine], null, [other], [], [mine], null, [mine, other], [other]];
    const expected = lists.map((list) => list ?? [mine, other]);
    expect(await Promise.all(lists.map(seen))).toEqual(expected);
    for (const list of lists) expect(await seen(list)).toEqual(list ?? [mine, other]);
    expect((await db.query<{ id: string }>('select id from device')).length).toBeGreaterThan(1);
  });

  it('counts every device against the plan, seen or not, and none of another workspace', async () => {
    const { db } = database();
    const { caller, mine } = await twoDevices(db);
    const count = async (workspaceId: string, devices: string[] | null) =>
      (await db.within(workspaceId, devices).query('select count_devices($1) as count', [caller.workspaceId]))[0];
    expect(await count(caller.workspaceId, [mine])).toEqual({ count: 2 });
    expect(await count(caller.workspaceId, null)).toEqual({ count: 2 });
    expect(await count(newId('ws'), null)).toEqual({ count: 0 });
  });
});
