import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, type Reply, rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { Life } from './kit/life.ts';

const AT_ONCE = 100;

describe.each(DATABASE_KINDS)('one Idempotency-Key on %s', (kind) => {
  let storage: TestStorage;
  let server: TestServer;
  let deviceId = '';

  beforeAll(async () => {
    storage = await createStorage(kind);
    const { dataDir, databaseUrl } = storage;
    const env = { WAPING_SANDBOX: 'off', WAPING_RATE_LIMIT: '1000000' };
    server = await TestServer.start({ dataDir, databaseUrl, env });
    const device = await expectOk(server.api.post('/v1/devices', { label: 'Kept waiting', network: 'whatsapp' }));
    deviceId = String(device['id']);
  });
  afterAll(async () => {
    await server?.stop();
    await storage?.[Symbol.asyncDispose]();
  });

  // The device is not linked: the messages are accepted and wait, which is all that these rules are about.
  const body = (text: string): Json => ({
    deviceId,
    to: '+4915112345001',
    type: 'text',
    text: { body: text },
    requireOnline: false,
  });
  const post = (key: string, text: string, api = server.api): Promise<Reply> =>
    api.post('/v1/messages', body(text), { 'idempotency-key': key });
  const many = (key: string, text: string, api = server.api): Promise<Reply[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, () => post(key, text, api)));
  const stored = async (text: string): Promise<Json[]> => {
    const { body: page } = await server.api.get('/v1/messages?limit=100');
    return rowsOf(page).filter((row) => JSON.stringify(row['text']) === JSON.stringify({ body: text }));
  };

  /** All were answered alike, one message exists, and another body is refused. Returns the message's id. */
  async function expectOne(key: string, replies: Reply[], text: string): Promise<string> {
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    const [id, ...others] = new Set(replies.map((reply) => String(reply.body['id'])));
    expect(others).toEqual([]);
    expect((await stored(text)).map((row) => row['id'])).toEqual([id]);
    const conflict = await post(key, `not ${text}`);
    expect([conflict.status, errorOf(conflict)['code']]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    expect(await stored(`not ${text}`)).toEqual([]);
    return id ?? '';
  }

  it(`makes one message of ${AT_ONCE} requests at once, before and after a restart and a kill -9`, async () => {
    const first = await many('first', 'one');
    const id = await expectOne('first', first, 'one');
    expect(first.filter(({ headers }) => headers.get('idempotency-replayed') !== 'true')).toHaveLength(1);
    expect(new Set(first.map((reply) => JSON.stringify(reply.body))).size).toBe(1);

    await server.stop();
    server = await server.again();
    expect(await expectOne('first', await many('first', 'one'), 'one')).toBe(id);

    await server.kill();
    server = await server.again();
    const again = await many('first', 'one');
    expect(again.every(({ headers }) => headers.get('idempotency-replayed') === 'true')).toBe(true);
    expect(await expectOne('first', again, 'one')).toBe(id);
  });

  it.each(['accept.before-commit', 'accept.after-commit'])(
    `makes one message of ${AT_ONCE} requests at once that a kill -9 at %s cut off`,
    async (point) => {
      const text = `cut-off-at-${point}`;
      await server.stop();
      const { dataDir, databaseUrl } = storage;
      const env = { WAPING_SANDBOX: 'off', ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) };
      await using life = new Life({ dataDir, env, apiKey: server.apiKey }, { WAPING_FAULT_POINT: point });
      const api = await life.ready();
      if (!api) throw new Error('it died before the requests');
      const cut = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => post(text, text, api)));
      expect(cut.filter(({ status }) => status === 'fulfilled')).toEqual([]);
      await life.ended;
      expect(life.killed).toBe(true);
      server = await server.again();
      await expectOne(text, await many(text, text), text);
    },
  );
});
