import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import { createLogger } from '../../src/platform/log.ts';
import { ApiClient, type Json } from '../kit/api.ts';
import { createStorage, type TestStorage } from '../kit/db.ts';
import { secretOf } from '../kit/keys.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const IN_FORCE_MS = 1_000;
const MASTER = '5a'.repeat(32);

let storage: TestStorage;
let directory: string;
let here: TestServer;
let there: TestServer;

beforeAll(async () => {
  storage = await createStorage('postgres');
  directory = await mkdtemp(path.join(tmpdir(), 'waping-nodes-'));
  const { databaseUrl } = storage;
  const env = { WAPING_SANDBOX: 'off', WAPING_MASTER_KEY: MASTER, WAPING_RATE_LIMIT: '100000' };
  here = await TestServer.start({ dataDir: storage.dataDir, databaseUrl, env });
  there = await TestServer.start({ dataDir: directory, databaseUrl, env });
});
afterAll(async () => {
  await there[Symbol.asyncDispose]();
  await here[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function make(body: Json = {}): Promise<{ id: string; key: string }> {
  const made = await expectOk(here.api.post('/v1/keys', { name: 'Test', scopes: ['devices:read'], ...body }));
  return { id: String(made['id']), key: String(made['apiKey']) };
}

const onBoth = (key: string) => [here, there].map((node) => new ApiClient(node.url, key));
const cli = (...args: string[]) =>
  runCli(args, {
    WAPING_DATA_DIR: storage.dataDir,
    DATABASE_URL: storage.databaseUrl ?? '',
    WAPING_MASTER_KEY: MASTER,
  });

/** Milliseconds from `change` done until a busy caller's last answer of another status, the worst of both nodes. */
async function settles(key: string, change: () => Promise<unknown>, wanted: number): Promise<number> {
  let done = Number.POSITIVE_INFINITY;
  const until = () => (done === Number.POSITIVE_INFINITY ? true : Date.now() < done + 2 * IN_FORCE_MS);
  const busy = onBoth(key).map(async (api) => {
    let last = 0;
    while (until()) {
      const sentAt = Date.now();
      const { status } = await api.get('/v1/devices');
      if (status !== wanted) last = sentAt;
      await sleep(5);
    }
    return last;
  });
  await sleep(300);
  await change();
  done = Date.now();
  const last = Math.max(...(await Promise.all(busy)));
  expect(last).toBeGreaterThan(0);
  return last - done;
}

it('a key revoked on one node stops within a second on every node, however busy it is', async () => {
  const { id, key } = await make();
  expect(await settles(key, () => expectOk(here.api.call('DELETE', `/v1/keys/${id}`)), 401)).toBeLessThan(IN_FORCE_MS);
});

it('a change of scopes or addresses is in force within a second on every node', async () => {
  const { id, key } = await make();
  const change = (body: Json) => expectOk(here.api.call('PATCH', `/v1/keys/${id}`, body));
  expect(await settles(key, () => change({ scopes: ['messages:read'] }), 403)).toBeLessThan(IN_FORCE_MS);
  expect(await settles(key, () => change({ scopes: ['devices:read'] }), 200)).toBeLessThan(IN_FORCE_MS);
  expect(await settles(key, () => change({ allowedIps: ['192.0.2.1'] }), 403)).toBeLessThan(IN_FORCE_MS);
});

it('after a rotation the new secret works at once on every node, the old one for a second at the most', async () => {
  const { id, key } = await make();
  let renewed = '';
  const rotate = async () => {
    renewed = String((await expectOk(here.api.post(`/v1/keys/${id}/rotate`, { overlapSeconds: 0 })))['apiKey']);
    for (const api of onBoth(renewed)) expect((await api.get('/v1/devices')).status).toBe(200);
  };
  expect(await settles(key, rotate, 401)).toBeLessThan(IN_FORCE_MS);
  for (const api of onBoth(renewed)) expect((await api.get('/v1/devices')).status).toBe(200);
});

it('the database holds no secret, and the log of the server neither', async () => {
  const { key } = await make();
  await using db = await openDatabase({
    dataDir: directory,
    databaseUrl: storage.databaseUrl,
    log: createLogger('silent'),
  });
  for (const table of ['api_key', 'event', 'idempotency']) {
    const rows = await db.query(`select t::text as row from ${table} t`);
    expect(rows.length > 0 || table === 'idempotency').toBe(true);
    expect(JSON.stringify(rows)).not.toContain(secretOf(key));
  }
  expect(here.output + there.output).not.toContain(secretOf(key));
});

it('the last use of a key is written at the end of a server too', async () => {
  const { id, key } = await make();
  const third = await mkdtemp(path.join(tmpdir(), 'waping-nodes-'));
  const env = { WAPING_SANDBOX: 'off', WAPING_MASTER_KEY: MASTER };
  const node = await TestServer.start({ dataDir: third, databaseUrl: storage.databaseUrl, env });
  const before = new Date().toISOString();
  expect((await new ApiClient(node.url, key).get('/v1/devices')).status).toBe(200);
  await node.stop();
  const shown = await expectOk(here.api.get(`/v1/keys/${id}`));
  expect(String(shown['lastUsedAt']) >= before).toBe(true);
  await rm(third, { recursive: true, force: true });
});

it('the command line makes, lists, rotates and revokes the same keys', async () => {
  const device = await expectOk(here.api.post('/v1/devices', { label: 'Mine', network: 'sandbox' }));
  const limits = ['--devices', String(device['id']), '--ips', '127.0.0.0/8,::1', '--expires', '2090-01-01T00:00:00Z'];
  const made = await cli('keys', 'create', '--name', 'Line', '--scopes', 'devices:read', ...limits);
  expect(made.code, made.err).toBe(0);
  const api = new ApiClient(there.url, made.out.trim());
  const { actor } = await expectOk(api.get('/v1/me'));
  const rights = { deviceIds: [device['id']], allowedIps: ['127.0.0.0/8', '::1'], scopes: ['devices:read'] };
  expect(actor).toMatchObject({ name: 'Line', ...rights, expiresAt: '2090-01-01T00:00:00.000Z' });
  const id = String(Object(actor).id);
  const listed = await cli('keys', 'list');
  expect(listed.out).toMatch(
    new RegExp(`^${id}  active  devices:read  devices ${device['id']}  ips 127.0.0.0/8,::1`, 'm'),
  );

  const rotated = await cli('keys', 'rotate', id, '--overlap', '0');
  expect(rotated.code, rotated.err).toBe(0);
  expect((await new ApiClient(there.url, rotated.out.trim()).get('/v1/devices')).status).toBe(200);
  await expect.poll(async () => (await api.get('/v1/devices')).status, { timeout: IN_FORCE_MS }).toBe(401);

  expect((await cli('keys', 'revoke', id)).code).toBe(0);
  expect((await cli('keys', 'list')).out).toContain(`${id}  revoked`);
});

it.each([
  [['create', '--name', 'X', '--scopes', 'devices:fly'], '"devices:fly" is not a scope'],
  [['create', '--name', 'X', '--ips', '10.0.0.1/8'], 'allowedIps.0: must be an address or a network'],
  [['create', '--name', 'X', '--devices', 'dev_none'], 'no such device: dev_none'],
  [['create', '--name', 'X', '--expires', 'yesterday'], 'is not a time in the future'],
  [['rotate', 'key_none'], 'there is no key key_none'],
  [['rotate', 'key_none', '--overlap', '721'], 'is not a number of hours from 0 to 720'],
  [['revoke', 'key_none'], 'there is no key key_none'],
])('the command line refuses keys %j', async (args, said) => {
  const run = await cli('keys', ...args);
  expect([run.code, run.out]).toEqual([1, '']);
  expect(run.err).toContain(said);
});
