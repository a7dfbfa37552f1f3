import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  acceptInvitation,
  authenticateSession,
  changePassword,
  confirmSecondFactor,
  type Origin,
  Passwords,
  type PeopleServices,
  signIn,
  startSecondFactor,
  Throttle,
} from '../../src/features/members/index.ts';
import { insertInvitation } from '../../src/features/members/invitation-store.ts';
import { addFailures, readFailures } from '../../src/features/members/throttle-store.ts';
import { mintSecret } from '../../src/features/members/tokens.ts';
import { stepAt, totpCode } from '../../src/features/members/totp.ts';
import { DataKeys } from '../../src/features/workspaces/index.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey } from '../../src/platform/crypto/master-key.ts';
import { MasterKeys } from '../../src/platform/crypto/master-keys.ts';
import type { Db, Queryable, SqlValue } from '../../src/platform/db/port.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { PASSWORD } from '../kit/person.ts';

const from = (address: string, browserToken: string | null = null): Origin => ({
  action: 'auth.signIn',
  requestId: newId('req'),
  address,
  userAgent: null,
  browserToken,
});

/** People with a clock the test holds, in a workspace of their own. */
async function people(db: Db) {
  const masterKey = randomBytes(32);
  const workspaceId = newId('ws');
  const dataKey = createWrappedDataKey(masterKey, workspaceId);
  await insertWorkspace(db, { id: workspaceId, name: 'W', plan: 'free', dataKey });
  const clock = { at: new Date(), now: () => clock.at };
  const services: PeopleServices = {
    db,
    dataKeys: new DataKeys(db, MasterKeys.of(masterKey)),
    passwords: new Passwords(),
    throttle: new Throttle(db),
    clock,
    log: createLogger('silent'),
    mailer: null,
    publicUrl: () => 'http://127.0.0.1',
  };
  return { services, clock, workspaceId };
}

async function join(services: PeopleServices, workspaceId: string, email: string) {
  const { token, hash } = mintSecret();
  await insertInvitation(services.db, {
    id: newId('inv'),
    workspaceId,
    email,
    role: 'viewer',
    tokenHash: hash,
    invitedBy: newId('key'),
    expiresAt: new Date(Date.now() + 60_000),
  });
  return acceptInvitation(services, { token, password: PASSWORD }, from('192.0.2.1'));
}

/** The database, with a note of every statement that somebody's answer waits for. */
function noting(real: Db): { db: Db; statements: string[] } {
  const statements: string[] = [];
  const on = (target: Queryable): Queryable => ({
    query: <R>(sql: string, params: readonly SqlValue[] = []) => {
      statements.push(sql);
      return target.query<R>(sql, params);
    },
  });
  const tx: Db['tx'] = (fn) => real.tx((open) => fn({ ...open, ...on(open), later: on(open.later) }));
  return { db: { ...real, ...on(real), tx }, statements };
}

describeEachDb('guessing', (database) => {
  it('app codes from many networks ends after a few; recovery codes and known browsers go on', async () => {
    const { services, clock, workspaceId } = await people(database().db);
    const email = 'codes@example.com';
    const home = await join(services, workspaceId, email);
    const caller = await authenticateSession(services, home.sessionToken);
    const known = from('192.0.2.1', home.browserToken);
    const { secret } = await startSecondFactor(services, caller, { proof: { password: PASSWORD }, origin: known });
    const code = (off: number) => totpCode(secret, stepAt(clock.at) + off);
    const [recovery] = await confirmSecondFactor(services, caller, { code: code(-1), origin: known });
    const wrong = ['000000', '111111', '222222', '333333'].find(
      (text) => ![-1, 0, 1].some((off) => code(off) === text),
    );
    for (let i = 0; i < 20; i++) {
      const guess = signIn(services, { email, password: PASSWORD, code: wrong }, from(`198.51.100.${i}`));
      await expect(guess).rejects.toMatchObject({ code: 'UNAUTHORIZED', param: 'code' });
    }
    const right = { email, password: PASSWORD, code: code(0) };
    await expect(signIn(services, right, from('203.0.113.1'))).rejects.toThrow(/recovery code/);
    await signIn(services, { ...right, code: recovery }, from('203.0.113.2'));
    await signIn(services, right, known);
  });

  it('passwords from many networks delays the right one, and does not refuse it', async () => {
    const { services, workspaceId } = await people(database().db);
    const email = 'passwords@example.com';
    await join(services, workspaceId, email);
    const guesses = Array.from({ length: 60 }, (_none, i) =>
      signIn(services, { email, password: 'not the password' }, from(`198.51.100.${i}`)),
    );
    const right = signIn(services, { email, password: PASSWORD }, from('203.0.113.7'));
    const outcomes = await Promise.allSettled(guesses);
    expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set(['rejected']));
    expect((await right).session.email).toBe(email);
  });

  it('by strangers from everywhere fills their places and not those of known browsers and sessions', async () => {
    const { services, workspaceId } = await people(database().db);
    const email = 'owner@example.com';
    const home = await join(services, workspaceId, email);
    const caller = await authenticateSession(services, home.sessionToken);
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const strangers = Array.from({ length: 800 }, (_none, i) => {
      const who = { account: `${i}@example.org`, address: `10.1.${i >> 8}.${i & 255}`, known: null };
      return services.throttle.attempt(services.throttle.counters(who), () => held.then(() => ({ value: i })));
    });
    const right = { email, password: PASSWORD };
    await expect(signIn(services, right, from('203.0.113.9'))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: [{ param: 'policy', message: 'sign-in/all' }],
    });
    const again = await signIn(services, right, from('203.0.113.9', home.browserToken));
    expect(again.session.email).toBe(email);
    const change = { proof: { password: PASSWORD }, newPassword: `${PASSWORD} 2`, origin: from('203.0.113.9') };
    await changePassword(services, caller, change);
    letGo();
    expect(await Promise.all(strangers)).toHaveLength(800);
    await signIn(services, { email, password: `${PASSWORD} 2` }, from('203.0.113.9'));
  });

  it.each([
    ['with no cookie', null],
    ['with a browser’s cookie', mintSecret().token],
  ])('asks the database the same, whether or not there is such an account, %s', async (_what, browserToken) => {
    const { services, workspaceId } = await people(database().db);
    await join(services, workspaceId, 'somebody@example.com');
    const asked: string[][] = [];
    for (const email of ['somebody@example.com', 'nobody@example.com']) {
      const { db, statements } = noting(database().db);
      const watched = { ...services, db, throttle: new Throttle(db) };
      const guess = signIn(watched, { email, password: 'wrong' }, from('198.51.100.200', browserToken));
      await expect(guess).rejects.toMatchObject({ code: 'UNAUTHORIZED', param: 'password' });
      asked.push(statements);
    }
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[0]?.filter((sql) => sql.includes('insert into audit'))).toHaveLength(1);
  });

  it('a failure is forgotten after an hour, and not before', async () => {
    const { db } = database();
    const throttle = new Throttle(db);
    const counters = throttle.counters({ account: 'x@example.com', address: '192.0.2.9', known: null });
    const failure = new WapingError('UNAUTHORIZED', 'wrong');
    await expect(throttle.attempt(counters, async () => ({ failure }))).rejects.toBe(failure);
    const keys = counters.map(({ key }) => key);
    const count = async () => (await readFailures(db, keys)).map((row) => row.failures);
    expect(await count()).toEqual([1, 1, 1]);
    await db.query(`update sign_in_failure set at = at - interval '59 minutes' where key = any ($1::text[])`, [keys]);
    expect(await count()).toEqual([1, 1, 1]);
    await db.query(`update sign_in_failure set at = at - interval '2 minutes' where key = any ($1::text[])`, [keys]);
    expect(await count()).toEqual([]);
    await addFailures(db, keys);
    expect(await count()).toEqual([1, 1, 1]);
  });
});
