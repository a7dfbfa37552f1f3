import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordAudit } from '../../src/operations/audit/record.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import { createLogger } from '../../src/platform/log.ts';
import { ApiClient, errorOf, type Json, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { secretOf } from '../kit/keys.ts';
import { expectError } from '../kit/people.ts';
import { join, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const OPERATOR_KEY = 'the-operator-key-of-the-audit-suite-0123456789';
const MANY = 1_300;
const FORMULA = '=HYPERLINK("http://evil")';

describe.each(DATABASE_KINDS)('the audit log over HTTP on %s', (kind) => {
  let storage: TestStorage;
  let server: TestServer;
  let deviceId: string;
  let requestId: string;

  const environment = () => ({
    WAPING_DATA_DIR: storage.dataDir,
    ...(storage.databaseUrl ? { DATABASE_URL: storage.databaseUrl } : {}),
  });
  const list = async (query = '', api: ApiClient = server.api) =>
    rowsOf(await expectOk(api.get(`/v1/audit?limit=100${query}`)));
  const exported = async (query: string): Promise<Reply> => {
    const reply = await server.api.get(`/v1/audit/export?${query}`);
    expect(reply.status, reply.text).toBe(200);
    return reply;
  };
  const lines = (reply: Reply): Json[] => reply.text.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
  const actions = (rows: Json[]) => rows.map((row) => row['action']);

  // Many rows at once, as months of use would leave them.
  async function fill(workspaceId: string): Promise<void> {
    const { dataDir, databaseUrl } = storage;
    await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
    const actor = { kind: 'api_key', id: 'key_of_old' } as const;
    for (let i = 0; i < MANY; i += 100) {
      const entries = Array.from({ length: 100 }, (_, n) => ({
        workspaceId,
        actor,
        action: 'messages.send',
        target: { kind: 'message', id: `msg_${i + n}` },
        address: null,
        requestId: null,
      }));
      await recordAudit(db, entries);
    }
  }

  beforeAll(async () => {
    storage = await createStorage(kind);
    const env = { WAPING_OPERATOR_KEY: OPERATOR_KEY, WAPING_RATE_LIMIT: '100000' };
    const first = await TestServer.start({ dataDir: storage.dataDir, databaseUrl: storage.databaseUrl, env });
    await first.stop();
    await fill(first.workspaceId);
    server = await first.again();
    const made = await server.api.post('/v1/devices', { label: 'Support', network: 'sandbox' });
    deviceId = String(made.body['id']);
    requestId = made.headers.get('x-request-id') ?? '';
    await expectOk(server.api.call('PATCH', `/v1/devices/${deviceId}`, { label: FORMULA }));
    await expectOk(server.api.call('DELETE', `/v1/devices/${deviceId}`));
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  it('says who did what to what, from where, in which request, newest first', async () => {
    const [deleted, renamed, created] = await list();
    const actor = { kind: 'api_key', id: expect.stringMatching(/^key_/) };
    const target = { kind: 'device', id: deviceId };
    const common = { actor, target, outcome: 'done', address: '127.0.0.1' };
    expect(created).toMatchObject({ ...common, action: 'devices.create', before: null, requestId });
    expect(created).toMatchObject({ after: { label: 'Support', network: 'sandbox' } });
    expect(renamed).toMatchObject({ ...common, before: { label: 'Support' }, after: { label: FORMULA } });
    expect(deleted).toMatchObject({ ...common, action: 'devices.delete', after: null });
    expect(Math.abs(Date.now() - Date.parse(String(created?.['createdAt'])))).toBeLessThan(600_000);
  });

  it('begins with what the first start made', async () => {
    const rows = rowsOf(await expectOk(server.api.get('/v1/audit?actorKind=system&order=asc')));
    expect(actions(rows)).toEqual(['workspaces.create', 'members.createOwner']);
  });

  it.each([
    ['actorId', (row: Json) => objectOf(row, 'actor')['id']],
    ['actorKind', (row: Json) => objectOf(row, 'actor')['kind']],
    ['action', (row: Json) => row['action']],
    ['targetId', (row: Json) => objectOf(row, 'target')['id']],
  ])('is narrowed by %s to exactly the rows that have it', async (name, of) => {
    const all = lines(await exported('format=jsonl'));
    const values = [...new Set(all.map(of).filter((value) => value !== undefined))];
    expect(values.length).toBeGreaterThan(1);
    for (const value of values.slice(-6)) {
      const wanted = all.filter((row) => of(row) === value).map((row) => row['id']);
      const got = lines(await exported(`format=jsonl&${name}=${value}`)).map((row) => row['id']);
      expect(got, `${name}=${value}`).toEqual(wanted);
      expect((await list(`&${name}=${value}&order=asc`)).map((row) => row['id'])).toEqual(wanted.slice(0, 100));
    }
  });

  it('is narrowed by time: from, and up to but without to', async () => {
    const all = lines(await exported('format=jsonl'));
    const at = String(all.at(-2)?.['createdAt']);
    const [before, since] = [
      all.filter((row) => String(row['createdAt']) < at),
      all.filter((row) => String(row['createdAt']) >= at),
    ];
    expect(lines(await exported(`format=jsonl&to=${at}`))).toEqual(before);
    expect(lines(await exported(`format=jsonl&from=${at}`))).toEqual(since);
    expect(lines(await exported(`format=jsonl&from=${at}&to=2999-01-01T00:00:00%2B01:00`))).toEqual(since);
    expect(await list('&from=2999-01-01T00:00:00Z')).toEqual([]);
  });

  it.each(['from=yesterday', 'to=2026', 'actorKind=robot', `action=${'x'.repeat(65)}`, 'limit=101'])(
    'refuses %s',
    async (query) => {
      const reply = await server.api.get(`/v1/audit?${query}`);
      expectError(reply, 400, 'VALIDATION_ERROR');
      expect(errorOf(reply)['param']).toBe(query.split('=')[0]);
    },
  );

  it('refuses a period that is empty, an unknown format and an unknown filter', async () => {
    const same = '2026-01-01T00:00:00Z';
    for (const [path, param] of [
      [`/v1/audit?from=${same}&to=${same}`, 'from'],
      [`/v1/audit/export?from=${same}&to=${same}`, 'from'],
      ['/v1/audit/export?format=xml', 'format'],
      ['/v1/audit/export?colour=red', 'colour'],
      ['/v1/audit/export?limit=1', 'limit'],
    ] as const) {
      const reply = await server.api.get(path);
      expectError(reply, 400, 'VALIDATION_ERROR');
      expect(errorOf(reply)['param'], path).toBe(param);
    }
  });

  it('is, page by page, the whole set, while rows arrive', async () => {
    const whole = lines(await exported('format=jsonl')).map((row) => row['id']);
    const seen: unknown[] = [];
    for (let cursor = ''; ; ) {
      const body = await expectOk(server.api.get(`/v1/audit?limit=97${cursor}`));
      seen.push(...rowsOf(body).map((row) => row['id']));
      if (body['hasMore'] !== true) break;
      cursor = `&cursor=${body['nextCursor']}`;
      if (seen.length < 300) await expectOk(server.api.post('/v1/devices', { label: 'Later', network: 'sandbox' }));
    }
    expect(seen).toEqual(whole.toReversed());
    const { nextCursor } = await expectOk(server.api.get('/v1/audit?limit=1'));
    expectError(await server.api.get(`/v1/audit?limit=1&action=a.b&cursor=${nextCursor}`), 400, 'VALIDATION_ERROR');
  });

  it('is exported whole, oldest first, as JSON Lines of what the list answers', async () => {
    const reply = await exported('format=jsonl');
    expect(reply.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-[\d-]{10}\.jsonl"$/);
    const rows = lines(reply);
    expect(rows.length).toBeGreaterThan(MANY);
    expect(new Set(rows.map((row) => row['id'])).size).toBe(rows.length);
    expect(rows.map((row) => row['id'])).toEqual(rows.map((row) => String(row['id'])).sort());
    expect((await list()).toReversed()).toEqual(rows.slice(-100));
  });

  it('is exported as CSV whose cells no spreadsheet runs', async () => {
    const reply = await exported('');
    expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, ...rows] = reply.text.trimEnd().split('\r\n');
    expect(head).toBe(
      'id,createdAt,actorKind,actorId,action,outcome,targetKind,targetId,before,after,address,requestId',
    );
    expect(rows).toHaveLength(lines(await exported('format=jsonl')).length);
    expect(rows.filter((row) => row.includes('HYPERLINK')).length).toBeGreaterThan(0);
    const phone = '+15550007777';
    await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
    expect((await exported(`targetId=%2B${phone.slice(1)}`)).text).toContain(`,phone,'${phone},`);
  });

  it('is exported in the format that Accept asks for, unless the query does', async () => {
    const get = (query: string) =>
      server.api.call('GET', `/v1/audit/export${query}`, undefined, { accept: 'application/jsonl' });
    expect((await get('')).headers.get('content-type')).toContain('jsonl');
    expect((await get('?format=csv')).headers.get('content-type')).toContain('csv');
  });

  it('survives a reader who leaves in the middle of an export', async () => {
    const stop = new AbortController();
    const response = await fetch(`${server.url}/v1/audit/export`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
      signal: stop.signal,
    });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    stop.abort();
    expect((await list()).length).toBeGreaterThan(0);
  });

  it('is for owners and admins, and for keys with its scope', async () => {
    const owner = await signedIn(server.url, server.owner);
    const admin = await join(server.api, 'admin@example.com', 'admin');
    const agent = await join(server.api, 'agent@example.com', 'agent');
    for (const path of ['/v1/audit', '/v1/audit/export']) {
      expect([(await owner.get(path)).status, (await admin.get(path)).status]).toEqual([200, 200]);
      expectError(await agent.get(path), 403, 'FORBIDDEN', 'role');
      expectError(await new ApiClient(server.url, '').get(path), 401, 'UNAUTHORIZED');
    }
  });

  it('has no way in that writes', async () => {
    const [row] = await list();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      for (const path of ['/v1/audit', '/v1/audit/export', `/v1/audit/${row?.['id']}`])
        expect([404, 405]).toContain((await server.api.call(method, path)).status);
  });

  it('tells a workspace what the operator did to it, and no other', async () => {
    const operator = new ApiClient(server.url, OPERATOR_KEY);
    const made = await expectOk(operator.post('/v1/operator/workspaces', { name: 'Tenant', plan: 'growth' }));
    const path = `/v1/operator/workspaces/${made['id']}`;
    await expectOk(operator.call('PATCH', path, { plan: 'pro', overrides: { devices: 9 } }));
    const tenant = new ApiClient(server.url, String(made['apiKey']));
    const [updated, created, ...others] = await list('', tenant);
    const actor = { kind: 'operator', id: 'operator' };
    const target = { kind: 'workspace', id: made['id'] };
    expect(created).toMatchObject({ action: 'workspaces.create', actor, target, after: { plan: 'growth' } });
    expect(updated).toMatchObject({
      action: 'workspaces.update',
      actor,
      before: { plan: 'growth', deviceLimit: null },
      after: { plan: 'pro', deviceLimit: 9 },
    });
    expect(others).toEqual([]);
    expect(JSON.stringify(await list())).not.toContain(made['id']);
    expect((await tenant.get('/v1/audit/export')).text).not.toContain(deviceId);
    expect(JSON.stringify([created, updated])).not.toContain(made['apiKey']);
  });

  it('tells of what is done on the command line', async () => {
    await server.stop();
    const run = async (...args: string[]) => {
      const { code, out, err } = await runCli(args, environment());
      expect(code, err).toBe(0);
      return out.trim();
    };
    const key = await run('keys', 'create', '--name', 'Night shift', '--scopes', 'devices:read');
    const id = /(key_\w+) /.exec((await run('keys', 'list')).split('\n').at(-1) ?? '')?.[1] ?? '';
    await run('keys', 'revoke', id);
    await run('workspaces', 'set-limits', server.workspaceId, '--devices', '40');
    await run('people', 'reset-link', '--email', server.owner.email);
    await run('people', 'remove-second-factor', '--email', server.owner.email);
    await run('workspaces', 'create', '--name', 'Another');
    server = await server.again();
    const rows = rowsOf(await expectOk(server.api.get('/v1/audit?actorKind=cli&order=asc')));
    expect(actions(rows)).toEqual([
      'keys.create',
      'keys.revoke',
      'workspaces.update',
      'people.resetLink',
      'people.removeSecondFactor',
    ]);
    expect(rows[0]).toMatchObject({
      target: { kind: 'api_key', id },
      after: { name: 'Night shift', scopes: ['devices:read'] },
      address: null,
      requestId: null,
    });
    expect(rows[2]).toMatchObject({ before: { deviceLimit: null }, after: { deviceLimit: 40 } });
    for (const secret of [key, secretOf(key)]) expect(JSON.stringify(rows)).not.toContain(secret);
  });
});
