import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepAt, totpCode } from '../../src/features/members/totp.ts';
import { errorOf, type Json, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { expectError, OTHER_PASSWORD, PeopleWorld, tokenOf, WRONG } from '../kit/people.ts';
import { earlyInStep, join, PASSWORD, PersonClient, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

async function readyFileOf({ readyFile }: TestServer) {
  const { mode } = await stat(readyFile);
  return { mode: mode & 0o777, content: JSON.parse(await readFile(readyFile, 'utf8')) };
}

describe.each(DATABASE_KINDS)('people on %s', (kind) => {
  let world: PeopleWorld;
  beforeAll(async () => {
    world = await PeopleWorld.start(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('the first start makes an owner and shows the password once', async () => {
    expect(world.server.owner.email).toContain('@');
    expect(world.server.owner.password.length).toBeGreaterThanOrEqual(20);
    expect(world.server.output.split(world.server.owner.password)).toHaveLength(2);
    // The ready file has what its reader alone may see, and only after the start that made it.
    const running = ({ url, pid, workspaceId }: TestServer) => ({ url, pid, workspaceId });
    const { apiKey, owner } = world.server;
    expect(apiKey).toMatch(/^wap_/);
    const first = { mode: 0o600, content: { ...running(world.server), apiKey, owner } };
    expect(await readyFileOf(world.server)).toStrictEqual(first);
    await world.meanwhile(async () => undefined);
    expect(await readyFileOf(world.server)).toStrictEqual({ mode: 0o600, content: running(world.server) });
    expect(world.server.output).not.toContain(world.server.owner.password);
    expect(await expectOk(world.owner.get('/v1/auth/session'))).toMatchObject({
      person: { email: world.server.owner.email },
      workspaceId: world.server.workspaceId,
      role: 'owner',
      session: { current: true },
    });
  });

  it('signing in sets cookies that scripts and other sites cannot use', async () => {
    const client = new PersonClient(world.server.url);
    await expectOk(client.signIn({ ...world.server.owner, email: world.server.owner.email.toUpperCase() }));
    expect(client.lastCookies).toHaveLength(2);
    for (const cookie of client.lastCookies) {
      expect(cookie).toContain('; HttpOnly');
      expect(cookie).toContain('; SameSite=Lax');
      expect(cookie).toContain('; Path=/');
    }
  });

  it('a wrong password and an unknown address are refused in the same words', async () => {
    const replies = [
      await new PersonClient(world.server.url).signIn({ email: world.server.owner.email, password: WRONG }),
      await new PersonClient(world.server.url).signIn({ email: 'nobody@example.com', password: WRONG }),
    ];
    for (const reply of replies) expectError(reply, 401, 'UNAUTHORIZED', 'password');
    expect(errorOf(replies[0] as Reply)['message']).toBe(errorOf(replies[1] as Reply)['message']);
  });

  it('a session that was signed out or revoked is over at once', async () => {
    const [one, two] = [
      await signedIn(world.server.url, world.server.owner),
      await signedIn(world.server.url, world.server.owner),
    ];
    const kept = one.at(world.server.url);
    expect((await one.post('/v1/auth/sign-out')).status).toBe(204);
    expect(one.cookies.has('waping_session')).toBe(false);
    expectError(await kept.get('/v1/devices'), 401, 'UNAUTHORIZED');
    const id = String(objectOf(await expectOk(two.get('/v1/auth/session')), 'session')['id']);
    const listed = rowsOf(await expectOk(world.owner.get('/v1/sessions')));
    expect(listed.find((row) => row['id'] === id)).toMatchObject({ current: false, address: '127.0.0.1' });
    expect(listed.filter((row) => row['current'] === true)).toHaveLength(1);
    expect((await world.owner.call('DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    expectError(await two.get('/v1/devices'), 401, 'UNAUTHORIZED');
    expectError(await world.owner.call('DELETE', `/v1/sessions/${id}`), 404, 'NOT_FOUND');
  });

  it('agents see and end their own sessions only', async () => {
    const agent = await join(world.owner, 'agent-sessions@example.com', 'agent');
    const { person, session } = await expectOk(world.owner.get('/v1/auth/session'));
    const [ownerId, ownerSession] = [person, session].map((value) => String(objectOf({ value }, 'value')['id']));
    expect(rowsOf(await expectOk(agent.get('/v1/sessions')))).toHaveLength(1);
    expectError(await agent.get(`/v1/sessions?personId=${ownerId}`), 403, 'FORBIDDEN', 'role');
    expectError(await agent.call('DELETE', `/v1/sessions/${ownerSession}`), 404, 'NOT_FOUND');
    const admin = await join(world.owner, 'admin-sessions@example.com', 'admin');
    expectError(await admin.call('DELETE', `/v1/sessions/${ownerSession}`), 403, 'FORBIDDEN', 'role');
    expect((await world.owner.get('/v1/devices')).status).toBe(200);
  });

  it('a new password needs the old one and ends all other sessions', async () => {
    const email = 'changer@example.com';
    const here = await join(world.owner, email, 'agent');
    const elsewhere = await signedIn(world.server.url, { email, password: PASSWORD });
    const change = (password: string) => here.post('/v1/auth/password', { password, newPassword: OTHER_PASSWORD });
    expectError(await change(WRONG), 401, 'UNAUTHORIZED', 'password');
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await here.get('/v1/devices')).status).toBe(200);
    expectError(await elsewhere.get('/v1/devices'), 401, 'UNAUTHORIZED');
    expectError(await new PersonClient(world.server.url).signIn({ email, password: PASSWORD }), 401, 'UNAUTHORIZED');
    await signedIn(world.server.url, { email, password: OTHER_PASSWORD });
    const short = await here.post('/v1/auth/password', { password: OTHER_PASSWORD, newPassword: 'short' });
    expectError(short, 400, 'VALIDATION_ERROR', 'newPassword');
  });

  it('a mailed link sets a new password once', async () => {
    const email = 'forgetful@example.com';
    const before = await join(world.owner, email, 'viewer');
    const stranger = new PersonClient(world.server.url);
    expect((await stranger.post('/v1/auth/reset-requests', { email })).status).toBe(204);
    await expect.poll(() => world.smtp.mailsTo(email).length, { timeout: 30_000 }).toBe(1);
    const token = /\/account\/reset#([\w-]+)/.exec(world.smtp.mailsTo(email)[0] ?? '')?.[1] ?? '';
    const reset = () => stranger.post('/v1/auth/resets', { token, newPassword: OTHER_PASSWORD });
    expect((await reset()).status).toBe(204);
    expectError(await reset(), 404, 'NOT_FOUND');
    expectError(await before.get('/v1/devices'), 401, 'UNAUTHORIZED');
    await signedIn(world.server.url, { email, password: OTHER_PASSWORD });
  });

  it('asking for a link tells nobody who has an account, and mails few', async () => {
    const email = 'flooded@example.com';
    await join(world.owner, email, 'viewer');
    const before = world.smtp.count;
    const stranger = new PersonClient(world.server.url);
    const ask = (address: string) => stranger.post('/v1/auth/reset-requests', { email: address });
    for (let i = 0; i < 8; i++) expect((await ask(email)).status).toBe(204);
    expect((await ask('no-account@example.com')).status).toBe(204);
    await expect.poll(() => world.smtp.mailsTo(email).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
    expect(world.smtp.mailsTo('no-account@example.com')).toEqual([]);
    expect(world.smtp.count - before).toBeLessThan(8);
  });

  it('the operator prints a reset link', async () => {
    const email = 'cli@example.com';
    await join(world.owner, email, 'viewer');
    const env = {
      WAPING_DATA_DIR: world.storage.dataDir,
      WAPING_PUBLIC_URL: 'https://waping.example.com',
      ...(world.storage.databaseUrl ? { DATABASE_URL: world.storage.databaseUrl } : {}),
    };
    const link = (address: string) => runCli(['people', 'reset-link', '--email', address], env);
    const [printed, nobody] = await world.meanwhile(async () => [
      await link(email.toUpperCase()),
      await link('nobody@example.com'),
    ]);
    expect(printed?.code, printed?.err).toBe(0);
    expect(printed?.out).toMatch(/^https:\/\/waping\.example\.com\/account\/reset#[\w-]{43}\n$/);
    expect([nobody?.code, nobody?.out]).toEqual([1, '']);
    const client = new PersonClient(world.server.url);
    const token = tokenOf(printed?.out.trim());
    expect((await client.post('/v1/auth/resets', { token, newPassword: OTHER_PASSWORD })).status).toBe(204);
    await signedIn(world.server.url, { email, password: OTHER_PASSWORD });
  });

  describe('a second factor', () => {
    const email = 'totp@example.com';
    let person: PersonClient;
    let secret: string;
    let codes: string[];
    // Codes of the step before, this and the next are taken, each once: three are enough for this suite.
    const code = (off: number) => totpCode(secret, stepAt(new Date()) + off);

    beforeAll(async () => {
      person = (await join(world.owner, email, 'agent')).at(world.server.url);
      const started = await person.post('/v1/auth/second-factor', { password: PASSWORD });
      secret = String((await expectOk(Promise.resolve(started)))['secret']);
      expect(started.body['uri']).toContain(`secret=${secret}`);
      await signedIn(world.server.url, { email, password: PASSWORD }); // not in force yet
      const wrong = await person.post('/v1/auth/second-factor/confirm', { code: '000000' });
      expectError(wrong, 400, 'VALIDATION_ERROR');
      await earlyInStep();
      const confirmed = await expectOk(person.post('/v1/auth/second-factor/confirm', { code: code(-1) }));
      codes = [confirmed['recoveryCodes']].flat().map(String);
    });

    it('is asked for at sign-in, and its code works once', async () => {
      const client = new PersonClient(world.server.url);
      expectError(await client.signIn({ email, password: PASSWORD }), 401, 'UNAUTHORIZED', 'code');
      expectError(await client.signIn({ email, password: WRONG, code: code(0) }), 401, 'UNAUTHORIZED', 'password');
      const good = code(1);
      await expectOk(client.signIn({ email, password: PASSWORD, code: good }));
      expectError(await client.signIn({ email, password: PASSWORD, code: good }), 401, 'UNAUTHORIZED', 'code');
    });

    it('gives way to a recovery code, once, however it is typed', async () => {
      expect(new Set(codes).size).toBe(10);
      const typed = (codes[0] ?? '').toUpperCase().replaceAll('-', ' ');
      const client = new PersonClient(world.server.url);
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
      const client = new PersonClient(world.server.url);
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
      await signedIn(world.server.url, { email, password: PASSWORD });
    });
  });

  it('keeps no secret as it is', async () => {
    const email = 'secrets@example.com';
    const client = await join(world.owner, email, 'viewer');
    const { secret } = await expectOk(client.post('/v1/auth/second-factor', { password: PASSWORD }));
    const invited = await expectOk(world.owner.post('/v1/invitations', { email: 'open@example.com', role: 'viewer' }));
    const code = totpCode(String(secret), stepAt(new Date()));
    const { recoveryCodes } = await expectOk(client.post('/v1/auth/second-factor/confirm', { code }));
    const secrets = [
      PASSWORD,
      String(secret),
      tokenOf(invited['link']),
      ...client.cookies.values(),
      ...[recoveryCodes].flat().map(String),
    ];
    const { output } = world.server;
    const dump = await world.withDb(async (db) => {
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
    for (const value of secrets) expect(output).not.toContain(value);
  });

  describe('a write with a cookie', () => {
    const cookie = () => ({ cookie: [...world.owner.cookies].map(([k, v]) => `${k}=${v}`).join('; ') });
    const write = (headers: Record<string, string>, path = '/v1/devices', body: Json = { label: 'Forged' }) =>
      fetch(`${world.server.url}${path}`, {
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
      const signIn = { ...world.server.owner };
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
      const reply = await write({ ...ours, origin: world.server.url, 'sec-fetch-site': 'same-origin' });
      expect(reply.status).toBe(201);
    });

    it('is nothing to a caller with a key', async () => {
      expect((await write({ authorization: `Bearer ${world.server.apiKey}` })).status).toBe(201);
      expect((await write({ authorization: 'Bearer wap_wrong', ...ours })).status).toBe(401);
    });
  });

  it('a flood of guesses is slowed and keeps nobody out', async () => {
    const email = 'target@example.com';
    const known = await join(world.owner, email, 'agent');
    const guess = () => new PersonClient(world.server.url).signIn({ email, password: WRONG });
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
    await signedIn(world.server.url, { email, password: PASSWORD });
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
