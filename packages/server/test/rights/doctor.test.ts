import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mintToken } from '../../src/features/api-keys/token.ts';
import { newTotpSecret, stepAt, totpCode } from '../../src/features/members/totp.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { signedIn } from '../kit/person.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const CUSTOMER = '+15550002000';

/** A database in use: a linked device, messages both ways, people, a second factor, an export, keys of every kind. */
async function use(storage: TestStorage): Promise<void> {
  mkdirSync(storage.dataDir, { recursive: true });
  await using server = await TestServer.start({ dataDir: storage.dataDir, databaseUrl: storage.databaseUrl });
  const { api } = server;
  const deviceId = await linkSandboxDevice(api, SHOP);
  await expectOk(api.post('/v1/sandbox/phones', { phone: CUSTOMER, autoRead: true }));
  const metadata = { password: 'a word of the caller’s own' };
  const body = { deviceId, to: CUSTOMER, type: 'text', text: { body: 'My password is: "password": "x"' }, metadata };
  const message = await expectOk(api.post('/v1/messages', body, { 'idempotency-key': 'one' }));
  await api.until(`/v1/messages/${message['id']}`, (m) => m['status'] === 'read');
  const second = await expectOk(api.post('/v1/devices', { label: 'Half linked', network: 'sandbox' }));
  await expectOk(api.post(`/v1/devices/${second['id']}/link`, { method: 'qr' }));
  await expectOk(api.get(`/v1/devices/${second['id']}/qr`));
  await expectOk(
    api.post('/v1/invitations', { email: 'open@example.com', role: 'viewer' }, { 'idempotency-key': 'two' }),
  );
  const owner = await signedIn(server.url, server.owner);
  const { password } = server.owner;
  const { secret } = await expectOk(owner.post('/v1/auth/second-factor', { password }));
  const code = totpCode(String(secret), stepAt(new Date()));
  await expectOk(owner.post('/v1/auth/second-factor/confirm', { code }));
  const job = await expectOk(api.post(`/v1/contacts/${message['contactId']}/export`));
  await api.until(`/v1/jobs/${job['id']}`, (body) => body['state'] === 'succeeded');
}

const doctor = ({ dataDir, databaseUrl }: TestStorage) =>
  runCli(['doctor'], { WAPING_DATA_DIR: dataDir, ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) });

interface Plant {
  place: string;
  kind: string;
  secret: string;
  sql: string;
  value: string | Buffer;
}

const token = randomBytes(32).toString('base64url').replace(/^.{3}/, 'aA1');
const creds = JSON.stringify({ noiseKey: { private: { type: 'Buffer', data: 'c2VjcmV0' } } });

/** One of each kind, each in a place where it could slip in. */
function plants(): Plant[] {
  const apiKey = mintToken().token;
  const totp = newTotpSecret();
  const webhook = `whsec_${randomBytes(24).toString('base64')}`;
  const text = (place: string, kind: string, secret: string, sql: string): Plant => ({
    place,
    kind,
    secret,
    sql,
    value: secret,
  });
  return [
    text('contact.name', 'API key', apiKey, 'update contact set name = $1'),
    text('device.label', 'webhook secret', webhook, 'update device set label = $1'),
    text('person.name', 'second-factor secret', totp, 'update person set name = $1'),
    text('invitation.invited_by', 'session or link token', token, 'update invitation set invited_by = $1'),
    text('person.password_hash', 'password', 'correct horse battery', 'update person set password_hash = $1'),
    {
      ...text('event.data', 'API key', apiKey, `update event set data = $1::jsonb where type = 'device.created'`),
      value: JSON.stringify({ note: { deep: [`Bearer ${apiKey}`] } }),
    },
    {
      ...text('idempotency.body', 'password', 'hunter22hunter', 'update idempotency set body = $1'),
      value: JSON.stringify({ person: { password: 'hunter22hunter' } }),
    },
    {
      ...text('device_credentials.sealed', 'unsealed value', 'c2VjcmV0', 'update device_credentials set sealed = $1'),
      value: Buffer.from(creds),
    },
    {
      ...text(
        'signal_key.sealed',
        'value its workspace',
        '\u0001',
        `update signal_key set sealed = $1 where type <> 'pre-key'`,
      ),
      secret: 'none',
      value: Buffer.concat([Buffer.of(1), Buffer.alloc(64, 200)]),
    },
    {
      ...text('person.totp_sealed', 'unsealed value', totp, 'update person set totp_sealed = $1'),
      value: Buffer.from(totp),
    },
    {
      ...text(
        'person_session.token_hash',
        'unhashed secret',
        token,
        'update person_session set token_hash = $1 where id = (select max(id) from person_session)',
      ),
      value: Buffer.from(token),
    },
    {
      ...text('api_key.secret_hash', 'unhashed secret', token.slice(0, 32), 'update api_key set secret_hash = $1'),
      value: Buffer.from(token.slice(0, 32)),
    },
    { ...text('message.content', 'Signal key', 'c2VjcmV0', 'update message set content = $1::jsonb'), value: creds },
  ];
}

async function withDb<T>({ dataDir, databaseUrl }: TestStorage, work: (db: Db) => Promise<T>): Promise<T> {
  await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  return await work(db);
}

describe.each(DATABASE_KINDS)('waping doctor on %s', (kind) => {
  it('finds a database in use clean, and every kind of secret planted in it, naming the place and never the value', async () => {
    await using storage = await createStorage(kind);
    await use(storage);
    const clean = await doctor(storage);
    expect([clean.code, clean.out]).toEqual([0, expect.stringContaining('no secret lies open')]);
    expect(Number(/(\d+) sealed values opened/.exec(clean.out)?.[1])).toBeGreaterThan(20);

    const planted = plants();
    await withDb(storage, async (db) => {
      for (const { sql, value, place } of planted) {
        const rows = await db.query(`${sql} returning 1`, [value]);
        expect(rows.length, place).toBeGreaterThan(0);
      }
    });
    const found = await doctor(storage);
    expect(found.code).toBe(1);
    const lines = found.out.split('\n');
    for (const { place, kind: what, secret } of planted) {
      const [table, column] = place.split('.');
      const named = lines.find((line) => line.includes(`table ${table}, column ${column} `) && line.includes(what));
      expect(named, `${what} in ${place}\n${found.out}`).toBeDefined();
      expect(found.out + found.err).not.toContain(secret);
    }
  });
});
