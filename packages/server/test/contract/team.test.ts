import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPerson } from '../../src/features/members/person-store.ts';
import { insertMembership } from '../../src/features/members/store.ts';
import { stepAt, totpCode } from '../../src/features/members/totp.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey, loadMasterKey } from '../../src/platform/crypto/master-key.ts';
import { newId } from '../../src/platform/ids.ts';
import { type Json, objectOf, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { expectError, OTHER_PASSWORD, PeopleWorld, tokenOf } from '../kit/people.ts';
import { earlyInStep, join, PASSWORD, PersonClient, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';

describe.each(DATABASE_KINDS)('the team on %s', (kind) => {
  let world: PeopleWorld;
  let otherWorkspace: string;
  beforeAll(async () => {
    world = await PeopleWorld.start(kind);
    const { person } = await expectOk(world.owner.get('/v1/auth/session'));
    const personId = String(objectOf({ person }, 'person')['id']);
    otherWorkspace = await world.withDb(async (db) => {
      const id = newId('ws');
      const dataKey = createWrappedDataKey(await loadMasterKey(world.storage.dataDir, undefined), id);
      await insertWorkspace(db, { id, name: 'Second', plan: 'free', dataKey });
      await insertMembership(db, { workspaceId: id, personId, role: 'viewer' });
      return id;
    });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  describe('an invitation', () => {
    const invite = (email: string, role = 'viewer') => world.owner.post('/v1/invitations', { email, role });
    const accept = (link: unknown, extra: Json = {}) =>
      new PersonClient(world.server.url).post('/v1/auth/invitations/accept', {
        token: tokenOf(link),
        password: PASSWORD,
        ...extra,
      });

    it('is open once to one address, and its link works once', async () => {
      const { link } = await expectOk(invite('once@example.com'));
      expectError(await invite('Once@example.com'), 409, 'CONFLICT');
      expectError(await accept(link, { password: 'short' }), 400, 'VALIDATION_ERROR');
      expect(await expectOk(accept(link))).toMatchObject({ role: 'viewer', workspaceId: world.server.workspaceId });
      expectError(await accept(link), 404, 'NOT_FOUND');
      expectError(await invite('once@example.com'), 409, 'CONFLICT');
    });

    it('does not work once revoked, and is not shown again', async () => {
      const made = await expectOk(invite('revoked@example.com'));
      const listed = rowsOf(await expectOk(world.owner.get('/v1/invitations')));
      expect(listed.find((row) => row['id'] === made['id'])).toMatchObject({ email: 'revoked@example.com' });
      expect(JSON.stringify(listed)).not.toContain(tokenOf(made['link']));
      expect((await world.owner.call('DELETE', `/v1/invitations/${made['id']}`)).status).toBe(204);
      expectError(await accept(made['link']), 404, 'NOT_FOUND');
      expectError(await world.owner.call('DELETE', `/v1/invitations/${made['id']}`), 404, 'NOT_FOUND');
    });

    it('lets two who accept it at once in once', async () => {
      const { link } = await expectOk(invite('race@example.com'));
      const replies = await Promise.all([accept(link), accept(link), accept(link)]);
      expect(replies.map((reply) => reply.status).filter((status) => status === 200)).toHaveLength(1);
      const members = rowsOf(await expectOk(world.owner.get('/v1/members?limit=100')));
      expect(members.filter((member) => member['email'] === 'race@example.com')).toHaveLength(1);
    });

    it('asks someone with an account for its password', async () => {
      const email = 'returning@example.com';
      const client = await join(world.owner, email, 'agent');
      const { person } = await expectOk(client.get('/v1/auth/session'));
      const personId = String(objectOf({ person }, 'person')['id']);
      expect((await world.owner.call('DELETE', `/v1/members/${personId}`)).status).toBe(204);
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
      const client = await join(world.owner, 'promoted@example.com', 'viewer');
      const create = () => client.post('/v1/devices', { label: 'Mine' });
      expectError(await create(), 403, 'FORBIDDEN', 'role');
      await expectOk(setRole(world.owner, await idOf(client), 'admin'));
      expect((await create()).status).toBe(201);
    });

    it('only an owner makes, changes or removes an owner; a key does not', async () => {
      const admin = await join(world.owner, 'admin-roles@example.com', 'admin');
      const second = await join(world.owner, 'owner-roles@example.com', 'owner');
      const [adminId, secondId] = [await idOf(admin), await idOf(second)];
      expectError(await setRole(admin, adminId, 'owner'), 403, 'FORBIDDEN', 'role');
      expectError(await setRole(admin, secondId, 'viewer'), 403, 'FORBIDDEN', 'role');
      expectError(await admin.call('DELETE', `/v1/members/${secondId}`), 403, 'FORBIDDEN', 'role');
      const invited = { email: 'new-owner@example.com', role: 'owner' };
      expectError(await admin.post('/v1/invitations', invited), 403, 'FORBIDDEN', 'role');
      expectError(await world.server.api.post('/v1/invitations', invited), 403, 'FORBIDDEN', 'role');
      await expectOk(setRole(world.owner, secondId, 'agent'));
    });

    it('the last owner stays one', async () => {
      const id = await idOf(world.owner);
      expectError(await setRole(world.owner, id, 'viewer'), 409, 'CONFLICT');
      expectError(await world.owner.call('DELETE', `/v1/members/${id}`), 409, 'CONFLICT');
    });

    it('of two owners who leave at the same time, one stays', async () => {
      const second = await join(world.owner, 'second-owner@example.com', 'owner');
      const [ids, clients] = [
        [await idOf(world.owner), await idOf(second)],
        [world.owner, second],
      ];
      const replies = await Promise.all(clients.map((client, i) => setRole(client, ids[i] ?? '', 'admin')));
      expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
      const owners = rowsOf(await expectOk(world.server.api.get('/v1/members?role=owner')));
      expect(owners).toHaveLength(1);
      // The first one is the owner of the tests that follow.
      const winner = replies[0]?.status === 409 ? world.owner : second;
      await expectOk(setRole(winner, ids[0] ?? '', 'owner'));
      await expectOk(setRole(world.owner, ids[1] ?? '', 'agent'));
    });
  });

  it('a second factor outlasts the workspace it was set up in', async () => {
    const email = 'mover@example.com';
    const client = await join(world.owner, email, 'agent');
    const { secret } = await expectOk(client.post('/v1/auth/second-factor', { password: PASSWORD }));
    const code = (off: number) => totpCode(String(secret), stepAt(new Date()) + off);
    await earlyInStep();
    await expectOk(client.post('/v1/auth/second-factor/confirm', { code: code(-1) }));
    const { person } = await expectOk(client.get('/v1/auth/session'));
    const personId = String(objectOf({ person }, 'person')['id']);
    await world.withDb((db) => insertMembership(db, { workspaceId: otherWorkspace, personId, role: 'agent' }));
    expect((await world.owner.call('DELETE', `/v1/members/${personId}`)).status).toBe(204);
    const there = await signedIn(world.server.url, { email, password: PASSWORD, code: code(0) });
    expect(await expectOk(there.get('/v1/auth/session'))).toMatchObject({ workspaceId: otherWorkspace });
    const moved = await world.withDb((db) => findPerson(db, personId));
    expect(moved?.totp_workspace_id).toBe(otherWorkspace);
    await signedIn(world.server.url, { email, password: PASSWORD, code: code(1) });
  });

  it('a person of several workspaces has the role of the one they work in', async () => {
    const client = await signedIn(world.server.url, world.server.owner);
    const go = (workspaceId: string) => client.post('/v1/auth/workspace', { workspaceId });
    expect(await expectOk(go(otherWorkspace))).toMatchObject({ workspaceId: otherWorkspace, role: 'viewer' });
    expectError(await client.post('/v1/devices', { label: 'No' }), 403, 'FORBIDDEN', 'role');
    expect(rowsOf(await expectOk(client.get('/v1/members'))).map((row) => row['role'])).toEqual(['agent', 'viewer']);
    expectError(await go('ws_01jd8k3v5q7w9x2y4z6a8b0c1d'), 404, 'NOT_FOUND');
    expect(await expectOk(go(world.server.workspaceId))).toMatchObject({ role: 'owner' });
    const there = await signedIn(world.server.url, { ...world.server.owner, workspaceId: otherWorkspace });
    expect(await expectOk(there.get('/v1/auth/session'))).toMatchObject({ workspaceId: otherWorkspace });
    const nowhere = { ...world.server.owner, workspaceId: 'ws_01jd8k3v5q7w9x2y4z6a8b0c1d' };
    expectError(await new PersonClient(world.server.url).signIn(nowhere), 403, 'FORBIDDEN', 'workspaceId');
  });

  it('a person sees and ends their sessions wherever they work; others see those that work with them', async () => {
    const email = 'everywhere@example.com';
    const here = await join(world.owner, email, 'agent');
    const { person } = await expectOk(here.get('/v1/auth/session'));
    const personId = String(objectOf({ person }, 'person')['id']);
    await world.withDb((db) => insertMembership(db, { workspaceId: otherWorkspace, personId, role: 'agent' }));
    const back = here.at(world.server.url);
    const there = await signedIn(world.server.url, { email, password: PASSWORD, workspaceId: otherWorkspace });
    const { session } = await expectOk(there.get('/v1/auth/session'));
    const id = String(objectOf({ session }, 'session')['id']);
    const listed = async (client: PersonClient, query = '') =>
      rowsOf(await expectOk(client.get(`/v1/sessions?limit=100${query}`))).map((row) => row['id']);
    expect(await listed(back)).toContain(id);
    expect(await listed(back)).toHaveLength(2);
    expect(await listed(world.owner, `&personId=${personId}`)).toHaveLength(1);
    expect(await listed(world.owner, `&personId=${personId}`)).not.toContain(id);
    expectError(await world.owner.call('DELETE', `/v1/sessions/${id}`), 404, 'NOT_FOUND');
    expect((await back.call('DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    expectError(await there.get('/v1/devices'), 401, 'UNAUTHORIZED');
    expect((await back.get('/v1/devices')).status).toBe(200);
  });

  it('tells of every change of people in the log, without a secret', async () => {
    let path = '/v1/events?limit=100';
    const events: Json[] = [];
    for (;;) {
      const body = await expectOk(world.server.api.get(path));
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
