import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NatsServer } from '../kit/nats.ts';
import { TestServer } from '../kit/server.ts';
import { idsOf, plansFile, SinkWorld } from '../kit/sinks.ts';

let nats: NatsServer;
let world: SinkWorld;
let directory: string;
let other: TestServer;

beforeAll(async () => {
  nats = await NatsServer.start();
  const env = { WAPING_SINK_NATS_URL: nats.url, WAPING_MASTER_KEY: '5b'.repeat(32) };
  world = await SinkWorld.start('postgres', env);
  directory = await mkdtemp(path.join(tmpdir(), 'waping-sinks-'));
  const { databaseUrl } = world.storage;
  other = await TestServer.start({
    dataDir: directory,
    databaseUrl,
    apiKey: world.server.apiKey,
    env: { ...env, WAPING_PLANS: plansFile(directory), WAPING_SANDBOX: 'off', WAPING_RATE_LIMIT: '100000' },
  });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

it('has one of two nodes publish, and the other take over when that one is killed', async () => {
  await world.makeDevices(10);
  const { node } = await world.published('nats');
  await other.api.post('/v1/devices', { label: 'There', network: 'whatsapp' });
  expect((await world.published('nats'))['node']).toBe(node);
  // The first to start holds it.
  await world.server.kill();
  const made = await other.api.post('/v1/devices', { label: 'Orphan', network: 'whatsapp' });
  const deviceId = made.body['id'];
  const last = async () => (await nats.stored()).at(-1)?.json['deviceId'];
  await expect.poll(last, { timeout: 40_000, interval: 250 }).toBe(deviceId);
  await world.again();
  expect((await world.published('nats'))['node']).not.toBe(node);
  expect((await nats.stored()).map(({ id }) => id)).toEqual(idsOf(await world.log()));
});
