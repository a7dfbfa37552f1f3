import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMembership } from '../../src/features/members/store.ts';
import { stepAt, totpCode } from '../../src/features/members/totp.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey, loadMasterKey } from '../../src/platform/crypto/master-key.ts';
import { newId } from '../../src/platform/ids.ts';
import { authRoutes } from '../../src/surfaces/http/auth/register.ts';
import { type Json, objectOf, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { expectError, OTHER_PASSWORD, PeopleWorld, tokenOf, WRONG } from '../kit/people.ts';
import { earlyInStep, join, PASSWORD, PersonClient, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';

const ADA = 'ada@example.com';

describe.each(DATABASE_KINDS)('what people do to their accounts, in the audit log on %s', (kind) => {
  let world: PeopleWorld;
  let other: string;
  let ada: PersonClient;
  let adaId: string;

  const idOf = async (client: PersonClient) =>
    String(objectOf(await expectOk(client.get('/v1/auth/session')), 'person')['id']);
  const newest = async (query: string, client: PersonClient = world.owner): Promise<Json[]> =>
    rowsOf(await expectOk(client.get(`/v1/audit?${query}`)));

  // The same log as the other workspace's owner reads it.
  async function inOther<T>(read: (there: PersonClient) => Promise<T>): Promise<T> {
    return read(await signedIn(world.server.url, { ...world.server.owner, workspaceId: other }));
  }

  beforeAll(async () => {
    world = await PeopleWorld.start(kind);
    ada = await join(world.owner, ADA, 'agent');
    const ownerId = await idOf(world.owner);
    adaId = await idOf(ada);
    other = await world.withDb(async (db) => {
      const id = newId('ws');
      const dataKey = createWrappedDataKey(await loadMasterKey(world.storage.dataDir, undefined), id);
      await insertWorkspace(db, { id, name: 'Second', plan: 'free', dataKey });
      await insertMembership(db, { workspaceId: id, personId: ownerId, role: 'owner' });
      await insertMembership(db, { workspaceId: id, personId: adaId, role: 'viewer' });
      return id;
    });
    ada = ada.at(world.server.url);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Does something and returns its new rows about Ada in both workspaces, oldest first. */
  async function rowsOfDoing(action: string, work: () => Promise<unknown>): Promise<{ here: Json[]; there: Json[] }> {
    const query = `targetId=${adaId}&action=${action}`;
    const count = async () => ({
      here: await newest(query),
      there: await inOther((client) => newest(query, client)),
    });
    const before = await count();
    await work();
    const after = await count();
    const fresh = (rows: Json[], old: Json[]) => rows.slice(0, rows.length - old.length).toReversed();
    return { here: fresh(after.here, before.here), there: fresh(after.there, before.there) };
  }

  const byAda = () => ({
    actor: { kind: 'person', id: adaId },
    target: { kind: 'person', id: adaId },
    outcome: 'done',
    address: '127.0.0.1',
    requestId: expect.stringMatching(/^req_/),
  });

  it('joining is told of, and the sign-in that follows', async () => {
    const actions = (await newest(`targetId=${adaId}&order=asc`)).map((row) => row['action']);
    expect(actions).toEqual(['auth.acceptInvitation', 'auth.signIn']);
    const [joined] = await newest(`targetId=${adaId}&action=auth.acceptInvitation`);
    expect(joined).toMatchObject({
      ...byAda(),
      after: { role: 'agent', invitationId: expect.stringMatching(/^inv_/) },
    });
  });

  it('signing in and out are told of where the session works', async () => {
    let client = new PersonClient(world.server.url);
    const signIn = await rowsOfDoing('auth.signIn', async () => {
      client = await signedIn(world.server.url, { email: ADA, password: PASSWORD });
    });
    expect(signIn).toEqual({ here: [expect.objectContaining(byAda())], there: [] });
    expect(signIn.here[0]).toMatchObject({ after: { sessionId: expect.stringMatching(/^ses_/) } });
    const moved = await rowsOfDoing('auth.switchWorkspace', () =>
      expectOk(client.post('/v1/auth/workspace', { workspaceId: other })),
    );
    expect(moved).toEqual({ here: [expect.objectContaining(byAda())], there: [expect.objectContaining(byAda())] });
    expect(JSON.stringify(moved.here)).not.toContain(other);
    const nowhere = await rowsOfDoing('auth.switchWorkspace', () =>
      client.post('/v1/auth/workspace', { workspaceId: 'ws_none' }),
    );
    expect(nowhere).toEqual({ here: [], there: [] });
    const signOut = await rowsOfDoing('auth.signOut', () => expectOk(client.post('/v1/auth/sign-out')));
    expect(signOut).toEqual({ here: [], there: [expect.objectContaining(byAda())] });
    const again = await rowsOfDoing('auth.signOut', () => expectOk(client.post('/v1/auth/sign-out')));
    expect(again).toEqual({ here: [], there: [] });
  });

  it('a failed sign-in of a member is told of in each of their workspaces, without what was typed', async () => {
    const { here, there } = await rowsOfDoing('auth.signIn', async () => {
      expectError(
        await new PersonClient(world.server.url).signIn({ email: ADA, password: WRONG }),
        401,
        'UNAUTHORIZED',
      );
    });
    for (const rows of [here, there]) {
      expect(rows).toEqual([
        expect.objectContaining({
          actor: { kind: 'anonymous', id: null },
          target: { kind: 'person', id: adaId },
          outcome: 'refused',
          after: { failuresWithinTheHour: 1 },
          address: '127.0.0.1',
        }),
      ]);
      expect(JSON.stringify(rows)).not.toContain(WRONG);
    }
    const all = (await newest('actorKind=anonymous&limit=100')).length;
    await new PersonClient(world.server.url).signIn({ email: 'nobody@example.com', password: WRONG });
    expect((await newest('actorKind=anonymous&limit=100')).length).toBe(all);
  });

  it('the second factor and the password are told of in each of their workspaces', async () => {
    const everywhere = async (action: string, work: () => Promise<unknown>) => {
      const { here, there } = await rowsOfDoing(action, work);
      expect([here, there], action).toEqual([[expect.objectContaining(byAda())], [expect.objectContaining(byAda())]]);
    };
    const secrets: string[] = [];
    await earlyInStep();
    let secret = '';
    await everywhere('auth.startSecondFactor', async () => {
      secret = String((await expectOk(ada.post('/v1/auth/second-factor', { password: PASSWORD })))['secret']);
    });
    let codes: string[] = [];
    const codesOf = async (reply: ReturnType<PersonClient['post']>) =>
      [(await expectOk(reply))['recoveryCodes']].flat().map(String);
    await everywhere('auth.confirmSecondFactor', async () => {
      const code = totpCode(secret, stepAt(new Date()));
      codes = await codesOf(ada.post('/v1/auth/second-factor/confirm', { code }));
    });
    secrets.push(secret, ...codes);
    await everywhere('auth.renewRecoveryCodes', async () => {
      const proof = { password: PASSWORD, code: codes[0] };
      codes = await codesOf(ada.post('/v1/auth/second-factor/recovery-codes', proof));
    });
    secrets.push(...codes);
    await everywhere('auth.stopSecondFactor', () =>
      expectOk(ada.post('/v1/auth/second-factor/stop', { password: PASSWORD, code: codes[0] })),
    );
    await everywhere('auth.changePassword', () =>
      expectOk(ada.post('/v1/auth/password', { password: PASSWORD, newPassword: OTHER_PASSWORD })),
    );
    const log = await inOther((client) => client.get('/v1/audit/export?format=jsonl'));
    for (const one of [...secrets, PASSWORD, OTHER_PASSWORD]) expect(log.text).not.toContain(one);
  });

  it('a wrong password given again by someone signed in is told of as a refusal of what they asked for', async () => {
    const { here } = await rowsOfDoing('auth.changePassword', () =>
      ada.post('/v1/auth/password', { password: WRONG, newPassword: PASSWORD }),
    );
    expect(here).toEqual([expect.objectContaining({ outcome: 'refused', actor: { kind: 'anonymous', id: null } })]);
  });

  it('a reset is told of: that a link was asked for, and that it was used', async () => {
    const asked = await rowsOfDoing('auth.requestReset', async () => {
      await expectOk(world.owner.post('/v1/auth/reset-requests', { email: ADA }));
      await expect.poll(() => world.smtp.mailsTo(ADA).length, { timeout: 30_000 }).toBe(1);
    });
    const stranger = expect.objectContaining({ actor: { kind: 'anonymous', id: null }, outcome: 'done' });
    expect(asked).toEqual({ here: [stranger], there: [stranger] });
    const token = /reset#([\w-]+)/.exec(world.smtp.mailsTo(ADA)[0] ?? '')?.[1] ?? '';
    const used = await rowsOfDoing('auth.resetPassword', () =>
      expectOk(new PersonClient(world.server.url).post('/v1/auth/resets', { token, newPassword: PASSWORD })),
    );
    const own = expect.objectContaining(byAda());
    expect(used).toEqual({ here: [own], there: [own] });
    expect((await world.owner.get('/v1/audit/export')).text).not.toContain(token);
    const twice = await rowsOfDoing('auth.resetPassword', () =>
      new PersonClient(world.server.url).post('/v1/auth/resets', { token, newPassword: PASSWORD }),
    );
    expect(twice).toEqual({ here: [], there: [] });
  });

  it('guessing fills the log with a few rows, not one for each guess', async () => {
    const count = async () =>
      (await newest(`action=auth.signIn&targetId=${adaId}&actorKind=anonymous&limit=100`)).length;
    const from = await count();
    const guess = () => new PersonClient(world.server.url).signIn({ email: ADA, password: WRONG });
    // The counts go on over a restart; these stand for the failures of an hour.
    await world.withDb((db) => db.query(`update sign_in_failure set failures = 29`));
    for (let i = 0; i < 2; i++) expectError(await guess(), 401, 'UNAUTHORIZED');
    expect(await count()).toBe(from);
    expectError(await guess(), 401, 'UNAUTHORIZED');
    expect(await count()).toBe(from + 1);
  });

  it('every route that changes something was seen to be told of, and what the team does to people', async () => {
    const { link, id } = await expectOk(
      world.owner.post('/v1/invitations', { email: 'bob@example.com', role: 'viewer' }),
    );
    const bob = new PersonClient(world.server.url);
    await expectOk(bob.post('/v1/auth/invitations/accept', { token: tokenOf(link), password: PASSWORD }));
    const bobId = await idOf(bob);
    await expectOk(world.owner.call('PATCH', `/v1/members/${bobId}`, { role: 'agent' }));
    await expectOk(world.owner.call('DELETE', `/v1/members/${bobId}`));
    const [removed, changed] = await newest(`targetId=${bobId}`);
    const owner = { kind: 'person', id: await idOf(world.owner) };
    expect(removed).toMatchObject({ action: 'members.remove', actor: owner, before: { role: 'agent' }, after: null });
    expect(changed).toMatchObject({ actor: owner, before: { role: 'viewer' }, after: { role: 'agent' } });
    expect(await newest(`targetId=${id}`)).toMatchObject([{ action: 'members.invite', after: { role: 'viewer' } }]);
    const linesOf = async (client: PersonClient) =>
      (await client.get('/v1/audit/export?format=jsonl')).text.trim().split('\n');
    const log = [...(await linesOf(world.owner)), ...(await inOther(linesOf))];
    const seen = new Set(log.map((line) => JSON.parse(line).action));
    const changing = authRoutes.filter(({ http }) => http.method !== 'GET').map((route) => route.id);
    expect(changing.filter((route) => !seen.has(route))).toEqual([]);
    expect(log.join()).not.toContain(tokenOf(link));
  });
});
