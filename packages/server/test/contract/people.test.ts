import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepAt, totpCode } from '../../src/features/members/totp.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey, loadMasterKey } from '../../src/platform/crypto/master-key.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { errorOf, type Json, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS, type TestStorage } from '../kit/db.ts';
import { join, PASSWORD, PersonClient, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';
import { SmtpSink } from '../kit/smtp-sink.ts';

const OTHER_PASSWORD = 'another fine password';
const WRONG = 'not the password';

function expectError(reply: Reply, status: number, code: string, param?: string): void {
  expect([reply.status, errorOf(reply)['code']], JSON.stringify(reply.body)).toEqual([status, code]);
  if (param !== undefined) {
    const details = [errorOf(reply)['details']].flat().map((detail) => objectOf({ detail }, 'detail')['param']);
    expect(details, JSON.stringify(reply.body)).toContain(param);
  }
}

const tokenOf = (link: unknown) => String(link).split('#')[1] ?? '';

describe.each(DATABASE_KINDS)('people on %s', (kind) => {
  let storage: TestStorage;
  let server: TestServer;
  let smtp: SmtpSink;
  let owner: PersonClient;
  let otherWorkspace: string;

  const openDb = () =>
    openDatabase({ dataDir: storage.dataDir, databaseUrl: storage.databaseUrl, log: createLogger('silent') });

  // The embedded database has one process at a time: the server rests meanwhile.
  async function besides<T>(work: (db: Db) => Promise<T>): Promise<T> {
    await server.stop();
    try {
      await using db = await openDb();
      return await work(db);
    } finally {
      server = await server.again();
      owner = owner.at(server.url);
    }
  }

  beforeAll(async () => {
    storage = await createStorage(kind);
    mkdirSync(storage.dataDir, { recursive: true });
    smtp = await SmtpSink.start();
    server = await TestServer.start({
      dataDir: storage.dataDir,
      databaseUrl: storage.databaseUrl,
      env: { WAPING_SMTP_URL: smtp.url, WAPING_SANDBOX: 'off' },
    });
    owner = await signedIn(server.url, server.owner);
    const { person } = await expectOk(owner.get('/v1/auth/session'));
    const personId = String(objectOf({ person }, 'person')['id']);
    otherWorkspace = await besides(async (db) => {
      const id = newId('ws');
      const dataKey = createWrappedDataKey(await loadMasterKey(storage.dataDir, undefined), id);
      await insertWorkspace(db, { id, name: 'Second', plan: 'free', dataKey });
      await db.query(`insert into membership (workspace_id, person_id, role) values ($1, $2, 'viewer')`, [
        id,
        personId,
      ]);
      return id;
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  it('the first start makes an owner and shows the password once', async () => {
    expect(server.owner.email).toContain('@');
    expect(server.owner.password.length).toBeGreaterThanOrEqual(20);
    expect(server.output).not.toContain(server.owner.password); // this is a later start
    expect(await expectOk(owner.get('/v1/auth/session'))).toMatchObject({
      person: { email: server.owner.email },
      workspaceId: server.workspaceId,
      role: 'owner',
      session: { current: true },
    });
  });

  it('signing in sets cookies that scripts and other sites cannot use', async () => {
    const client = new PersonClient(server.url);
    await expectOk(client.signIn({ ...server.owner, email: server.owner.email.toUpperCase() }));
    expect(client.lastCookies).toHaveLength(2);
    for (const cookie of client.lastCookies) {
      expect(cookie).toContain('; HttpOnly');
      expect(cookie).toContain('; SameSite=Lax');
      expect(cookie).toContain('; Path=/');
    }
  });

  it('a wrong password and an unknown address are refused in the same words', async () => {
    const replies = [
      await new PersonClient(server.url).signIn({ email: server.owner.email, password: WRONG }),
      await new PersonClient(server.url).signIn({ email: 'nobody@example.com', password: WRONG }),
    ];
    for (const reply of replies) expectError(reply, 401, 'UNAUTHORIZED', 'password');
    expect(errorOf(replies[0] as Reply)['message']).toBe(errorOf(replies[1] as Reply)['message']);
  });

  it('a session that was signed out or revoked is over at once', async () => {
    const [one, two] = [await signedIn(server.url, server.owner), await signedIn(server.url, server.owner)];
    const kept = one.at(server.url);
    expect((await one.post('/v1/auth/sign-out')).status).toBe(204);
    expect(one.cookies.has('waping_session')).toBe(false);
    expectError(await kept.get('/v1/devices'), 401, 'UNAUTHORIZED');
    const id = String(objectOf(await expectOk(two.get('/v1/auth/session')), 'session')['id']);
    const listed = rowsOf(await expectOk(owner.get('/v1/sessions')));
    expect(listed.find((row) => row['id'] === id)).toMatchObject({ current: false, address: '127.0.0.1' });
    expect(listed.filter((row) => row['current'] === true)).toHaveLength(1);
    expect((await owner.call('DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    expectError(await two.get('/v1/devices'), 401, 'UNAUTHORIZED');
    expectError(await owner.call('DELETE', `/v1/sessions/${id}`), 404, 'NOT_FOUND');
  });

  it('agents see and end their own sessions only', async () => {
    const agent = await join(owner, 'agent-sessions@example.com', 'agent');
    const { person, session } = await expectOk(owner.get('/v1/auth/session'));
    const [ownerId, ownerSession] = [person, session].map((value) => String(objectOf({ value }, 'value')['id']));
    expect(rowsOf(await expectOk(agent.get('/v1/sessions')))).toHaveLength(1);
    expectError(await agent.get(`/v1/sessions?personId=${ownerId}`), 403, 'FORBIDDEN', 'role');
    expectError(await agent.call('DELETE', `/v1/sessions/${ownerSession}`), 404, 'NOT_FOUND');
    const admin = await join(owner, 'admin-sessions@example.com', 'admin');
    expectError(await admin.call('DELETE', `/v1/sessions/${ownerSession}`), 403, 'FORBIDDEN', 'role');
    expect((await owner.get('/v1/devices')).status).toBe(200);
  });

  it('a new password needs the old one and ends all other sessions', async () => {
    const email = 'changer@example.com';
    const here = await join(owner, email, 'agent');
    const elsewhere = await signedIn(server.url, { email, password: PASSWORD });
    const change = (password: string) => here.post('/v1/auth/password', { password, newPassword: OTHER_PASSWORD });
    expectError(await change(WRONG), 401, 'UNAUTHORIZED', 'password');
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await here.get('/v1/devices')).status).toBe(200);
    expectError(await elsewhere.get('/v1/devices'), 401, 'UNAUTHORIZED');
    expectError(await new PersonClient(server.url).signIn({ email, password: PASSWORD }), 401, 'UNAUTHORIZED');
    await signedIn(server.url, { email, password: OTHER_PASSWORD });
    const short = await here.post('/v1/auth/password', { password: OTHER_PASSWORD, newPassword: 'short' });
    expectError(short, 400, 'VALIDATION_ERROR', 'newPassword');
  });

  it('a mailed link sets a new password once', async () => {
    const email = 'forgetful@example.com';
    const before = await join(owner, email, 'viewer');
    const stranger = new PersonClient(server.url);
    expect((await stranger.post('/v1/auth/reset-requests', { email })).status).toBe(204);
    await expect.poll(() => smtp.mailsTo(email).length, { timeout: 30_000 }).toBe(1);
    const token = /\/account\/reset#([\w-]+)/.exec(smtp.mailsTo(email)[0] ?? '')?.[1] ?? '';
    const reset = () => stranger.post('/v1/auth/resets', { token, newPassword: OTHER_PASSWORD });
    expect((await reset()).status).toBe(204);
    expectError(await reset(), 404, 'NOT_FOUND');
    expectError(await before.get('/v1/devices'), 401, 'UNAUTHORIZED');
    await signedIn(server.url, { email, password: OTHER_PASSWORD });
  });

  it('asking for a link tells nobody who has an account, and mails few', async () => {
    const email = 'flooded@example.com';
    await join(owner, email, 'viewer');
    const before = smtp.count;
    const stranger = new PersonClient(server.url);
    const ask = (address: string) => stranger.post('/v1/auth/reset-requests', { email: address });
    for (let i = 0; i < 8; i++) expect((await ask(email)).status).toBe(204);
    expect((await ask('no-account@example.com')).status).toBe(204);
    await expect.poll(() => smtp.mailsTo(email).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
    expect(smtp.mailsTo('no-account@example.com')).toEqual([]);
    expect(smtp.count - before).toBeLessThan(8);
  });

  it('the operator prints a reset link', async () => {
    const email = 'cli@example.com';
    await join(owner, email, 'viewer');
    await server.stop();
    const env = {
      WAPING_DATA_DIR: storage.dataDir,
      WAPING_PUBLIC_URL: 'https://waping.example.com',
      ...(storage.databaseUrl ? { DATABASE_URL: storage.databaseUrl } : {}),
    };
    const printed = await runCli(['people', 'reset-link', '--email', email.toUpperCase()], env);
    const nobody = await runCli(['people', 'reset-link', '--email', 'nobody@example.com'], env);
    server = await server.again();
    owner = owner.at(server.url);
    expect(printed.code, printed.err).toBe(0);
    expect(printed.out).toMatch(/^https:\/\/waping\.example\.com\/account\/reset#[\w-]{43}\n$/);
    expect([nobody.code, nobody.out]).toEqual([1, '']);
    const client = new PersonClient(server.url);
    const token = tokenOf(printed.out.trim());
    expect((await client.post('/v1/auth/resets', { token, newPassword: OTHER_PASSWORD })).status).toBe(204);
    await signedIn(server.url, { email, password: OTHER_PASSWORD });
  });

  describe('a second factor', () => {
    const email = 'totp@example.com';
    let person: PersonClient;
    let secret: string;
    let codes: string[];
    // Codes of the step before, this and the next are taken, each once: three are enough for this suite.
    const code = (off: number) => totpCode(secret, stepAt(new Date()) + off);

    beforeAll(async () => {
      person = (await join(owner, email, 'agent')).at(server.url);
      const started = await person.post('/v1/auth/second-factor', { password: PASSWORD });
      secret = String((await expectOk(Promise.resolve(started)))['secret']);
      expect(started.body['uri']).toContain(`secret=${secret}`);
      await signedIn(server.url, { email, password: PASSWORD }); // not in force yet
      const wrong = await person.post('/v1/auth/second-factor/confirm', { code: '000000' });
      expectError(wrong, 400, 'VALIDATION_ERROR');
      const confirmed = await expectOk(person.post('/v1/auth/second-factor/confirm', { code: code(-1) }));
      codes = [confirmed['recoveryCodes']].flat().map(String);
    });

    it('is asked for at sign-in, and its code works once', async () => {
      const client = new PersonClient(server.url);
      expectError(await client.signIn({ email, password: PASSWORD }), 401, 'UNAUTHORIZED', 'code');
      expectError(await client.signIn({ email, password: WRONG, code: code(0) }), 401, 'UNAUTHORIZED', 'password');
      const good = code(1);
      await expectOk(client.signIn({ email, password: PASSWORD, code: good }));
      expectError(await client.signIn({ email, password: PASSWORD, code: good }), 401, 'UNAUTHORIZED', 'code');
    });

    it('gives way to a recovery code, once, however it is typed', async () => {
      expect(new Set(codes).size).toBe(10);
      const typed = (codes[0] ?? '').toUpperCase().replaceAll('-', ' ');
      const client = new PersonClient(server.url);
      await expectOk(client.signIn({ email, password: PASSWORD, code: typed }));
      expectError(await client.signIn({ email, password: PASSWORD, code: typed }), 401, 'UNAUTHORIZED', 'code');
    });

    it('new recovery codes end the old ones; turning it off needs a code', async () => {
      expectError(
        await person.post('/v1/auth/second-factor/stop', { password: PASSWORD }),
        401,
        'UNAUTHORIZED',
        'code',
      );
      const renewed = await expectOk(
        person.post('/v1/auth/second-factor/recovery-codes', { password: PASSWORD, code: codes[1] }),
      );
      const client = new PersonClient(server.url);
      expectError(
        await client.signIn({ email, password: PASSWORD, code: codes[2] ?? '' }),
        401,
        'UNAUTHORIZED',
        'code',
      );
      expectError(
        await person.post('/v1/auth/second-factor', { password: PASSWORD, code: codes[3] }),
        401,
        'UNAUTHORIZED',
      );
      const [fresh] = [renewed['recoveryCodes']].flat().map(String);
      const stop = await person.post('/v1/auth/second-factor/stop', { password: PASSWORD, code: fresh });
      expect(stop.status).toBe(204);
      await signedIn(server.url, { email, password: PASSWORD });
    });
  });

  it('keeps no secret as it is', async () => {
    const email = 'secrets@example.com';
    const client = await join(owner, email, 'viewer');
    const { secret } = await expectOk(client.post('/v1/auth/second-factor', { password: PASSWORD }));
    const invited = await expectOk(owner.post('/v1/invitations', { email: 'open@example.com', role: 'viewer' }));
    const code = totpCode(String(secret), stepAt(new Date()));
    const { recoveryCodes } = await expectOk(client.post('/v1/auth/second-factor/confirm', { code }));
    const secrets = [
      PASSWORD,
      String(secret),
      tokenOf(invited['link']),
      ...client.cookies.values(),
      ...[recoveryCodes].flat().map(String),
    ];
    const dump = await besides(async (db) => {
      const tables = await db.query<{ name: string }>(
        `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
      );
      const texts = tables.map(async ({ name }) => db.query<{ t: string }>(`select x::text as t from ${name} x`));
      return (await Promise.all(texts)).flat().map((row) => row.t);
    });
    expect(dump.some((row) => row.includes(email))).toBe(true);
    for (const value of secrets) {
      const forms = [value, Buffer.from(value).toString('hex')];
      expect(dump.filter((row) => forms.some((form) => row.includes(form)))).toEqual([]);
    }
    for (const value of secrets) expect(server.output).not.toContain(value);
  });

  describe('an invitation', () => {
    const invite = (email: string, role = 'viewer') => owner.post('/v1/invitations', { email, role });
    const accept = (link: unknown, extra: Json = {}) =>
      new PersonClient(server.url).post('/v1/auth/invitations/accept', {
        token: tokenOf(link),
        password: PASSWORD,
        ...extra,
      });

    it('is open once to one address, and its link works once', async () => {
      const { link } = await expectOk(invite('once@example.com'));
      expectError(await invite('Once@example.com'), 409, 'CONFLICT');
      expectError(await accept(link, { password: 'short' }), 400, 'VALIDATION_ERROR');
      expect(await expectOk(accept(link))).toMatchObject({ role: 'viewer', workspaceId: server.workspaceId });
      expectError(await accept(link), 404, 'NOT_FOUND');
      expectError(await invite('once@example.com'), 409, 'CONFLICT');
    });

    it('does not work once revoked, and is not shown again', async () => {
      const made = await expectOk(invite('revoked@example.com'));
      const listed = rowsOf(await expectOk(owner.get('/v1/invitations')));
      expect(listed.find((row) => row['id'] === made['id'])).toMatchObject({ email: 'revoked@example.com' });
      expect(JSON.stringify(listed)).not.toContain(tokenOf(made['link']));
      expect((await owner.call('DELETE', `/v1/invitations/${made['id']}`)).status).toBe(204);
      expectError(await accept(made['link']), 404, 'NOT_FOUND');
      expectError(await owner.call('DELETE', `/v1/invitations/${made['id']}`), 404, 'NOT_FOUND');
    });

    it('lets two who accept it at once in once', async () => {
      const { link } = await expectOk(invite('race@example.com'));
      const replies = await Promise.all([accept(link), accept(link), accept(link)]);
      expect(replies.map((reply) => reply.status).filter((status) => status === 200)).toHaveLength(1);
      const members = rowsOf(await expectOk(owner.get('/v1/members?limit=100')));
      expect(members.filter((member) => member['email'] === 'race@example.com')).toHaveLength(1);
    });

    it('asks someone with an account for its password', async () => {
      const email = 'returning@example.com';
      const client = await join(owner, email, 'agent');
      const { person } = await expectOk(client.get('/v1/auth/session'));
      const personId = String(objectOf({ person }, 'person')['id']);
      expect((await owner.call('DELETE', `/v1/members/${personId}`)).status).toBe(204);
      expectError(await client.get('/v1/devices'), 401, 'UNAUTHORIZED');
      expectError(await client.signIn({ email, password: PASSWORD }), 403, 'FORBIDDEN', 'workspaceId');
      const { link } = await expectOk(invite(email));
      expectError(await accept(link, { password: OTHER_PASSWORD }), 401, 'UNAUTHORIZED', 'password');
      expect(await expectOk(accept(link))).toMatchObject({ person: { id: personId }, role: 'viewer' });
    });
  });

  describe('roles', () => {
    const idOf = async (client: PersonClient) =>
      String(objectOf(await expectOk(client.get('/v1/auth/session')), 'person')['id']);
    const setRole = (by: PersonClient, id: string, role: string) => by.call('PATCH', `/v1/members/${id}`, { role });

    it('change from the next request on', async () => {
      const client = await join(owner, 'promoted@example.com', 'viewer');
      const create = () => client.post('/v1/devices', { label: 'Mine' });
      expectError(await create(), 403, 'FORBIDDEN', 'role');
      await expectOk(setRole(owner, await idOf(client), 'admin'));
      expect((await create()).status).toBe(201);
    });

    it('only an owner makes, changes or removes an owner; a key does not', async () => {
      const admin = await join(owner, 'admin-roles@example.com', 'admin');
      const second = await join(owner, 'owner-roles@example.com', 'owner');
      const [adminId, secondId] = [await idOf(admin), await idOf(second)];
      expectError(await setRole(admin, adminId, 'owner'), 403, 'FORBIDDEN', 'role');
      expectError(await setRole(admin, secondId, 'viewer'), 403, 'FORBIDDEN', 'role');
      expectError(await admin.call('DELETE', `/v1/members/${secondId}`), 403, 'FORBIDDEN', 'role');
      const invited = { email: 'new-owner@example.com', role: 'owner' };
      expectError(await admin.post('/v1/invitations', invited), 403, 'FORBIDDEN', 'role');
      expectError(await server.api.post('/v1/invitations', invited), 403, 'FORBIDDEN', 'role');
      await expectOk(setRole(owner, secondId, 'agent'));
    });

    it('the last owner stays one', async () => {
      const id = await idOf(owner);
      expectError(await setRole(owner, id, 'viewer'), 409, 'CONFLICT');
      expectError(await owner.call('DELETE', `/v1/members/${id}`), 409, 'CONFLICT');
    });

    it('of two owners who leave at the same time, one stays', async () => {
      const second = await join(owner, 'second-owner@example.com', 'owner');
      const [ids, clients] = [
        [await idOf(owner), await idOf(second)],
        [owner, second],
      ];
      const replies = await Promise.all(clients.map((client, i) => setRole(client, ids[i] ?? '', 'admin')));
      expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
      const owners = rowsOf(await expectOk(server.api.get('/v1/members?role=owner')));
      expect(owners).toHaveLength(1);
      // The first one is the owner of the tests that follow.
      const winner = replies[0]?.status === 409 ? owner : second;
      await expectOk(setRole(winner, ids[0] ?? '', 'owner'));
      await expectOk(setRole(owner, ids[1] ?? '', 'agent'));
    });
  });

  it('a person of several workspaces has the role of the one they work in', async () => {
    const client = await signedIn(server.url, server.owner);
    const go = (workspaceId: string) => client.post('/v1/auth/workspace', { workspaceId });
    expect(await expectOk(go(otherWorkspace))).toMatchObject({ workspaceId: otherWorkspace, role: 'viewer' });
    expectError(await client.post('/v1/devices', { label: 'No' }), 403, 'FORBIDDEN', 'role');
    expect(rowsOf(await expectOk(client.get('/v1/members'))).map((row) => row['role'])).toEqual(['viewer']);
    expectError(await go('ws_01jd8k3v5q7w9x2y4z6a8b0c1d'), 404, 'NOT_FOUND');
    expect(await expectOk(go(server.workspaceId))).toMatchObject({ role: 'owner' });
    const there = await signedIn(server.url, { ...server.owner, workspaceId: otherWorkspace });
    expect(await expectOk(there.get('/v1/auth/session'))).toMatchObject({ workspaceId: otherWorkspace });
    const nowhere = { ...server.owner, workspaceId: 'ws_01jd8k3v5q7w9x2y4z6a8b0c1d' };
    expectError(await new PersonClient(server.url).signIn(nowhere), 403, 'FORBIDDEN', 'workspaceId');
  });

  describe('a write with a cookie', () => {
    const cookie = () => ({ cookie: [...owner.cookies].map(([k, v]) => `${k}=${v}`).join('; ') });
    const write = (headers: Record<string, string>, path = '/v1/devices', body: Json = { label: 'Forged' }) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...cookie(), ...headers },
        body: JSON.stringify(body),
      });
    const ours = { 'x-waping-csrf': '1' };

    it.each([
      ['without our header', {}],
      ['from another site', { ...ours, 'sec-fetch-site': 'cross-site' }],
      ['from a sibling host', { ...ours, 'sec-fetch-site': 'same-site' }],
      ['with a foreign Origin', { ...ours, origin: 'https://evil.example' }],
      ['with an opaque Origin', { ...ours, origin: 'null' }],
    ])('is refused %s', async (_name, headers: Record<string, string>) => {
      const signIn = { ...server.owner };
      for (const [path, body] of [
        ['/v1/devices', { label: 'Forged' }],
        ['/v1/auth/sign-out', undefined],
        ['/v1/auth/sign-in', signIn],
      ] as const) {
        const reply = await write(headers, path, body ?? {});
        const text = await reply.text();
        expect([reply.status, text.includes('"param":"csrf"')], `${path} ${text}`).toEqual([403, true]);
      }
    });

    it('works from a page of ours', async () => {
      const reply = await write({ ...ours, origin: server.url, 'sec-fetch-site': 'same-origin' });
      expect(reply.status).toBe(201);
    });

    it('is nothing to a caller with a key', async () => {
      expect((await write({ authorization: `Bearer ${server.apiKey}` })).status).toBe(201);
      expect((await write({ authorization: 'Bearer wap_wrong', ...ours })).status).toBe(401);
    });
  });

  it('a flood of guesses is slowed and keeps nobody out', async () => {
    const email = 'target@example.com';
    const known = await join(owner, email, 'agent');
    const guess = () => new PersonClient(server.url).signIn({ email, password: WRONG });
    const flood = Array.from({ length: 30 }, guess);
    const fromKnown = await known.signIn({ email, password: PASSWORD });
    const guesses = await Promise.all(flood);
    expect(fromKnown.status).toBe(200);
    const statuses = new Set(guesses.map((reply) => reply.status));
    expect(statuses).toEqual(new Set([401, 429]));
    const slowed = guesses.find((reply) => reply.status === 429);
    if (!slowed) throw new Error('none was slowed');
    expectError(slowed, 429, 'RATE_LIMITED', 'policy');
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // A browser never seen before, from the very address the guesses came from.
    await signedIn(server.url, { email, password: PASSWORD });
  });

  it('tells of every change of people in the log, without a secret', async () => {
    let path = '/v1/events?limit=100';
    const events: Json[] = [];
    for (;;) {
      const body = await expectOk(server.api.get(path));
      events.push(...rowsOf(body));
      if (body['hasMore'] !== true) break;
      path = `/v1/events?limit=100&after=${body['nextCursor']}`;
    }
    const members = events.filter((event) => String(event['type']).startsWith('member.'));
    expect(new Set(members.map((event) => event['type']))).toEqual(
      new Set([
        'member.invited',
        'member.invitation_revoked',
        'member.joined',
        'member.role_changed',
        'member.removed',
      ]),
    );
    expect(JSON.stringify(members)).not.toMatch(/token|password|#/i);
  });
});

describe('settings', () => {
  it('choose the owner, and cookies for TLS', async () => {
    const chosen = { email: 'boss@example.com', password: 'chosen by the operator' };
    await using server = await TestServer.start({
      env: {
        WAPING_OWNER_EMAIL: chosen.email,
        WAPING_OWNER_PASSWORD: chosen.password,
        WAPING_PUBLIC_URL: 'https://waping.example.com/',
        WAPING_SANDBOX: 'off',
      },
    });
    expect(server.owner).toEqual(chosen);
    expect(server.output).not.toContain(chosen.password);
    const client = new PersonClient(server.url);
    await expectOk(client.signIn(chosen));
    expect(client.lastCookies).toHaveLength(2);
    for (const cookie of client.lastCookies) expect(cookie).toMatch(/^__Host-waping_.*; Secure$/);
    expect((await client.get('/v1/devices')).status).toBe(200);
    const { link } = await expectOk(client.post('/v1/invitations', { email: 'a@example.com', role: 'agent' }));
    expect(link).toMatch(/^https:\/\/waping\.example\.com\/account\/invitation#/);
    for (const page of ['/account/reset', '/account/invitation', '/account/assets/account.js']) {
      const reply = await fetch(`${server.url}${page}`);
      expect([page, reply.status]).toEqual([page, 200]);
    }
  });
});
