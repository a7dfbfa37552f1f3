import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { ApiClient, errorOf, type Json, type Reply } from '../kit/api.ts';
import { type PostgresServer, startPostgres } from '../kit/db-server.ts';
import { join } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const OPERATOR_KEY = 'operator-key-of-the-error-suite-0123456789';
const TO = '+15550002000';
const RATE_LIMIT = 400;

// PostgreSQL of our own: some errors take a database that misbehaves.
let postgres: PostgresServer;
let server: TestServer;
let db: pg.Client;
let deviceId: string;
let docs: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = postgres.urlOf('postgres');
  const env = { WAPING_OPERATOR_KEY: OPERATOR_KEY, WAPING_RATE_LIMIT: String(RATE_LIMIT) };
  server = await TestServer.start({ databaseUrl, env });
  db = new pg.Client({ connectionString: databaseUrl });
  // It ends when the server does, which one case below brings about.
  db.on('error', () => undefined);
  await db.connect();
  deviceId = String((await expectOk(server.api.post('/v1/devices', { label: 'A', network: 'sandbox' })))['id']);
  docs = await (await fetch(`${server.url}/docs/errors`)).text();
});
afterAll(async () => {
  await db.end().catch(() => undefined);
  await server[Symbol.asyncDispose]();
  await postgres.stop();
});

const send = (extra: Json = {}, headers: Record<string, string> = {}) =>
  server.api.post(
    '/v1/messages',
    { deviceId, to: TO, type: 'text', text: { body: 'Hi' }, requireOnline: false, ...extra },
    headers,
  );
const unlinked = { requireOnline: undefined };

async function tenant(overrides: Json): Promise<ApiClient> {
  const operator = new ApiClient(server.url, OPERATOR_KEY);
  const body = { name: 'Tenant', plan: 'growth', overrides };
  return new ApiClient(server.url, String((await expectOk(operator.post('/v1/operator/workspaces', body)))['apiKey']));
}

/** What another node has begun and not ended: its key is taken, and nobody knows yet whether for good. */
async function unfinishedTwin(operation: string, request: (key: string) => Promise<Reply>): Promise<Reply> {
  const key = newId('req');
  await db.query('begin');
  const row = [server.workspaceId, operation, key, Buffer.alloc(32)];
  await db.query('insert into idempotency (workspace_id, operation, key, fingerprint) values ($1, $2, $3, $4)', row);
  try {
    return await request(key);
  } finally {
    await db.query('rollback');
    expect((await request(key)).status).toBeLessThan(300);
  }
}

const newDevice = (key: string) => server.api.post('/v1/devices', { label: 'B' }, { 'idempotency-key': key });

/** One way to each code, over HTTP. A code without one fails below. */
const PRODUCERS: Record<ErrorCode, () => Promise<Reply>> = {
  VALIDATION_ERROR: () => server.api.post('/v1/messages', '{"deviceId":'),
  UNAUTHORIZED: () => new ApiClient(server.url, 'wap_nobody').get('/v1/devices'),
  FORBIDDEN: async () =>
    (await join(server.api, 'viewer@example.com', 'viewer')).post('/v1/devices', { label: 'Mine' }),
  QUOTA_EXCEEDED: async () =>
    (await tenant({ devices: 0 })).post('/v1/devices', { label: 'Mine', network: 'whatsapp' }),
  RECIPIENT_OPTED_OUT: async () => {
    const { contactId } = await expectOk(send({ to: '+15550003000' }));
    await expectOk(server.api.post(`/v1/contacts/${contactId}/opt-out`));
    return send({ to: '+15550003000' });
  },
  NOT_FOUND: () => server.api.get('/v1/messages/msg_01jd8k3v5q7w9x2y4z6a8b0c1d'),
  METHOD_NOT_ALLOWED: () => server.api.call('PUT', '/v1/messages', {}),
  IDEMPOTENCY_CONFLICT: async () => {
    await expectOk(send({}, { 'idempotency-key': 'once' }));
    return send({ text: { body: 'Another' } }, { 'idempotency-key': 'once' });
  },
  IDEMPOTENCY_IN_PROGRESS: () => unfinishedTwin('messages.send', (key) => send({}, { 'idempotency-key': key })),
  SESSION_DISCONNECTED: () => send(unlinked),
  CONFLICT: () => server.api.get(`/v1/devices/${deviceId}/link`),
  CURSOR_EXPIRED: async () => {
    const { nextCursor } = await expectOk(server.api.get('/v1/events?limit=1'));
    // As retention leaves it when it has deleted everything so far.
    await db.query('update workspace set log_from_tx = pg_current_xact_id(), log_from_sequence = 0 where id = $1', [
      server.workspaceId,
    ]);
    return server.api.get(`/v1/events?after=${nextCursor}`);
  },
  PAYLOAD_TOO_LARGE: () => send({ text: { body: 'x'.repeat(1024 * 1024) } }),
  UNSUPPORTED_MEDIA_TYPE: () => server.api.call('POST', '/v1/messages', 'a=b', { 'content-type': 'text/plain' }),
  RATE_LIMITED: async () => {
    const busy = await tenant({});
    for (let asked = 0; asked < 2 * RATE_LIMIT; asked += 50) {
      const replies = await Promise.all(Array.from({ length: 50 }, () => busy.get('/v1/devices')));
      const refused = replies.find(({ status }) => status !== 200);
      if (refused) return refused;
    }
    throw new Error('nothing was refused');
  },
  SERVER_ERROR: async () => {
    // A schema that is not what this version made: what a hand in the database, or a half restored backup, leaves.
    await db.query('alter table contact rename to contact_elsewhere');
    try {
      return await server.api.get('/v1/contacts');
    } finally {
      await db.query('alter table contact_elsewhere rename to contact');
    }
  },
  SERVICE_UNAVAILABLE: async () => {
    await postgres.stop();
    return server.api.get('/v1/devices');
  },
};

/** Codes with which the same request may succeed later; the first three also say when. */
const WITH_RETRY_AFTER = ['IDEMPOTENCY_IN_PROGRESS', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'];
const RETRYABLE = [...WITH_RETRY_AFTER, 'SERVER_ERROR'];

it('every code of the closed list has a producer here, the one that stops the database last', () => {
  const codes = Object.keys(ERROR_CODES);
  expect(Object.keys(PRODUCERS).sort()).toEqual(codes.sort());
  expect(Object.keys(PRODUCERS).at(-1)).toBe('SERVICE_UNAVAILABLE');
});

it('a request whose twin still runs is not held up where its work is one transaction either', async () => {
  const reply = await unfinishedTwin('devices.create', newDevice);
  expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
});

describe('over HTTP', () => {
  it.each(Object.entries(PRODUCERS))('%s has its status, envelope and place in the docs', async (code, produce) => {
    const reply = await produce();
    const status = Object.entries(ERROR_CODES).find(([name]) => name === code)?.[1];
    const error = errorOf(reply);
    expect([reply.status, error['code']], JSON.stringify(reply.body)).toEqual([status, code]);
    expect(Object.keys(reply.body)).toEqual(['error']);
    expect(error).toEqual({
      code,
      message: expect.stringMatching(/\w/),
      param: error['param'] === null ? null : expect.any(String),
      retryable: RETRYABLE.includes(code),
      requestId: reply.headers.get('x-request-id'),
      docs: `/docs/errors#${code}`,
      details: expect.any(Array),
    });
    expect(error['requestId']).toMatch(/^req_/);
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(reply.headers.get('retry-after') !== null).toBe(WITH_RETRY_AFTER.includes(code));
    const entry = new RegExp(`<dt id="${code}">.*?<span>HTTP ${status}</span></dt><dd>([^]*?)</dd>`).exec(docs);
    expect(entry?.[1], `no entry for ${code}`).toMatch(/\w{3}/);
    if (reply.status >= 500) await expectNoInternals(reply);
  });
});

// The caller gets a request id; under it the log has what happened.
async function expectNoInternals(reply: Reply): Promise<void> {
  const { message, requestId } = errorOf(reply);
  expect(String(message)).not.toMatch(/relation|postgres|ENOENT|ECONN|\/tmp| at /i);
  await expect.poll(() => server.output).toContain(String(requestId));
}
