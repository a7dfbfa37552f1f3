import { randomUUID } from 'node:crypto';
import type { ControlClient } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550401';
const ADA = '+15550402';
const BEN = '+15550403';
const SHY = '+15550404';
const NOBODY = '+15550499';
const PATIENT = { timeout: 60_000 };

let server: TestServer;
let control: ControlClient;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start();
  control = await sandboxControl(server.dataDir);
  deviceId = await linkSandboxDevice(server.api, SHOP);
  for (const phone of [ADA, BEN, SHY]) await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
  await control.call('accounts.onlyByInvite', { number: SHY, on: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const create = (subject: string, members: string[], key?: string) =>
  server.api.post('/v1/groups', { deviceId, subject, members }, key === undefined ? {} : { 'idempotency-key': key });
const get = (id: unknown) => expectOk(server.api.get(`/v1/groups/${id}`));
const until = (id: unknown, done: (body: Json) => boolean) => server.api.until(`/v1/groups/${id}`, done);
const listOf = (body: Json, name: string): Json[] => rowsOf({ data: body[name] });
const members = (group: Json) => listOf(group, 'members').map((one) => `${one['phone']} ${one['role']}`);
const statuses = (body: Json) =>
  Object.fromEntries(listOf(body, 'results').map((one) => [one['member'], one['status']]));
const addressOf = (group: Json) => `${group['whatsappId']}@g.us`;
const eventsOf = async (id: unknown) =>
  rowsOf(
    await expectOk(
      server.api.get(
        '/v1/events?limit=100&types=group.created,group.updated,group.participants_changed,group.left,group.joined',
      ),
    ),
  )
    .map((event) => ({ type: event['type'], data: objectOf(event, 'data') }))
    .filter(({ data }) => data['groupId'] === id || objectOf(data, 'group')['id'] === id);

describe('a group', () => {
  it('is made on WhatsApp with who could be added, found at its Location and listed', async () => {
    const made = await create('Team', [ADA, SHY, NOBODY]);
    expect(made.status, made.text).toBe(201);
    const group = made.body;
    expect(made.headers.get('location')).toBe(`/v1/groups/${group['id']}`);
    expect(group).toMatchObject({ deviceId, subject: 'Team', role: 'owner', memberCount: 2, leftAt: null });
    expect(members(group)).toEqual([`${SHOP} owner`, `${ADA} member`]);
    expect(statuses(group)).toEqual({ [ADA]: 'done', [SHY]: 'invite_needed', [NOBODY]: 'not_on_whatsapp' });
    const { results: _results, ...whole } = group;
    expect(await get(group['id'])).toEqual(whole);
    const { members: _members, ...listed } = whole;
    expect(rowsOf(await expectOk(server.api.get(`/v1/groups?deviceId=${deviceId}`)))).toContainEqual(listed);
    expect((await eventsOf(group['id'])).map(({ type }) => type)).toEqual(['group.created']);
    const there = await control.call('groups.get', { group: addressOf(group) });
    expect(there.members).toEqual([
      { number: SHOP, role: 'superadmin' },
      { number: ADA, role: 'member' },
    ]);
  });

  it('is made once for an Idempotency-Key, by twins too', async () => {
    const key = randomUUID();
    const twins = await Promise.all([create('Once', [ADA], key), create('Once', [ADA], key)]);
    expect(twins.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(twins.map((reply) => errorOf(reply)['code'])).toContain('IDEMPOTENCY_IN_PROGRESS');
    const again = await create('Once', [ADA], key);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body['id']).toBe(twins.find(({ status }) => status === 201)?.body['id']);
    const other = await create('Other', [ADA], key);
    expect([other.status, errorOf(other)['code']]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    const { groups } = await control.call('groups.of', { number: SHOP });
    expect(groups.filter(({ subject }) => subject === 'Once')).toHaveLength(1);
  });

  it('takes new settings, and tells of each change once', async () => {
    const { id } = await expectOk(create('Settings', [ADA]));
    const patch = (body: Json) => server.api.call('PATCH', `/v1/groups/${id}`, body);
    const change = {
      subject: 'Set',
      description: 'Why it is there',
      announce: true,
      locked: true,
      memberAdd: 'all',
      joinApproval: true,
      ephemeralSeconds: 604_800,
    };
    expect(await expectOk(patch(change))).toMatchObject(change);
    expect(await expectOk(patch({ announce: false }))).toMatchObject({ ...change, announce: false });
    const changes = (await eventsOf(id))
      .filter(({ type }) => type === 'group.updated')
      .map(({ data }) => data['changed']);
    expect(changes).toEqual([Object.keys(change), ['announce']]);
    for (const [bad, param] of [
      [{}, undefined],
      [{ ephemeralSeconds: 5 }, 'ephemeralSeconds'],
      [{ subject: '' }, 'subject'],
      [{ colour: 'red' }, 'colour'],
    ] as const) {
      const reply = await patch(bad);
      expect([reply.status, errorOf(reply)['code']]).toEqual([400, 'VALIDATION_ERROR']);
      if (param) expect(errorOf(reply)['param']).toBe(param);
    }
  });

  it('adds, promotes, demotes and removes members with a result for each', async () => {
    const { id } = await expectOk(create('Members', [ADA]));
    const act = async (action: string, ...named: string[]) =>
      expectOk(server.api.post(`/v1/groups/${id}/members`, { action, members: named }));
    expect(statuses(await act('add', BEN, ADA, SHY, NOBODY))).toEqual({
      [BEN]: 'done',
      [ADA]: 'already_member',
      [SHY]: 'invite_needed',
      [NOBODY]: 'not_on_whatsapp',
    });
    expect(members(objectOf(await act('promote', BEN), 'group'))).toEqual([
      `${SHOP} owner`,
      `${BEN} admin`,
      `${ADA} member`,
    ]);
    await act('demote', BEN);
    expect(statuses(await act('remove', BEN, NOBODY))).toEqual({ [BEN]: 'done', [NOBODY]: 'not_a_member' });
    expect(members(await get(id))).toEqual([`${SHOP} owner`, `${ADA} member`]);
    const told = (await eventsOf(id)).filter(({ type }) => type === 'group.participants_changed');
    const phones = (list: unknown) => rowsOf({ data: list }).map((one) => one['phone']);
    expect(
      told.map(({ data }) => ['added', 'promoted', 'demoted', 'removed'].map((name) => phones(data[name]))),
    ).toEqual([
      [[BEN], [], [], []],
      [[], [BEN], [], []],
      [[], [], [BEN], []],
      [[], [], [], [BEN]],
    ]);
  });

  it('takes messages by its id, in one chat with what its members write', async () => {
    const group = await expectOk(create('Chat', [ADA]));
    const body = { deviceId, to: group['id'], type: 'text', text: { body: 'hello group' } };
    const sent = await expectOk(server.api.post('/v1/messages', body));
    await server.api.until(`/v1/messages/${sent['id']}`, (m) => ['sent', 'delivered'].includes(String(m['status'])));
    await control.call('phones.expect', { number: ADA, text: 'hello group', chat: addressOf(group) });
    await control.call('phones.send', { number: ADA, to: addressOf(group), text: 'hello shop' });
    const arrived = await server.api.until(
      `/v1/messages?conversationId=${sent['conversationId']}&direction=inbound`,
      (list) => rowsOf(list).length === 1,
    );
    expect(rowsOf(arrived)[0]).toMatchObject({ text: { body: 'hello shop' } });
    expect(await get(group['id'])).toMatchObject({ conversationId: sent['conversationId'] });
    const second = await expectOk(server.api.post('/v1/messages', body));
    expect(second['conversationId']).toBe(sent['conversationId']);
    await expectOk(server.api.post(`/v1/conversations/${sent['conversationId']}/read`));
    const read = async () =>
      (await control.call('phones.receipts', { number: ADA })).receipts.some(
        ({ type, chat }) => type === 'read' && chat === addressOf(group),
      );
    await expect.poll(read, PATIENT).toBe(true);
  });

  it('follows what is done on phones: renamed, left, joined by the link', async () => {
    const group = await expectOk(create('Followed', [ADA]));
    const { id } = group;
    await control.call('groups.subject', { number: ADA, group: addressOf(group), subject: 'Renamed by Ada' });
    await until(id, (body) => body['subject'] === 'Renamed by Ada');
    await control.call('groups.leave', { number: ADA, group: addressOf(group) });
    await until(id, (body) => body['memberCount'] === 1);
    const back = await expectOk(server.api.post(`/v1/groups/${id}/members`, { action: 'add', members: [ADA] }));
    expect(statuses(back)).toEqual({ [ADA]: 'recently_left' });
    const { link } = await expectOk(server.api.get(`/v1/groups/${id}/invite`));
    await control.call('groups.join', { number: ADA, code: String(link).split('/').at(-1) ?? '' });
    await until(id, (body) => body['memberCount'] === 2);
    const renewed = await expectOk(server.api.post(`/v1/groups/${id}/invite/revoke`));
    expect(renewed['link']).not.toBe(link);
  });

  it('lets in who asks, or not', async () => {
    const group = await expectOk(create('Door', [ADA]));
    const path = `/v1/groups/${group['id']}`;
    await expectOk(server.api.call('PATCH', path, { joinApproval: true }));
    const { link } = await expectOk(server.api.get(`${path}/invite`));
    const code = String(link).split('/').at(-1) ?? '';
    for (const number of [BEN, SHY]) await control.call('groups.join', { number, code });
    const { requests } = await expectOk(server.api.get(`${path}/join-requests`)).then(Object);
    expect(requests.map((one: Json) => one['phone'])).toEqual([BEN, SHY]);
    const decide = (decision: string, who: string) =>
      expectOk(server.api.post(`${path}/join-requests`, { decision, members: [who] }));
    expect(statuses(await decide('approve', BEN))).toEqual({ [BEN]: 'done' });
    const rejected = await decide('reject', SHY);
    expect(members(objectOf(rejected, 'group'))).toEqual([`${SHOP} owner`, `${ADA} member`, `${BEN} member`]);
    expect(Object(await expectOk(server.api.get(`${path}/join-requests`)))['requests']).toEqual([]);
  });

  it('that others make is there, and is left, joined again and refused to who is no admin', async () => {
    const { jid } = await control.call('groups.create', { subject: 'Of Ben', members: [BEN, SHOP] });
    const isIt = (row: Json) => row['whatsappId'] === jid.split('@')[0];
    const listed = await server.api.until('/v1/groups', (body) => rowsOf(body).some(isIt));
    const id = rowsOf(listed).find(isIt)?.['id'];
    expect(await get(id)).toMatchObject({ subject: 'Of Ben', role: 'member', memberCount: 2 });
    const refused = await server.api.post(`/v1/groups/${id}/members`, { action: 'add', members: [ADA] });
    expect([refused.status, errorOf(refused)['code'], errorOf(refused)['details']]).toEqual([
      409,
      'CONFLICT',
      [{ param: 'whatsapp', message: 'WhatsApp answered 403' }],
    ]);
    expect(await expectOk(server.api.post(`/v1/groups/${id}/leave`))).toMatchObject({
      leftAt: expect.any(String),
      role: null,
      memberCount: 0,
    });
    for (const reply of [
      await server.api.post(`/v1/groups/${id}/leave`),
      await server.api.post('/v1/messages', { deviceId, to: id, type: 'text', text: { body: 'x' } }),
    ])
      expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'CONFLICT']);
    const { invite } = await control.call('groups.get', { group: jid });
    const joined = await expectOk(
      server.api.post('/v1/groups/join', { deviceId, link: `https://chat.whatsapp.com/${invite}` }),
    );
    expect(joined).toMatchObject({ status: 'joined', group: { id, leftAt: null, memberCount: 2 } });
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['group.created', 'group.left', 'group.joined']);
    await control.call('groups.members', { number: BEN, group: jid, action: 'remove', members: [SHOP] });
    await until(id, (body) => body['leftAt'] !== null);
    const wrong = await server.api.post('/v1/groups/join', { deviceId, link: 'no link at all' });
    expect([wrong.status, errorOf(wrong)['param']]).toEqual([400, 'link']);
  });

  it('that the account was removed from takes no messages, by whichever of its ids', async () => {
    const group = await expectOk(create('Removed', [ADA]));
    const message = (to: unknown) => ({ deviceId, to, type: 'text', text: { body: 'still there?' } });
    const { conversationId } = await expectOk(server.api.post('/v1/messages', message(group['id'])));
    await expectOk(server.api.post(`/v1/groups/${group['id']}/members`, { action: 'promote', members: [ADA] }));
    await control.call('groups.members', { number: ADA, group: addressOf(group), action: 'remove', members: [SHOP] });
    await until(group['id'], (body) => body['leftAt'] !== null);
    const refusal = { code: 'CONFLICT', message: 'the account is not in this group', param: 'to' };
    const ids = [group['id'], conversationId];
    for (const to of ids) {
      const reply = await server.api.post('/v1/messages', message(to));
      expect(reply.status).toBe(409);
      expect(errorOf(reply)).toMatchObject(refusal);
    }
    const batch = await server.api.post('/v1/messages/batch', { messages: ids.map(message) });
    expect(rowsOf(batch.body).map((row) => objectOf(row, 'error'))).toMatchObject([refusal, refusal]);
  });

  it('that changed while the device was away is right once it is back', async () => {
    const [kept, lost] = [await expectOk(create('Kept', [ADA, BEN])), await expectOk(create('Lost', [ADA, BEN]))];
    for (const one of [kept, lost])
      await expectOk(server.api.post(`/v1/groups/${one['id']}/members`, { action: 'promote', members: [ADA] }));
    // Nothing of it reaches the device, as when WhatsApp has dropped what waited too long.
    await control.call('faults.set', { rejectLogin: 503 });
    await control.call('connections.kick', { number: SHOP });
    await server.api.until(`/v1/devices/${deviceId}`, (body) => body['state'] !== 'connected');
    await control.call('groups.subject', { number: ADA, group: addressOf(kept), subject: 'Kept and renamed' });
    await control.call('groups.members', { number: ADA, group: addressOf(lost), action: 'remove', members: [SHOP] });
    await control.call('faults.clear', {});
    await until(kept['id'], (body) => body['subject'] === 'Kept and renamed');
    await until(lost['id'], (body) => body['leftAt'] !== null);
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
