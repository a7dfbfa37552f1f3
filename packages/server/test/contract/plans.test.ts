import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import { createLogger } from '../../src/platform/log.ts';
import { ApiClient, errorOf, type Json, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { createStorage } from '../kit/db.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const OPERATOR_KEY = 'the-operator-key-of-the-plans-suite-0123456789';
const WORKSPACES = '/v1/operator/workspaces';

let server: TestServer;
let operator: ApiClient;

beforeAll(async () => {
  server = await TestServer.start({
    env: {
      WAPING_OPERATOR_KEY: OPERATOR_KEY,
      WAPING_RATE_LIMIT: '100000',
      // Nothing answers there: these tests link no account of the real network.
      WAPING_WHATSAPP_URL: 'ws://127.0.0.1:9',
    },
  });
  operator = new ApiClient(server.url, OPERATOR_KEY);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Tenant {
  id: string;
  api: ApiClient;
}

async function tenant(plan: string, overrides: Json = {}): Promise<Tenant> {
  const made = await expectOk(operator.post(WORKSPACES, { name: 'Tenant', plan, overrides }));
  return { id: String(made['id']), api: new ApiClient(server.url, String(made['apiKey'])) };
}

const change = ({ id }: Tenant, body: Json) => expectOk(operator.call('PATCH', `${WORKSPACES}/${id}`, body));
const usageOf = async ({ api }: Tenant, query = '') => expectOk(api.get(`/v1/usage${query}`));
const newDevice = ({ api }: Tenant, network = 'whatsapp') => api.post('/v1/devices', { label: 'New', network });
const send = ({ api }: Tenant, deviceId: unknown, n: number) =>
  api.post('/v1/messages', {
    deviceId,
    to: `+1555${1_000_000 + n}`,
    type: 'text',
    text: { body: 'Hello' },
    requireOnline: false,
  });

async function tally(replies: Promise<Reply>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const reply of await Promise.all(replies)) {
    const answer = reply.status < 300 ? String(reply.status) : `${reply.status} ${errorOf(reply)['code']}`;
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

function expectError(reply: Reply, status: number, code: string, param?: string): void {
  expect([reply.status, errorOf(reply)['code']], JSON.stringify(reply.body)).toEqual([status, code]);
  if (param !== undefined) expect([errorOf(reply)['details']].flat()).toEqual([expect.objectContaining({ param })]);
}

describe('the operator', () => {
  it('creates a workspace and gets its first API key once', async () => {
    const headers = { 'idempotency-key': 'customer-1' };
    const body = { name: 'Customer', plan: 'starter' };
    const made = await operator.post(WORKSPACES, body, headers);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'Customer', plan: 'starter', suspended: false });
    expect(made.headers.get('location')).toBe(`${WORKSPACES}/${made.body['id']}`);
    expect((await new ApiClient(server.url, String(made.body['apiKey'])).get('/v1/devices')).status).toBe(200);
    const again = await operator.post(WORKSPACES, body, headers);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body).toEqual({ ...made.body, apiKey: null });
  });

  it('gets no key where the plan has no API access, which is the plan of a workspace by default', async () => {
    expect(await expectOk(operator.post(WORKSPACES, { name: 'Small' }))).toMatchObject({ plan: 'free', apiKey: null });
  });

  it('lists workspaces page by page and by plan', async () => {
    const ids = [(await tenant('pro')).id, (await tenant('pro')).id];
    const first = await expectOk(operator.get(`${WORKSPACES}?plan=pro&limit=1&order=asc`));
    const rest = await expectOk(operator.get(`${WORKSPACES}?plan=pro&limit=1&order=asc&cursor=${first['nextCursor']}`));
    expect([...rowsOf(first), ...rowsOf(rest)].map((row) => row['id'])).toEqual(ids);
  });

  it('sees what a workspace has used', async () => {
    const one = await tenant('growth');
    const device = await expectOk(newDevice(one));
    await expectOk(send(one, device['id'], 1));
    expect(await expectOk(operator.get(`${WORKSPACES}/${one.id}`))).toMatchObject({
      outbound: { sent: 1, limit: 30_000, remaining: 29_999 },
      devices: { used: 1, limit: 5, remaining: 4 },
    });
  });

  it.each([
    ['an unknown plan', { plan: 'gold' }, 'plan'],
    ['a negative limit', { overrides: { devices: -1 } }, 'overrides.devices'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('is told of %s by its name', async (_what, body, param) => {
    const { id } = await tenant('growth');
    for (const reply of [
      await operator.call('PATCH', `${WORKSPACES}/${id}`, body),
      await operator.post(WORKSPACES, { name: 'X', ...body }),
    ]) {
      expectError(reply, 400, 'VALIDATION_ERROR');
      expect(errorOf(reply)['param']).toBe(param);
    }
  });

  it('gets 404 for a workspace that does not exist', async () => {
    expectError(await operator.get(`${WORKSPACES}/ws_01jd8k3v5q7w9x2y4z6a8b0c1d`), 404, 'NOT_FOUND');
    expectError(await operator.call('PATCH', `${WORKSPACES}/none`, { name: 'x' }), 404, 'NOT_FOUND');
  });

  it('has no paths on an installation without an operator key', async () => {
    await using plain = await TestServer.start();
    for (const key of [plain.apiKey, OPERATOR_KEY, '']) {
      const client = new ApiClient(plain.url, key);
      expectError(await client.get(WORKSPACES), 404, 'NOT_FOUND');
      expectError(await client.post(WORKSPACES, { name: 'x' }), 404, 'NOT_FOUND');
      expectError(await client.call('PUT', WORKSPACES, {}), 404, 'NOT_FOUND');
    }
  });
});

describe('a plan', () => {
  it('limits devices exactly, not those of the sandbox, and says so with 403', async () => {
    const one = await tenant('starter');
    const calls = Array.from({ length: 10 }, () => newDevice(one));
    expect(await tally(calls)).toEqual({ 201: 1, '403 QUOTA_EXCEEDED': 9 });
    const refused = await newDevice(one);
    expectError(refused, 403, 'QUOTA_EXCEEDED', 'plan');
    expect(errorOf(refused)['retryable']).toBe(false);
    expect((await newDevice(one, 'sandbox')).status).toBe(201);
  });

  it('takes effect at once when it changes', async () => {
    const one = await tenant('starter');
    await expectOk(newDevice(one));
    expect((await newDevice(one)).status).toBe(403);
    await change(one, { plan: 'growth' });
    expect((await newDevice(one)).status).toBe(201);
    expect(await usageOf(one)).toMatchObject({ plan: 'growth', devices: { used: 2, limit: 5 } });
    await change(one, { overrides: { devices: 2 } });
    expect((await newDevice(one)).status).toBe(403);
    await change(one, { overrides: { devices: null } });
    expect((await newDevice(one)).status).toBe(201);
  });

  it('deletes nothing when it shrinks: it stops new use and says what to remove', async () => {
    const one = await tenant('growth');
    const made = await Promise.all([newDevice(one), newDevice(one), newDevice(one)].map(expectOk));
    await change(one, { plan: 'starter' });
    expect(await usageOf(one)).toMatchObject({
      devices: { used: 3, limit: 1, remaining: 0 },
      overLimit: [{ resource: 'devices', excess: 2, hint: expect.stringContaining('Delete 2') }],
    });
    expectError(await newDevice(one), 403, 'QUOTA_EXCEEDED', 'plan');
    expectError(await one.api.post(`/v1/devices/${made[0]?.['id']}/link`, { method: 'qr' }), 403, 'QUOTA_EXCEEDED');
    expect((await send(one, made[2]?.['id'], 1)).status).toBe(202);
    for (const device of made.slice(0, 2)) await one.api.call('DELETE', `/v1/devices/${device['id']}`);
    expect(await usageOf(one)).toMatchObject({ devices: { used: 1 }, overLimit: [] });
    expect((await one.api.post(`/v1/devices/${made[2]?.['id']}/link`, { method: 'qr' })).status).toBe(202);
  });

  it('without API access refuses the keys of its workspaces, at once, until it has it again', async () => {
    const one = await tenant('starter');
    await change(one, { plan: 'free' });
    expectError(await one.api.get('/v1/devices'), 403, 'FORBIDDEN', 'plan');
    expectError(await newDevice(one, 'sandbox'), 403, 'FORBIDDEN', 'plan');
    await change(one, { plan: 'starter' });
    expect((await one.api.get('/v1/devices')).status).toBe(200);
  });
});

describe('the monthly quota', () => {
  it('is exact over HTTP, answers 403 and tells of 80 and 100 percent in events', async () => {
    const one = await tenant('starter', { outboundPerMonth: 10 });
    const { id } = await expectOk(newDevice(one));
    const calls = Array.from({ length: 40 }, (_, n) => send(one, id, n % 7));
    expect(await tally(calls)).toEqual({ 202: 10, '403 QUOTA_EXCEEDED': 30 });
    expectError(await send(one, id, 1), 403, 'QUOTA_EXCEEDED', 'plan');
    expect(await usageOf(one)).toMatchObject({ outbound: { sent: 10, limit: 10, remaining: 0 }, overLimit: [] });
    const log = '/v1/events?types=quota.threshold,quota.exceeded';
    const events = rowsOf(await one.api.until(log, (body) => rowsOf(body).length > 1));
    expect(events.map((event) => [event['type'], objectOf(event, 'data')['limit']])).toEqual([
      ['quota.threshold', 10],
      ['quota.exceeded', 10],
    ]);
    await change(one, { overrides: { outboundPerMonth: 12 } });
    expect(await tally([1, 2, 3, 4].map((n) => send(one, id, n)))).toEqual({ 202: 2, '403 QUOTA_EXCEEDED': 2 });
    await change(one, { overrides: { outboundPerMonth: 5 } });
    expect(await usageOf(one)).toMatchObject({ overLimit: [{ resource: 'outbound', excess: 7 }] });
  });

  it('does not count the sandbox, which usage shows all the same', async () => {
    const one = await tenant('starter', { outboundPerMonth: 0 });
    const { id } = await expectOk(newDevice(one, 'sandbox'));
    expect(await tally([1, 2, 3].map((n) => send(one, id, n)))).toEqual({ 202: 3 });
    const day = new Date().toISOString().slice(0, 10);
    const usage = await usageOf(one);
    expect(usage).toMatchObject({ outbound: { sent: 0, limit: 0 } });
    expect(rowsOf(usage)).toEqual([
      { day, deviceId: id, network: 'sandbox', direction: 'outbound', kind: 'text', count: 3 },
    ]);
  });
});

describe('usage', () => {
  it('groups by what is asked for and keeps to one device', async () => {
    const one = await tenant('growth');
    const [a, b] = [await expectOk(newDevice(one)), await expectOk(newDevice(one))];
    await Promise.all([send(one, a['id'], 1), send(one, a['id'], 2), send(one, b['id'], 3)].map(expectOk));
    const nothing = { day: null, deviceId: null, network: null, kind: null, direction: 'outbound' };
    expect(rowsOf(await usageOf(one, '?groupBy='))).toEqual([{ ...nothing, count: 3 }]);
    expect(rowsOf(await usageOf(one, '?groupBy=kind'))).toEqual([{ ...nothing, kind: 'text', count: 3 }]);
    expect(rowsOf(await usageOf(one, `?groupBy=kind&deviceId=${a['id']}`))).toMatchObject([{ count: 2 }]);
    expect(rowsOf(await usageOf(one, '?from=2020-01-01&to=2020-02-01'))).toEqual([]);
  });

  it.each([
    ['from=2026-01-01&to=2026-04-03', 'from'],
    ['from=2026-02-02&to=2026-02-01', 'from'],
    ['from=yesterday', 'from'],
    ['to=2026-02-30', 'to'],
    ['groupBy=colour', 'groupBy'],
  ])('refuses %s', async (query, param) => {
    const reply = await server.api.get(`/v1/usage?${query}`);
    expectError(reply, 400, 'VALIDATION_ERROR');
    expect(errorOf(reply)['param']).toBe(param);
  });

  it('takes 92 days', async () => {
    expect((await server.api.get('/v1/usage?from=2026-01-01&to=2026-04-02')).status).toBe(200);
  });
});

it('a suspended workspace has its keys refused and its devices closed, and resumes as it was', async () => {
  await using storage = await createStorage('postgres');
  const { dataDir, databaseUrl } = storage;
  await using own = await TestServer.start({ dataDir, databaseUrl, env: { WAPING_OPERATOR_KEY: OPERATOR_KEY } });
  await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  const owner = new ApiClient(own.url, OPERATOR_KEY);
  const path = `${WORKSPACES}/${own.workspaceId}`;
  const deviceId = await linkSandboxDevice(own.api, '+15550007001');
  const held = () =>
    db.query('select 1 from device_lease where device_id = $1 and expires_at > clock_timestamp()', [deviceId]);
  expect(await held()).toHaveLength(1);

  await expectOk(owner.call('PATCH', path, { suspended: true }));
  for (const reply of [await own.api.get('/v1/devices'), await newDevice({ id: '', api: own.api }, 'sandbox')])
    expectError(reply, 403, 'FORBIDDEN', 'workspace');
  expect(await expectOk(owner.get(path))).toMatchObject({ suspended: true, suspendedAt: expect.stringMatching(/Z$/) });
  // The lease is given up when the socket is closed.
  await expect.poll(held, { timeout: 30_000 }).toEqual([]);
  const [row] = await db.query('select state, state_reason, desired from device where id = $1', [deviceId]);
  expect(row).toEqual({ state: 'disconnected', state_reason: 'workspace_suspended', desired: 'off' });
  expect(await db.query('select 1 from device_credentials where device_id = $1', [deviceId])).toHaveLength(1);

  await expectOk(owner.call('PATCH', path, { suspended: false }));
  await own.api.until(`/v1/devices/${deviceId}`, (body) => body['state'] === 'connected');
  const events = rowsOf(await expectOk(own.api.get(`/v1/events?deviceId=${deviceId}&limit=100`)));
  const reasons = events.map((event) => objectOf(objectOf(event, 'data'), 'device')['stateReason']);
  const after = reasons.slice(reasons.indexOf('workspace_suspended'));
  expect(after).toContain('connected');
  expect(after).not.toContain('paired');
});

describe('the plans file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'waping-plans-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function file(content: unknown): Promise<string> {
    const name = path.join(directory, `${process.hrtime.bigint()}.json`);
    await writeFile(name, typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  }

  const good = { devices: 2, outboundPerMonth: 100, apiAccess: true };

  it.each([
    ['not JSON', '{"plans":', 'not JSON'],
    ['a missing field', { plans: { solo: { devices: 1, apiAccess: true } } }, 'plans.solo.outboundPerMonth'],
    ['a wrong type', { plans: { solo: { ...good, devices: '1' } } }, 'plans.solo.devices'],
    ['a negative number', { plans: { solo: { ...good, devices: -1 } } }, 'plans.solo.devices'],
    ['an unknown field', { plans: { solo: { ...good, colour: 1 } } }, 'plans.solo.colour: unknown field'],
    ['a bad name', { plans: { 'So Lo': good } }, 'a plan name is lower-case'],
    ['no plan at all', { plans: {} }, 'name at least one plan'],
  ])('stops the start on %s and names it', async (_what, content, named) => {
    const env = { WAPING_PLANS: await file(content), WAPING_DATA_DIR: path.join(directory, 'data'), WAPING_PORT: '0' };
    const { code, err } = await runCli(['serve'], env);
    expect([code, err]).toEqual([1, expect.stringContaining(named)]);
    expect(err).toContain('What to do: Mend the file that WAPING_PLANS names');
  });

  it('gives the first workspace its last plan, and workspaces on the command line what it says', async () => {
    const plans = await file({ plans: { solo: { ...good, apiAccess: false }, team: good } });
    const dataDir = path.join(directory, 'own');
    const env = { WAPING_PLANS: plans };
    const first = await TestServer.start({ dataDir, env });
    expect(await expectOk(first.api.get('/v1/usage'))).toMatchObject({ plan: 'team', devices: { limit: 2 } });
    await first.stop();
    const cli = async (...args: string[]) => {
      const done = await runCli(['workspaces', ...args], { ...env, WAPING_DATA_DIR: dataDir });
      expect(done.code, done.err).toBe(0);
      return done.out;
    };
    const made = JSON.parse(await cli('create', '--name', 'By hand', '--plan', 'team', '--outbound', '1'));
    expect(made.limits).toEqual({ devices: 2, outboundPerMonth: 1, apiAccess: true });
    expect(await cli('list')).toMatch(new RegExp(`${made.id}  active .*team .*2 devices, 1 a month  By hand`));
    expect(JSON.parse(await cli('set-limits', made.id, '--outbound', 'plan')).limits.outboundPerMonth).toBe(100);
    expect(JSON.parse(await cli('suspend', made.id)).suspended).toBe(true);
    expect(JSON.parse(await cli('show', made.id)).outbound).toEqual({ sent: 0, limit: 100, remaining: 100 });
    await using again = await first.again();
    expectError(await new ApiClient(again.url, made.apiKey).get('/v1/devices'), 403, 'FORBIDDEN', 'workspace');
    await again.stop();
    expect(JSON.parse(await cli('resume', made.id)).suspended).toBe(false);
    expect(JSON.parse(await cli('set-plan', made.id, 'solo')).plan).toBe('solo');
    const wrong = await runCli(['workspaces', 'set-plan', made.id, 'gold'], { ...env, WAPING_DATA_DIR: dataDir });
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('must be one of solo, team')]);
    await cli('set-plan', first.workspaceId, 'solo');
    const noKey = await runCli(['keys', 'create', '--name', 'x'], { ...env, WAPING_DATA_DIR: dataDir });
    expect([noKey.code, noKey.out, noKey.err]).toEqual([1, '', expect.stringContaining('solo has no API access')]);
    const gone = await runCli(['serve'], { WAPING_DATA_DIR: dataDir, WAPING_PORT: '0' });
    expect([gone.code, gone.err]).toEqual([1, expect.stringMatching(/on the plan "(solo|team)"/)]);
  });

  it('refuses an operator key that is too short, and does not repeat it', async () => {
    const { code, err } = await runCli(['serve'], { WAPING_OPERATOR_KEY: 'short-secret', WAPING_DATA_DIR: directory });
    expect([code, err]).toEqual([1, expect.stringContaining('WAPING_OPERATOR_KEY')]);
    expect(err).not.toContain('short-secret');
  });
});
