import { expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { type ApiClient, rowsOf } from '../kit/api.ts';
import { createStorage, type TestStorage } from '../kit/db.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const OURS = '+15550007000';
const PEOPLE = 4_000;
const EACH = 4;
const personOf = (n: number) => `+1557${1_000_000 + n}`;
const TABLES = ['message', 'contact', 'conversation', 'event', 'message_change', 'number_check'];

/** As months of traffic leave it: thousands of people, each with a chat and messages. */
async function seed(db: Db, { workspaceId, deviceId }: { workspaceId: string; deviceId: string }): Promise<void> {
  await db.query(
    `with c as (
       insert into contact (id, workspace_id, phone)
       select 'con_' || lpad(n::text, 26, '0'), $1, '+1557' || (1000000 + n) from generate_series(0, $3::int - 1) n returning id),
     v as (
       insert into conversation (id, workspace_id, device_id, kind, contact_id)
       select 'cnv_' || substr(id, 5), $1, $2, 'person', id from c returning id),
     m as (
       insert into message (id, workspace_id, device_id, conversation_id, direction, wa_id, origin, type, content, status,
         status_rank, sent_at)
       select 'msg_' || lpad(n::text || substr(v.id, 20), 26, '0'), $1, $2, v.id, 'inbound', md5(v.id || n), 'contact', 'text',
         jsonb_build_object('text', jsonb_build_object('body', 'seeded')), 'received', 9, now()
       from v, generate_series(1, $4::int) n returning id)
     insert into event (id, workspace_id, device_id, subject_id, type, api_version, data)
     select 'evt_' || substr(id, 5), $1, $2, id, 'message.received', '2026-11-01', '{}' from m`,
    [workspaceId, deviceId, PEOPLE, EACH],
  );
  await db.query('analyze');
}

async function onDatabase<T>({ dataDir, databaseUrl }: TestStorage, work: (db: Db) => Promise<T>): Promise<T> {
  await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  return await work(db);
}

async function traffic(api: ApiClient, deviceId: string): Promise<void> {
  for (let n = 0; n < 3; n++) {
    const phone = personOf(n);
    await expectOk(api.post('/v1/sandbox/phones', { phone, name: `Person ${n}` }));
    const { id } = await expectOk(
      api.post('/v1/messages', { deviceId, to: phone, type: 'text', text: { body: `for ${n}` } }),
    );
    await api.until(`/v1/messages/${id}`, ({ status }) => status === 'delivered' || status === 'read');
    await expectOk(api.post(`/v1/sandbox/phones/${phone}/messages`, { to: OURS, text: `from ${n}` }));
    await api.until(`/v1/messages?direction=inbound&limit=5`, (body) => JSON.stringify(body).includes(`from ${n}`));
  }
}

async function lists(api: ApiClient, deviceId: string): Promise<void> {
  const [chat] = rowsOf(await expectOk(api.get('/v1/conversations')));
  const paths = ['messages', 'conversations', 'contacts', 'events'].map((name) => `/v1/${name}?limit=20`);
  paths.push(`/v1/messages?deviceId=${deviceId}`, `/v1/messages?conversationId=${chat?.['id']}&limit=5`);
  paths.push(`/v1/messages?phone=${encodeURIComponent(personOf(7))}`, `/v1/conversations/${chat?.['id']}`);
  for (const path of paths) expect((await api.get(path)).status, path).toBe(200);
}

// What this finds: a condition that goes along no index behind the wall, and plans made for hundreds of rows.
it('sends, receives and lists read no table whole where there is a long history', async () => {
  await using storage = await createStorage('postgres');
  const { dataDir, databaseUrl } = storage;
  await using server = await TestServer.start({ dataDir, databaseUrl });
  const { api, workspaceId } = server;
  const deviceId = await linkSandboxDevice(api, OURS);
  await onDatabase(storage, (db) => seed(db, { workspaceId, deviceId }));
  await onDatabase(storage, (db) => db.query('select pg_stat_reset()'));
  await traffic(api, deviceId);
  await lists(api, deviceId);
  // Connections hand in what they counted when they end.
  await server.stop();
  const read = await onDatabase(storage, (db) =>
    db.query<{ relname: string; rows: number }>(
      `select relname, seq_tup_read::int as rows from pg_stat_user_tables where relname = any ($1::text[])`,
      [TABLES],
    ),
  );
  expect(read).toHaveLength(TABLES.length);
  expect(read.filter(({ rows }) => rows >= PEOPLE)).toEqual([]);
});
