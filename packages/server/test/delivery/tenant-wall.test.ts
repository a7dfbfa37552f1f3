import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { recordCalls } from '../../src/features/calls/index.ts';
import { insertPerson } from '../../src/features/members/person-store.ts';
import { insertSession } from '../../src/features/members/session-store.ts';
import { insertMembership } from '../../src/features/members/store.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import type { Actor } from '../../src/operations/context.ts';
import { registry } from '../../src/operations/registry.ts';
import { DatabaseError } from '../../src/platform/db/db-error.ts';
import type { Db, Queryable, Statement } from '../../src/platform/db/port.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { brandId, newId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { outsideFile, PIXEL } from '../kit/media.ts';
import { recording } from '../kit/recording.ts';
import { type OwnedDevice, ownedDevice, pastPicture } from './factories.ts';

const PHONE = '+15550009876';
const INVITED = 'invited@example.com';
const REFUSED_BY_POLICY = '42501';
const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };

/** What is a person's alone, whatever workspaces they belong to. */
const OF_NO_WORKSPACE = new Set([
  'search_cursor',
  'sink_cursor',
  'person',
  'person_recovery_code',
  'password_reset',
  'known_browser',
  'sign_in_failure',
  'erased_workspace',
  'master_key',
]);

/** These cross workspaces: no tenant ever runs them. */
const OPERATORS = new Set(registry.filter((one) => one.audience === 'operator').map(({ id }) => id));

type Call = (id: string, params: object, more?: { body?: object; key?: string }) => Promise<unknown>;

/** What a connected device does beside sending. */
async function callDeviceActions(
  { deviceId, messageId, conversationId }: Record<'deviceId' | 'messageId' | 'conversationId', string>,
  call: Call,
): Promise<void> {
  await call('conversations.read', { conversationId });
  await call('messages.read', { messageId });
  await call('conversations.typing', { conversationId }, { body: { state: 'composing' } });
  await call('devices.setPresence', { deviceId }, { body: { state: 'available' } });
  await call('devices.checkNumbers', { deviceId }, { body: { phones: [PHONE, '+5511987654321'] } });
  await call('devices.getProfile', { deviceId });
  await call('devices.updateProfile', { deviceId }, { body: { about: 'Mine alone' } });
  await call('devices.listBlocked', { deviceId });
  const picture = { base64: PIXEL.toString('base64') };
  await call('devices.setPicture', { deviceId }, { body: picture });
  for (const id of ['getPicture', 'removePicture']) await call(`devices.${id}`, { deviceId });
  await call('devices.getPictureOf', { deviceId, person: PHONE });
  const body = { deviceId, subject: 'Mine alone', members: [PHONE] };
  const groupId = String(Reflect.get(Object(await call('groups.create', {}, { body, key: 'group' })), 'id'));
  await call('messages.send', {}, { body: { deviceId, to: groupId, type: 'text', text: { body: 'Mine alone' } } });
  for (const id of ['get', 'getInvite', 'revokeInvite', 'listJoinRequests']) await call(`groups.${id}`, { groupId });
  await call('groups.update', { groupId }, { body: { subject: 'Mine alone too' } });
  await call('groups.setPicture', { groupId }, { body: picture });
  for (const id of ['getPicture', 'removePicture']) await call(`groups.${id}`, { groupId });
  await call('groups.changeMembers', { groupId }, { body: { action: 'add', members: [PHONE] } });
  await call('groups.decideJoinRequests', { groupId }, { body: { decision: 'approve', members: [PHONE] } });
  await call('groups.join', {}, { body: { deviceId, link: 'AbCdEf123456' } });
  await call('groups.leave', { groupId });
}

/** What is done with media. */
async function callMedia(call: Call): Promise<void> {
  const idOf = (made: unknown) => ({ mediaId: String(Reflect.get(Object(made), 'id')) });
  const media = idOf(await call('media.upload', {}, { body: { fileName: 'Mine alone.png' }, key: 'media' }));
  const fetched = idOf(await call('media.fetch', {}, { body: { url: await outsideFile() }, key: 'fetched' }));
  for (const id of ['get', 'content', 'delete']) await call(`media.${id}`, media);
  await call('media.createLink', fetched, { body: {} });
}

async function callTemplates(deviceId: string, call: Call): Promise<void> {
  const body = { name: 'mine', language: 'en', type: 'text', text: { body: 'Mine alone, {{name}}' } };
  const templateId = String(Reflect.get(Object(await call('templates.create', {}, { body, key: 'template' })), 'id'));
  await call('templates.get', { templateId });
  await call('templates.preview', { templateId }, { body: { variables: { name: 'Ada' } } });
  const template = { name: 'mine', variables: { name: 'Ada' } };
  await call('messages.send', {}, { body: { deviceId, to: PHONE, type: 'template', template } });
  await call('templates.update', { templateId }, { body: { name: 'mine_too' } });
  await call('templates.delete', { templateId });
}

/** Endpoints, one of them made active by hand: no receiver answers here. */
async function callWebhooks(db: Db, workspaceId: string, call: Call): Promise<void> {
  const body = { url: 'https://hooks.example.com/mine-alone' };
  const webhookId = String(Reflect.get(Object(await call('webhooks.create', {}, { body, key: 'webhook' })), 'id'));
  await call('webhooks.verify', { webhookId });
  await db.query(`update webhook set state = 'active' where workspace_id = $1`, [workspaceId]);
  await call('webhooks.update', { webhookId }, { body: { description: 'Mine alone', headers: { 'X-Mine': 'alone' } } });
  await call('webhooks.rotateSecret', { webhookId }, { body: {}, key: 'rotated' });
  const deliveryId = String(Reflect.get(Object(await call('webhooks.test', { webhookId }, { key: 'tested' })), 'id'));
  await call('webhooks.listDeliveries', { webhookId });
  for (const id of ['getDelivery', 'replayDelivery']) await call(`webhooks.${id}`, { webhookId, deliveryId });
  await call('webhooks.replay', { webhookId }, { body: { failed: true }, key: 'replayed' });
  await call('webhooks.get', { webhookId });
  await call('webhooks.pause', { webhookId });
  await call('webhooks.resume', { webhookId }, { body: { from: '2026-01-01T00:00:00Z' } });
  await call('webhooks.delete', { webhookId });
}

/** A call that rings, and is rejected. */
async function callCalls(db: Db, device: OwnedDevice, call: Call): Promise<void> {
  const caller = { kind: 'person', phone: PHONE } as const;
  const offer = {
    callId: newId('req'),
    caller,
    callerJid: 'nobody',
    at: Date.now(),
    news: { type: 'offer', video: false } as const,
  };
  await db.tx((tx) => recordCalls(tx, [{ ...offer, ...device }], new Date()));
  const [row] = await db.query<{ id: string }>('select id from call where workspace_id = $1', [device.workspaceId]);
  const params = { callId: row?.id ?? '' };
  for (const id of ['get', 'reject']) await call(`calls.${id}`, params);
}

/** Calls every operation that needs no simulated phone once, as a workspace's owner would. */
async function callEverything(
  db: Db,
  device: OwnedDevice & { personId: string; sessionId: string },
): Promise<Set<string>> {
  const called = new Set<string>();
  const caller = new Caller(db, brandId('ws', device.workspaceId), LIMITS);
  const { deviceId } = device;
  const call = async (
    id: string,
    params: object,
    more: { body?: object; query?: object; key?: string; actor?: Actor } = {},
  ): Promise<unknown> => {
    called.add(id);
    // Some refuse in the device's state; what they asked of the database until then is what counts here.
    const reply = await caller
      .call(id, { params, query: more.query ?? {}, body: more.body }, more)
      .catch((error: unknown) => {
        if (error instanceof WapingError && ['CONFLICT', 'FORBIDDEN'].includes(error.code)) return { body: '' };
        throw error;
      });
    if (reply.body instanceof Uint8Array) return null;
    if (typeof reply.body !== 'string') {
      for await (const part of reply.body) expect(part).toBeDefined();
      return null;
    }
    return reply.body === '' ? null : JSON.parse(String(reply.body));
  };
  const idIn = (value: unknown, field: string): string => String(Reflect.get(Object(value), field));
  const body = { deviceId, to: PHONE, type: 'text', text: { body: 'Mine alone' } };
  const message = await call('messages.send', {}, { body, key: 'first' });
  await call('messages.send', {}, { body, key: 'first' });
  const messageId = idIn(message, 'id');
  for (const id of ['messages.get', 'messages.timeline']) await call(id, { messageId });
  const later = { ...body, sendAt: new Date(Date.now() + 3_600_000).toISOString() };
  await call('messages.sendBatch', {}, { body: { messages: [body, later] }, key: 'batch' });
  await call('messages.cancel', { messageId: idIn(await call('messages.send', {}, { body: later }), 'id') });
  await callDeviceActions({ deviceId, messageId, conversationId: idIn(message, 'conversationId') }, call);
  await callTemplates(deviceId, call);
  await callWebhooks(db, device.workspaceId, call);
  await call('messages.search', {}, { query: { q: 'hello' } });
  await callMedia(call);
  await callCalls(db, device, call);
  await db.query(`update message set status = 'sent', status_rank = 3, sent_at = now() where workspace_id = $1`, [
    device.workspaceId,
  ]);
  await call('messages.edit', { messageId }, { body: { text: { body: 'Mine alone' } } });
  await call('messages.revoke', { messageId });
  await call('messages.forward', { messageId }, { body: { to: PHONE }, key: 'forward' });
  await call('messages.fetchMedia', { messageId: await pastPicture(db, device) });
  await call('conversations.get', { conversationId: idIn(message, 'conversationId') });
  const contact = { contactId: idIn(message, 'contactId') };
  await call('messages.postStatus', { deviceId }, { body: { text: { body: 'Mine alone' } }, key: 'status' });
  await call('devices.subscribePresence', { deviceId }, { body: contact });
  await call('devices.listPresences', { deviceId });
  await call('devices.unsubscribePresence', { deviceId, ...contact });
  await call('devices.block', { deviceId }, { body: contact });
  await call('devices.unblock', { deviceId, ...contact });
  for (const id of ['get', 'optOut', 'optIn']) await call(`contacts.${id}`, contact);
  const jobId = idIn(await call('contacts.export', contact), 'id');
  for (const id of ['jobs.get', 'jobs.result', 'jobs.cancel']) await call(id, { jobId });
  await call('contacts.erase', contact);
  for (const id of ['workspace.get', 'workspace.export']) await call(id, {});
  await call('workspace.update', {}, { body: { name: 'Renamed', retention: { eventsDays: 30 } } });
  await call('workspace.erase', {}, { body: { confirm: 'Renamed' } });
  for (const one of registry)
    if (one.id.endsWith('.list') && !one.id.startsWith('sandbox.') && !OPERATORS.has(one.id)) await call(one.id, {});
  await call('usage.get', {});
  await call('events.stream', {}, { query: { after: '0', follow: 'false' } });
  await call('events.createStreamToken', {}, { body: { deviceId } });
  const actor: Actor = {
    kind: 'person',
    id: brandId('usr', device.personId),
    role: 'owner',
    sessionId: brandId('ses', device.sessionId),
  };
  const rights = { scopes: ['*'], deviceIds: [deviceId] };
  const made = await call('keys.create', {}, { body: { name: 'Mine', ...rights }, key: 'third', actor });
  const keyId = idIn(made, 'id');
  await call('keys.get', { keyId });
  await call('keys.update', { keyId }, { body: { name: 'Still mine', allowedIps: ['192.0.2.1'] }, actor });
  await call('keys.rotate', { keyId }, { body: {}, key: 'fourth', actor });
  await call('keys.endRotation', { keyId }, { body: {}, actor });
  await call('keys.revoke', { keyId });
  await call('me.get', {}, { actor });
  await call('audit.export', {});
  const invitation = await call('members.invite', {}, { body: { email: INVITED, role: 'agent' } });
  await call('invitations.revoke', { invitationId: idIn(invitation, 'id') });
  const { personId, sessionId } = device;
  await call('members.changeRole', { personId }, { body: { role: 'viewer' } });
  await call('sessions.revoke', { sessionId });
  await call('members.remove', { personId });
  await call('devices.create', {}, { body: { label: 'Second', network: 'sandbox' }, key: 'second' });
  await call('devices.update', { deviceId }, { body: { label: 'Renamed' } });
  for (const id of ['get', 'getLink', 'linkEvents', 'qr', 'health', 'restart', 'unlink', 'link'])
    await call(`devices.${id}`, { deviceId });
  await call('devices.createLinkPage', { deviceId }, { body: {} });
  await call('devices.getLinkPage', { deviceId });
  await call('devices.revokeLinkPage', { deviceId });
  await call('devices.delete', { deviceId });
  return called;
}

/** Everything the database holds of a workspace, as WAPing itself sees it. */
async function belongings(db: Db, workspaceId: string): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const table of await tables(db)) {
    const column = table === 'workspace' ? 'id' : 'workspace_id';
    if (OF_NO_WORKSPACE.has(table)) continue;
    const rows = await db.query<{ all: string | null }>(
      `select string_agg(t::text, E'\\n' order by t::text) as all from ${table} t where ${column} = $1`,
      [workspaceId],
    );
    all.set(table, rows[0]?.all ?? '');
  }
  return all;
}

async function tables(db: Db): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = current_schema() and c.relkind in ('r', 'p') and c.relname <> 'schema_migration' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** A session of someone who belongs to the workspace. */
async function session(db: Db, workspaceId: string, personId: string): Promise<string> {
  const id = newId('ses');
  const tokenHash = randomBytes(32);
  const expiresAt = new Date(Date.now() + 3_600_000);
  await insertSession(db, { id, personId, workspaceId, tokenHash, address: '192.0.2.1', userAgent: null, expiresAt });
  return id;
}

/** Someone who belongs to the workspace and is signed in. */
async function member(db: Db, { workspaceId }: OwnedDevice): Promise<{ personId: string; sessionId: string }> {
  const personId = newId('usr');
  await insertPerson(db, { id: personId, email: `${personId}@example.com`, name: 'Member', passwordHash: 'none' });
  await insertMembership(db, { workspaceId, personId, role: 'agent' });
  return { personId, sessionId: await session(db, workspaceId, personId) };
}

async function workspace(db: Db): Promise<string> {
  const id = newId('ws');
  await insertWorkspace(db, { id, name: 'Stranger', plan: 'enterprise', dataKey: Buffer.alloc(61) });
  return id;
}

describeEachDb('the wall between workspaces in the database', (database) => {
  it('stands around every table', async () => {
    const { db } = database();
    const open = await db.query(
      `select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = current_schema() and relkind in ('r', 'p') and not relrowsecurity and relname <> 'schema_migration'`,
    );
    expect(open).toEqual([]);
  });

  it('shows and changes nothing of another workspace, whatever a statement asks for', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const statements: Statement[] = [];
    const called = await callEverything(recording(db, statements), { ...device, ...(await member(db, device)) });
    const skipped = registry
      .filter(({ id }) => !called.has(id) && !id.startsWith('sandbox.') && !OPERATORS.has(id))
      .map(({ id }) => id);
    expect(skipped).toEqual([]);

    const stranger = await workspace(db);
    const before = await belongings(db, device.workspaceId);
    expect([...before].filter(([, rows]) => rows !== '').length).toBeGreaterThan(7);
    let refused = 0;
    for (const { sql, params = [] } of statements) {
      const rows = await db
        .within(stranger)
        .query(sql, params)
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseError) || error.sqlstate !== REFUSED_BY_POLICY) throw error;
          refused += 1;
          return [];
        });
      for (const secret of [device.workspaceId, device.deviceId, 'Mine alone', PHONE, INVITED])
        expect(JSON.stringify(rows), sql).not.toContain(secret);
    }
    expect(refused).toBeGreaterThan(5);
    expect(await belongings(db, device.workspaceId)).toEqual(before);
  });

  it('shows a workspace the sessions that work in it, and a person their own elsewhere', async () => {
    const { db } = database();
    const [one, two] = [await ownedDevice(db), await ownedDevice(db)];
    const [ada, bob] = [await member(db, one), await member(db, one)];
    const elsewhere: Record<string, string> = {};
    for (const { personId } of [ada, bob]) {
      await insertMembership(db, { workspaceId: two.workspaceId, personId, role: 'owner' });
      elsewhere[personId] = await session(db, two.workspaceId, personId);
    }
    const sessions = async (target: Queryable) =>
      (await target.query<{ id: string }>('select id from person_session order by id')).map(({ id }) => id);
    const own = elsewhere[ada.personId] ?? '';
    const here = [ada.sessionId, bob.sessionId].sort();
    expect(await sessions(db.within(one.workspaceId))).toEqual(here);
    const asAda = db.within(one.workspaceId, ada.personId);
    expect(await sessions(asAda)).toEqual([...here, own].sort());
    expect(await asAda.query('select 1 from membership where workspace_id = $1', [two.workspaceId])).toHaveLength(1);
    expect(await asAda.query('delete from membership where workspace_id = $1 returning 1', [two.workspaceId])).toEqual(
      [],
    );
    const promoted = `update membership set role = 'owner' where workspace_id = $1 returning 1`;
    expect(await asAda.query(promoted, [two.workspaceId])).toEqual([]);
    expect(await asAda.query('delete from person_session where id = $1 returning 1', [own])).toHaveLength(1);
    expect(await sessions(db.within(one.workspaceId))).toEqual(here);
  });

  it('keeps a workspace out of what only WAPing itself works on', async () => {
    const { db } = database();
    const { workspaceId } = await ownedDevice(db);
    for (const table of [
      'device_lease',
      'device_credentials',
      'signal_key',
      'media_fetch',
      'media_upload',
      'status_audience',
      'sink_cursor',
    ])
      await expect(db.within(workspaceId).query(`select * from ${table}`)).rejects.toMatchObject({
        sqlstate: REFUSED_BY_POLICY,
      });
    await expect(db.within(workspaceId).query('select data_key from workspace')).rejects.toMatchObject({
      sqlstate: REFUSED_BY_POLICY,
    });
    await expect(db.within(workspaceId).query('delete from event')).rejects.toMatchObject({
      sqlstate: REFUSED_BY_POLICY,
    });
  });

  it('forgets whom a transaction was for when it ends, however it ends', async () => {
    const { db } = database();
    const [one, two] = [await ownedDevice(db), await ownedDevice(db)];
    const ids = (rows: unknown[]) => rows.map((row) => Reflect.get(Object(row), 'id'));
    const mine = (target: Queryable) => target.query('select id from device').then(ids);
    const failing = db.within(one.workspaceId).tx(async (tx) => {
      expect(await mine(tx)).toEqual([one.deviceId]);
      await tx.query('select 1/0');
    });
    await expect(failing).rejects.toThrow();
    expect(await mine(db.within(two.workspaceId))).toEqual([two.deviceId]);
    expect(await mine(db)).toEqual(expect.arrayContaining([one.deviceId, two.deviceId]));
    const mixed = [one, two, one, two].map(({ workspaceId }) => mine(db.within(workspaceId)));
    expect(await Promise.all(mixed)).toEqual([[one.deviceId], [two.deviceId], [one.deviceId], [two.deviceId]]);
  });
});
