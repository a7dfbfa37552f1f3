import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, type Reply } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const OPERATOR_KEY = 'the-operator-key-of-the-limits-suite-0123456789';
const ROOM = { devices: 10, outboundPerMonth: 1_000, apiAccess: true };
const PLANS = {
  plans: {
    workspace: { ...ROOM, rateLimits: { workspace: 3 } },
    device: { ...ROOM, rateLimits: { device: 2 } },
    read: { ...ROOM, rateLimits: { read: 2, key: 4 } },
    open: { ...ROOM, rateLimits: { key: null, workspace: null, device: null, read: null, write: null, send: null } },
    plain: ROOM,
  },
};

let directory: string;
let operator: ApiClient;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'waping-limits-'));
  await writeFile(path.join(directory, 'plans.json'), JSON.stringify(PLANS));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function startServer(storage: TestStorage): Promise<TestServer> {
  const env = {
    WAPING_SANDBOX: 'off',
    WAPING_OPERATOR_KEY: OPERATOR_KEY,
    WAPING_PLANS: path.join(directory, 'plans.json'),
    WAPING_RATE_LIMIT: '1000',
    WAPING_RATE_LIMITS: 'failures=5,auth=400',
  };
  const { dataDir, databaseUrl } = storage;
  mkdirSync(dataDir, { recursive: true });
  return TestServer.start({ dataDir, databaseUrl, env });
}

async function tenant(plan: keyof typeof PLANS.plans): Promise<ApiClient> {
  const made = await expectOk(operator.post('/v1/operator/workspaces', { name: plan, plan }));
  return new ApiClient(operator.url, String(made['apiKey']));
}

const device = async (api: ApiClient) =>
  String((await expectOk(api.post('/v1/devices', { label: 'New', network: 'whatsapp' })))['id']);
const send = (api: ApiClient, deviceId: string) =>
  api.post('/v1/messages', {
    deviceId,
    to: '+15551234567',
    type: 'text',
    text: { body: 'Hello' },
    requireOnline: false,
  });

/** Policies by name with the requests left, as the headers of a reply list them. */
function left(reply: Reply): Record<string, number> {
  const items = (reply.headers.get('ratelimit') ?? '').split(', ').filter((item) => item !== '');
  return Object.fromEntries(
    items.map((item) => {
      const [, name = '', r] = /^"([a-z]+)";r=(\d+);t=\d+$/.exec(item) ?? [];
      return [name, Number(r)];
    }),
  );
}

function expectRefused(reply: Reply, ...policies: string[]): void {
  expect([reply.status, errorOf(reply)['code']], JSON.stringify(reply.body)).toEqual([429, 'RATE_LIMITED']);
  expect(errorOf(reply)['details']).toEqual(policies.map((message) => ({ param: 'policy', message })));
  expect(errorOf(reply)['retryable']).toBe(true);
  const wait = Number(reply.headers.get('retry-after'));
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(60);
}

/** A window may end between two requests: what takes seconds begins when there is time for it. */
async function withTime(reply: Reply): Promise<void> {
  const ends = [...(reply.headers.get('ratelimit') ?? '').matchAll(/;t=(\d+)/g)].map(([, t]) => Number(t));
  const soon = ends.filter((t) => t < 10);
  if (soon.length > 0) await sleep(Math.max(...soon) * 1000 + 100);
}

describe.each(DATABASE_KINDS)('policies on %s', (kind) => {
  let storage: TestStorage;
  let server: TestServer;
  beforeAll(async () => {
    storage = await createStorage(kind);
    server = await startServer(storage);
    operator = new ApiClient(server.url, OPERATOR_KEY);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  it('are all listed on a reply, each with its limit and what is left', async () => {
    const api = await tenant('plain');
    const deviceId = await device(api);
    await withTime(await send(api, deviceId));
    const reply = await send(api, deviceId);
    expect(reply.headers.get('ratelimit-policy')).toBe(
      '"key";q=1000;w=60, "workspace";q=2000;w=60, "send";q=1000;w=60, "device";q=500;w=60',
    );
    const before = left(reply);
    expect(Object.keys(before)).toEqual(['key', 'workspace', 'send', 'device']);
    const after = Object.entries(before).map(([policy, r]) => [policy, r - 1]);
    expect(left(await send(api, deviceId))).toEqual(Object.fromEntries(after));
  });

  it('count reads, writes and sends apart', async () => {
    const api = await tenant('plain');
    expect(Object.keys(left(await api.get('/v1/devices')))).toEqual(['key', 'workspace', 'read']);
    const made = await api.post('/v1/devices', { label: 'New', network: 'whatsapp' });
    expect(Object.keys(left(made))).toEqual(['key', 'workspace', 'write']);
  });

  it('refuse sends over one device alone, and what one refuses is taken from none of the others', async () => {
    const api = await tenant('device');
    const [first, second] = [await device(api), await device(api)];
    await withTime(await send(api, first));
    for (let reply = await send(api, first); reply.status !== 429; reply = await send(api, first));
    const refused = await send(api, first);
    expectRefused(refused, 'device');
    const again = await send(api, first);
    expectRefused(again, 'device');
    expect(left(again)).toEqual(left(refused));
    expect(left(again)['device']).toBe(0);
    expect((await send(api, second)).status).toBe(202);
    expect((await api.get('/v1/devices')).status).toBe(200);
  });

  it('bound a workspace as a whole, and leave other workspaces alone', async () => {
    const [api, other] = [await tenant('workspace'), await tenant('workspace')];
    await withTime(await api.get('/v1/devices'));
    let last = await api.get('/v1/devices');
    for (let i = 0; i < 5 && last.status === 200; i++) last = await api.get('/v1/devices');
    expectRefused(last, 'workspace');
    expect((await other.get('/v1/devices')).status).toBe(200);
  });

  it('bound a class of work and leave the others open; a refusal names all that refuse', async () => {
    const api = await tenant('read');
    await withTime(await api.get('/v1/devices'));
    let last = await api.get('/v1/devices');
    for (let i = 0; i < 5 && last.status === 200; i++) last = await api.get('/v1/devices');
    expectRefused(last, 'read');
    const write = () => api.post('/v1/devices', { label: 'New', network: 'whatsapp' });
    let made = await write();
    expect(made.status).toBe(201);
    for (let i = 0; i < 5 && made.status === 201; i++) made = await write();
    expectRefused(made, 'key');
    const both = errorOf(await api.get('/v1/devices'))['details'];
    expect([both].flat()).toHaveLength(2);
  });

  it('send no header where a plan lifts them all', async () => {
    const api = await tenant('open');
    const reply = await send(api, await device(api));
    expect([reply.status, reply.headers.get('ratelimit'), reply.headers.get('ratelimit-policy')]).toEqual([
      202,
      null,
      null,
    ]);
  });

  it('name a person and the operator as what they are', async () => {
    expect(Object.keys(left(await operator.get('/v1/operator/workspaces')))).toEqual(['operator']);
    const person = await signedIn(server.url, server.owner);
    expect(Object.keys(left(await person.get('/v1/devices')))).toEqual(['person', 'workspace', 'read']);
    expect(Object.keys(left(await person.get('/v1/auth/session')))).toEqual(['person', 'workspace', 'read']);
  });

  it('count signing in by address', async () => {
    const nobody = new ApiClient(server.url, '');
    const reply = await nobody.call('POST', '/v1/auth/sign-out', undefined, { 'x-waping-csrf': '1' });
    expect(reply.headers.get('ratelimit-policy')).toBe('"auth";q=400;w=60');
  });

  it('an address that guesses keys is refused, while keys that worked before go on working from there', async () => {
    const api = await tenant('plain');
    expect((await api.get('/v1/devices')).status).toBe(200);
    // Each counts whatever comes with it.
    const guess = () => new ApiClient(server.url, 'wap_guess').post('/v1/devices', '{"label":');
    let last = await guess();
    for (let i = 0; i < 20 && last.status === 401; i++) last = await guess();
    expectRefused(last, 'failures');
    expect(last.headers.get('ratelimit-policy')).toBe('"failures";q=5;w=60');
    expect((await api.get('/v1/devices')).status).toBe(200);
    expect((await operator.get('/v1/operator/workspaces')).status).toBe(200);
  });
});

it('stops the start on a limit that is none, and says how to set it', async () => {
  const env = { HOME: directory, WAPING_DATA_DIR: path.join(directory, 'other'), WAPING_RATE_LIMITS: 'reads=5' };
  const { code, err } = await runCli(['serve'], env);
  expect([code, err]).toEqual([1, expect.stringContaining('WAPING_RATE_LIMITS is not valid')]);
});

it('stops the start on a plan whose limits are none, and names the field', async () => {
  const plansFile = path.join(directory, 'wrong.json');
  await writeFile(plansFile, JSON.stringify({ plans: { wrong: { ...ROOM, rateLimits: { read: 0 } } } }));
  const env = { HOME: directory, WAPING_DATA_DIR: path.join(directory, 'other'), WAPING_PLANS: plansFile };
  const { code, err } = await runCli(['serve'], { ...env, WAPING_PORT: '0' });
  expect([code, err]).toEqual([1, expect.stringContaining('rateLimits.read')]);
});
