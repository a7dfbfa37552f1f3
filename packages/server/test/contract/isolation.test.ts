import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issueApiKey, revokeApiKey } from '../../src/features/api-keys/index.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import type { Operation, Role } from '../../src/operations/define.ts';
import { registry } from '../../src/operations/registry.ts';
import { createWrappedDataKey, loadMasterKey } from '../../src/platform/crypto/master-key.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { authRoutes } from '../../src/surfaces/http/auth/register.ts';
import { ApiClient, errorOf, type Json, objectOf, type Reply, rowsOf, upload } from '../kit/api.ts';
import { bodyNaming, idFields } from '../kit/foreign-bodies.ts';
import { PIXEL } from '../kit/media.ts';
import { join, type PersonClient, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';
import { BODIES, CUSTOMER, SHOP } from './isolation-bodies.ts';
import { type Belongings, byPrefix, furnish, shownBy, thingsOf } from './isolation-world.ts';

let server: TestServer;
let theirs: Belongings;
let stranger: ApiClient;
let strangerKeys: Record<string, string>;
let cliKey: string;

const OPERATOR_KEY = 'operator-key-of-the-isolation-suite-0123456789';
const isOperators = (operation: Operation) => operation.audience === 'operator';
const tenants = registry.filter((operation) => !isOperators(operation));
const SCOPES = [...new Set(tenants.map((operation) => operation.scope))];

// A second workspace beside the first, the way the first was made, with a key for everything and one for each scope.
async function addWorkspace(db: Db, masterKey: Uint8Array): Promise<Record<string, string>> {
  return db.tx(async (tx) => {
    const workspaceId = newId('ws');
    const dataKey = createWrappedDataKey(masterKey, workspaceId);
    await insertWorkspace(tx, { id: workspaceId, name: 'Stranger', plan: 'enterprise', dataKey });
    const keys: Record<string, string> = {};
    for (const scope of ['*', 'devices:*', ...SCOPES])
      keys[scope] = (await issueApiKey(tx, { workspaceId, name: scope, scopes: [scope], expiresAt: null })).apiKey;
    const past = new Date(Date.now() - 1000);
    keys['expired'] = (await issueApiKey(tx, { workspaceId, name: 'old', scopes: ['*'], expiresAt: past })).apiKey;
    const revoked = await issueApiKey(tx, { workspaceId, name: 'gone', scopes: ['*'], expiresAt: null });
    await revokeApiKey(tx, workspaceId, revoked.id);
    return { ...keys, revoked: revoked.apiKey };
  });
}

/** A search that takes away what is not there: it finds every message. */
const FIND_ALL = '?q=-zzz';

/** What operations need in their queries to show all there is, and to end. */
const QUERIES: Record<string, string> = { 'messages.search': FIND_ALL, 'events.stream': '?after=0&follow=false' };

beforeAll(async () => {
  const first = await TestServer.start();
  theirs = await furnish(first);
  await first.stop();
  const { dataDir } = first;
  const made = await runCli(['keys', 'create', '--name', 'Reader', '--scopes', 'devices:read,messages:read'], {
    WAPING_DATA_DIR: dataDir,
  });
  expect(made.code, made.err).toBe(0);
  cliKey = made.out.trim();
  {
    await using db = await openDatabase({ dataDir, log: createLogger('silent') });
    strangerKeys = await addWorkspace(db, await loadMasterKey(dataDir, undefined));
  }
  // Here every key asks for everything, and most of it is refused.
  server = await first.again({ WAPING_OPERATOR_KEY: OPERATOR_KEY, WAPING_RATE_LIMIT: '1000000' });
  stranger = new ApiClient(server.url, strangerKeys['*'] ?? '');
  await server.api.until(`/v1/devices/${theirs.deviceId}`, (body) => body['state'] === 'connected');
  await server.api.until(`/v1/messages/search${FIND_ALL}`, (body) => rowsOf(body).length > 0);
});
afterAll(async () => {
  const { dataDir } = server;
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

/** What this suite tried: an operation, and the test that tried it. */
const pairs = new Map<string, Set<string>>();

function count(operationId: string): void {
  const cases = pairs.get(operationId) ?? new Set();
  pairs.set(operationId, cases.add(expect.getState().currentTestName ?? ''));
}

function call(api: ApiClient, operation: Operation, ids: Record<string, string>, given?: Json): Promise<Reply> {
  count(operation.id);
  const path = operation.http.path.replace(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? `no-${name}`);
  const send = { deviceId: ids['deviceId'], to: CUSTOMER, type: 'text', text: { body: 'x' }, requireOnline: false };
  const body = given ?? (operation.id === 'messages.send' ? send : BODIES[operation.id]);
  const query = QUERIES[operation.id] ?? '';
  return api.call(operation.http.method, `${path}${query}`, operation.body ? body : undefined);
}

function uploadTo(field: string, body: Json): Promise<Reply> {
  count('media.upload');
  return upload(stranger, { file: new File([PIXEL], 'pixel.png'), [field]: String(body[field]) });
}

const withId = tenants.filter((operation) => operation.http.path.includes('{'));
const readable = tenants.filter((operation) => operation.http.method === 'GET' && !operation.http.path.includes('{'));
const lists = readable.filter(
  ({ output, rawOnly }) => !rawOnly && output instanceof z.ZodObject && 'data' in output.shape,
);
const exports = readable.filter((operation) => operation.rawOnly === true);

describe('another workspace', () => {
  it.each(withId.map((operation) => [operation.id, operation] as const))('gets 404 from %s', async (_id, operation) => {
    const reply = await call(stranger, operation, theirs);
    expect([reply.status, errorOf(reply)['code']], JSON.stringify(reply.body)).toEqual([404, 'NOT_FOUND']);
    expect(JSON.stringify(reply.body)).not.toContain(SHOP);
  });

  it.each(lists.map((operation) => [operation.id, operation] as const))(
    'sees nothing in %s',
    async (_id, operation) => {
      const own = rowsOf((await call(server.api, operation, {})).body);
      expect(own.length).toBeGreaterThan(0);
      const rows = rowsOf(await expectOk(call(stranger, operation, {})));
      // The stranger has keys of its own, and its log tells of them.
      const ofKeys = (row: Json) => String(row['type']).startsWith('key.') || String(row['id']).startsWith('key_');
      expect(rows.filter((row) => !ofKeys(row))).toEqual([]);
      const ids = new Set(own.map((row) => row['id']));
      expect(rows.filter((row) => row['id'] !== undefined && ids.has(row['id']))).toEqual([]);
    },
  );

  it('is told of itself alone by me.get', async () => {
    const me = await expectOk(stranger.get('/v1/me'));
    expect(objectOf(me, 'workspace')).toMatchObject({ name: 'Stranger' });
    expect(JSON.stringify(me)).not.toContain(server.workspaceId);
  });
  it.each(exports.map((operation) => [operation.id, operation] as const))(
    'gets nothing of it from %s',
    async (_id, operation) => {
      const [own, others] = [await call(server.api, operation, {}), await call(stranger, operation, {})];
      expect([own.status, others.status]).toEqual([200, 200]);
      for (const id of [theirs.deviceId, theirs.messageId, server.workspaceId]) {
        expect(own.text).toContain(id);
        expect(others.text).not.toContain(id);
      }
    },
  );

  it('finds nothing by filters that name what is not its own', async () => {
    for (const query of [
      `deviceId=${theirs.deviceId}`,
      `conversationId=${theirs.conversationId}`,
      `phone=%2B${CUSTOMER.slice(1)}`,
    ])
      expect(rowsOf(await expectOk(stranger.get(`/v1/messages?${query}`)))).toEqual([]);
    expect(rowsOf(await expectOk(stranger.get(`/v1/events?deviceId=${theirs.deviceId}`)))).toEqual([]);
    expect(rowsOf(await expectOk(stranger.get(`/v1/conversations?deviceId=${theirs.deviceId}`)))).toEqual([]);
    for (const query of [`targetId=${theirs.deviceId}`, `actorId=${theirs.personId}`])
      expect(rowsOf(await expectOk(stranger.get(`/v1/audit?${query}`)))).toEqual([]);
  });

  it('gets nothing through a cursor that was given to someone else', async () => {
    await expectOk(server.api.post('/v1/devices', { label: 'Second', network: 'sandbox' }));
    const { nextCursor } = await expectOk(server.api.get('/v1/devices?limit=1'));
    expect(rowsOf(await expectOk(stranger.get(`/v1/devices?limit=1&cursor=${nextCursor}`)))).toEqual([]);
    const log = await expectOk(server.api.get('/v1/events?limit=1'));
    for (const path of ['events', 'events/stream'])
      expect((await stranger.get(`/v1/${path}?after=${log['nextCursor']}`)).status).toBe(400);
  });

  it('cannot name foreign things in a body', async () => {
    const mine = await expectOk(stranger.post('/v1/devices', { label: 'Mine', network: 'sandbox' }));
    const send = (deviceId: unknown, to: string) =>
      stranger.post('/v1/messages', { deviceId, to, type: 'text', text: { body: 'x' }, requireOnline: false });
    for (const reply of [
      await send(theirs.deviceId, CUSTOMER),
      await send(mine['id'], theirs.contactId),
      await send(mine['id'], theirs.conversationId),
    ])
      expect([reply.status, errorOf(reply)['code']]).toEqual([404, 'NOT_FOUND']);
    const taken = await stranger.post('/v1/sandbox/phones', { phone: CUSTOMER });
    expect([taken.status, errorOf(taken)['code']]).toEqual([409, 'CONFLICT']);
  });

  it('has its own space of Idempotency-Keys', async () => {
    const made = await stranger.post(
      '/v1/devices',
      { label: 'K', network: 'sandbox' },
      { 'idempotency-key': 'shared' },
    );
    expect([made.status, made.headers.get('idempotency-replayed')]).toEqual([201, null]);
    const others = await server.api.post(
      '/v1/devices',
      { label: 'K', network: 'sandbox' },
      { 'idempotency-key': 'shared' },
    );
    expect([others.status, others.body['id'] === made.body['id']]).toEqual([201, false]);
  });

  it('has a contact of its own for a number both know', async () => {
    const device = await expectOk(stranger.post('/v1/devices', { label: 'Mine', network: 'sandbox' }));
    const body = { deviceId: device['id'], to: CUSTOMER, type: 'text', text: { body: 'x' }, requireOnline: false };
    const message = await expectOk(stranger.post('/v1/messages', body));
    expect(message['contactId']).not.toBe(theirs.contactId);
    expect(message['conversationId']).not.toBe(theirs.conversationId);
  });

  it('has changed nothing by all that', async () => {
    expect(await expectOk(server.api.get(`/v1/devices/${theirs.deviceId}`))).toMatchObject({
      state: 'connected',
      label: `Device ${SHOP}`,
    });
    const events = rowsOf(await expectOk(server.api.get('/v1/events?limit=100')));
    expect(new Set(events.map((event) => event['workspaceId']))).toEqual(new Set([server.workspaceId]));
  });
});

/** Every field of every body that takes an id, once for each kind of id it takes. */
const naming = tenants.flatMap((operation) =>
  operation.body
    ? idFields(operation.body).map(
        (field) => [operation.id, field.at.join('.'), field.prefix, operation, field] as const,
      )
    : [],
);

describe('another workspace with things of its own', () => {
  const own: Record<string, string> = {};
  let before: Record<string, unknown[]>[];
  // The index of the search is filled behind the messages.
  const paths = lists
    .filter(({ id }) => id !== 'messages.search')
    .map(({ http, query }) => `${http.path}${query && 'limit' in query.shape ? '?limit=100' : ''}`);
  const shown = () => Promise.all([shownBy(stranger, paths), shownBy(server.api, paths)]);
  beforeAll(async () => {
    Object.assign(own, await thingsOf(stranger, '+15550001900', '+15550002900'));
    before = await shown();
  });

  it.each(naming)(
    'gets NOT_FOUND from %s where %s names a foreign %s_',
    async (_id, _at, _prefix, operation, field) => {
      // A file goes with a template that waits for one.
      const template = { id: own['templateId'], variables: { name: 'Ada' } };
      const ids = { own: byPrefix(own), foreign: byPrefix(theirs), beside: { template } };
      const body = bodyNaming(operation.body ?? z.object({}), field, ids);
      const reply = operation.upload
        ? await uploadTo(field.at.join('.'), body)
        : await call(stranger, operation, own, body);
      const refused =
        operation.id === 'messages.sendBatch' ? rowsOf(reply.body).map((row) => objectOf(row, 'error')) : [];
      const error = refused[0] ?? errorOf(reply);
      const status = refused.length > 0 ? 202 : 404;
      expect([reply.status, error['code']], `${reply.text} to ${JSON.stringify(body)}`).toEqual([status, 'NOT_FOUND']);
      expect(reply.text).not.toContain(SHOP);
    },
  );

  it('has written nothing by all that, here or there', async () => {
    expect(naming.length).toBeGreaterThan(40);
    expect(await shown()).toEqual(before);
  });
});

describe.each(registry.filter(isOperators).map((operation) => [operation.id, operation] as const))(
  'the operator’s %s',
  (_id, operation) => {
    it('answers 401 to every key of a workspace, the most powerful too, and does nothing', async () => {
      for (const key of [server.apiKey, ...Object.values(strangerKeys), cliKey, '']) {
        const reply = await call(new ApiClient(server.url, key), operation, { workspaceId: server.workspaceId });
        expect([reply.status, errorOf(reply)['code']], JSON.stringify(reply.body)).toEqual([401, 'UNAUTHORIZED']);
      }
      expect((await server.api.get('/v1/devices')).status).toBe(200);
    });
  },
);

it.each(tenants.map((operation) => [operation.id, operation] as const))(
  'the operator key answers 401 on %s',
  async (_id, operation) => {
    const reply = await call(new ApiClient(server.url, OPERATOR_KEY), operation, theirs);
    expect([reply.status, errorOf(reply)['code']]).toEqual([401, 'UNAUTHORIZED']);
  },
);
const ROLES: readonly Role[] = ['owner', 'admin', 'agent', 'viewer'];

describe('a person', () => {
  const people = new Map<Role, PersonClient>();
  beforeAll(async () => {
    people.set('owner', await signedIn(server.url, server.owner));
    for (const role of ['admin', 'agent', 'viewer'] as const)
      people.set(role, await join(server.api, `${role}@example.com`, role));
  });

  const cases = ROLES.flatMap((role) => tenants.map((operation) => [role, operation.id, operation] as const));
  it.each(cases)('who is %s may call %s exactly if it says so', async (role, _id, operation) => {
    const client = people.get(role);
    if (!client) throw new Error(`nobody is ${role}`);
    const reply = await call(client, operation, {});
    if (operation.roles.includes(role)) {
      expect([401, 403], JSON.stringify(reply.body)).not.toContain(reply.status);
    } else {
      expect([reply.status, errorOf(reply)['code']]).toEqual([403, 'FORBIDDEN']);
      expect([errorOf(reply)['details']].flat()).toEqual([
        { param: 'role', message: `needs one of: ${operation.roles.join(', ')}` },
      ]);
    }
  });

  it.each(tenants.filter(({ http }) => http.method !== 'GET').map((operation) => [operation.id, operation] as const))(
    'cannot be made to call %s by another site',
    async (_id, operation) => {
      const client = people.get('owner');
      if (!client) throw new Error('there is no owner');
      count(operation.id);
      const path = operation.http.path.replace(/\{(\w+)\}/g, 'none');
      const body = operation.body ? {} : undefined;
      const reply = await client.call(operation.http.method, path, body, { 'sec-fetch-site': 'cross-site' });
      expect([reply.status, JSON.stringify(errorOf(reply)['details']).includes('csrf')]).toEqual([403, true]);
    },
  );
});

describe('without credentials', () => {
  const guarded = [
    ...registry.map(({ id, http }) => ({ id, http })),
    ...authRoutes.filter((route) => route.access === 'person').map(({ id, http }) => ({ id, http })),
  ];
  it.each(guarded.map(({ id, http }) => [id, http] as const))('%s answers 401', async (id, http) => {
    count(id);
    for (const headers of [{}, { cookie: `waping_session=${'A'.repeat(43)}`, 'x-waping-csrf': '1' }]) {
      const path = http.path.replace(/\{(\w+)\}/g, 'none');
      const response = await fetch(`${server.url}${path}`, { method: http.method, headers });
      expect([response.status, await response.text()]).toEqual([401, expect.stringContaining('"UNAUTHORIZED"')]);
    }
  });
});

describe('a key', () => {
  it.each(SCOPES.map((scope) => [scope]))('with only %s is FORBIDDEN everything else', async (scope) => {
    const api = new ApiClient(server.url, strangerKeys[scope] ?? '');
    for (const operation of tenants) {
      const reply = await call(api, operation, {});
      const refused = [reply.status, errorOf(reply)['code']];
      if (operation.scope === scope || operation.everyKey) expect(reply.status, operation.id).not.toBe(403);
      else {
        expect(refused, operation.id).toEqual([403, 'FORBIDDEN']);
        expect([errorOf(reply)['details']].flat(), operation.id).toEqual([
          { param: 'scope', message: `needs ${operation.scope}` },
        ]);
      }
    }
  });

  it('with resource:* may do all of one resource', async () => {
    const api = new ApiClient(server.url, strangerKeys['devices:*'] ?? '');
    expect((await api.get('/v1/devices')).status).toBe(200);
    expect((await api.call('PATCH', '/v1/devices/none', { label: 'x' })).status).toBe(404);
    expect((await api.get('/v1/messages')).status).toBe(403);
  });

  it('made on the command line has the scopes it was given, in the first workspace', async () => {
    const api = new ApiClient(server.url, cliKey);
    expect((await api.get(`/v1/devices/${theirs.deviceId}`)).status).toBe(200);
    expect((await api.get(`/v1/messages/${theirs.messageId}`)).status).toBe(200);
    expect((await api.get('/v1/contacts')).status).toBe(403);
    expect((await api.call('DELETE', `/v1/devices/${theirs.deviceId}`)).status).toBe(403);
  });

  it.each(['expired', 'revoked'])('that is %s answers 401', async (name) => {
    const reply = await new ApiClient(server.url, strangerKeys[name] ?? '').get('/v1/devices');
    expect([reply.status, errorOf(reply)['code']]).toEqual([401, 'UNAUTHORIZED']);
  });

  it('with one letter changed answers 401', async () => {
    const key = strangerKeys['*'] ?? '';
    for (const at of [6, 40, key.length - 1]) {
      const other = key[at] === 'a' ? 'b' : 'a';
      const forged = key.slice(0, at) + other + key.slice(at + 1);
      expect((await new ApiClient(server.url, forged).get('/v1/devices')).status, `at ${at}`).toBe(401);
    }
    expect(objectOf((await stranger.get('/v1/devices')).body, 'error')).toEqual({});
  });
});

it('has tried every operation of the registry', () => {
  const tried = [...pairs.values()].reduce((sum, cases) => sum + cases.size, 0);
  console.log(`security suite: ${tried} (operation × case) pairs over ${pairs.size} operations`);
  expect(registry.map(({ id }) => id).filter((id) => !pairs.has(id))).toEqual([]);
});
