import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WEBHOOK_POINTS } from '../../src/platform/fault-points.ts';
import { rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { Receiver } from '../kit/receiver.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const DEVICES = 12;

describe.each(DATABASE_KINDS)('a node that is killed on %s', (kind) => {
  let storage: TestStorage;
  let receiver: Receiver;
  let server: TestServer;
  let hook: string;

  beforeAll(async () => {
    storage = await createStorage(kind);
    mkdirSync(storage.dataDir, { recursive: true });
    receiver = await Receiver.start();
    const { dataDir, databaseUrl } = storage;
    const env = { WAPING_SANDBOX: 'off', WAPING_PRIVATE_HOSTS: '127.0.0.1', WAPING_RATE_LIMIT: '100000' };
    server = await TestServer.start({ dataDir, databaseUrl, env });
    const { id } = await expectOk(server.api.post('/v1/webhooks', { url: receiver.url(), events: ['device.created'] }));
    hook = `/v1/webhooks/${id}`;
    await server.api.until(hook, (body) => body['state'] === 'active');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  it.each(WEBHOOK_POINTS)('at %s, with deliveries in its hand, loses no event', async (point) => {
    receiver.received.length = 0;
    await expectOk(server.api.post(`${hook}/pause`));
    const made: unknown[] = [];
    for (let n = 0; n < DEVICES; n++) {
      const body = { label: `${point} ${n}`, network: 'whatsapp' };
      made.push((await expectOk(server.api.post('/v1/devices', body)))['id']);
    }
    await server.stop();
    server = await server.again({ WAPING_FAULT_POINT: `${point}:0` });
    // Its first delivery kills it, perhaps before this is answered.
    await server.api.post(`${hook}/resume`, {}).catch(() => null);
    await server.ended();
    server = await server.again({ WAPING_FAULT_POINT: '' });
    const told = () => new Set(receiver.received.map(({ json }) => json['deviceId']));
    await expect.poll(() => made.filter((id) => !told().has(id)), { timeout: 60_000 }).toEqual([]);
    // What had been answered may come again, under the same id: at least once, and never as another event.
    const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect(ids.size).toBe(DEVICES);
    await server.api.until(`${hook}/deliveries?state=pending`, (body) => rowsOf(body).length === 0);
  });
});
