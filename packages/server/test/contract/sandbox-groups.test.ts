import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const ADA = '+15550002000';
const BEN = '+15550002001';
const NOBODYS = '+15550009999';

let server: TestServer;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = await linkSandboxDevice(server.api, SHOP);
  for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone }));
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (path: string, body: Json) => server.api.post(`/v1/sandbox/${path}`, body);
const membersOf = (group: Json) =>
  rowsOf({ data: group['members'] })
    .map((one) => `${one['phone']} ${one['role']}`)
    .sort();

/** The device's own group of this WhatsApp id, once it is as wanted. */
async function onDevice(whatsappId: unknown, done: (group: Json) => boolean): Promise<Json> {
  const own = (body: Json) => rowsOf(body).find((one) => one['whatsappId'] === whatsappId && done(one));
  return own(await server.api.until(`/v1/groups?deviceId=${deviceId}`, (body) => own(body) !== undefined)) ?? {};
}

async function made(subject: string, phones: string[]): Promise<Json> {
  return expectOk(post('groups', { subject, phones }));
}

it('a group that phones make reaches the device among them, and every change of it', async () => {
  const group = await made('Neighbours', [ADA, SHOP]);
  expect(membersOf(group)).toEqual([`${SHOP} member`, `${ADA} owner`].sort());
  const { whatsappId } = group;
  const known = await onDevice(whatsappId, ({ subject }) => subject === 'Neighbours');
  expect(known).toMatchObject({ role: 'member', memberCount: 2 });

  const added = await expectOk(
    post(`groups/${whatsappId}/members`, { phone: ADA, action: 'add', members: [BEN, SHOP] }),
  );
  expect(rowsOf({ data: added['results'] }).map(({ status }) => status)).toEqual(['done', 'already']);
  await onDevice(whatsappId, ({ memberCount }) => memberCount === 3);

  await expectOk(post(`groups/${whatsappId}/members`, { phone: ADA, action: 'promote', members: [SHOP] }));
  await onDevice(whatsappId, ({ role }) => role === 'admin');

  const renamed = await server.api.call('PATCH', `/v1/sandbox/groups/${whatsappId}`, {
    phone: BEN,
    subject: 'Friends',
  });
  expect([renamed.status, renamed.body['subject']]).toEqual([200, 'Friends']);
  await onDevice(whatsappId, ({ subject }) => subject === 'Friends');

  expect(await expectOk(post(`groups/${whatsappId}/leave`, { phone: BEN }))).toEqual({ left: true });
  expect(await expectOk(post(`groups/${whatsappId}/leave`, { phone: BEN }))).toEqual({ left: false });
  await onDevice(whatsappId, ({ memberCount }) => memberCount === 2);
  await expectOk(post(`groups/${whatsappId}/members`, { phone: ADA, action: 'remove', members: [SHOP] }));
  await onDevice(whatsappId, ({ leftAt }) => leftAt !== null);
});

it('phones are made, write, call and make groups once for an Idempotency-Key', async () => {
  const group = { subject: 'Once', phones: [ADA, BEN] };
  for (const [path, body, other, id] of [
    ['phones', { phone: '+15550002009' }, { phone: '+15550002008' }, 'phone'],
    [`phones/${ADA}/messages`, { to: BEN, text: 'Once' }, { to: BEN, text: 'Twice' }, 'id'],
    [`phones/${ADA}/calls`, { to: BEN }, { to: SHOP }, 'id'],
    ['groups', group, { ...group, subject: 'Twice' }, 'whatsappId'],
  ] as const) {
    const send = (what: Json) => server.api.post(`/v1/sandbox/${path}`, what, { 'idempotency-key': 'once' });
    const [first, again] = [await send(body), await send(body)];
    expect([first.status, first.headers.get('idempotency-replayed')], first.text).toEqual([201, null]);
    expect([again.status, again.headers.get('idempotency-replayed')], path).toEqual([201, 'true']);
    expect(again.body).toEqual(first.body);
    expect(first.body[id]).toEqual(expect.any(String));
    expect(errorOf(await send(other))['code'], path).toBe('IDEMPOTENCY_CONFLICT');
  }
  const of = async (what: string) => rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${BEN}/${what}`)));
  expect((await of('messages')).filter(({ text }) => text === 'Once')).toHaveLength(1);
  expect(await of('calls')).toHaveLength(1);
  expect((await of('groups')).filter(({ subject }) => subject === 'Once')).toHaveLength(1);
});

it('a phone writes to a group it is in, and the device receives it there', async () => {
  const { whatsappId } = await made('Chat', [ADA, SHOP]);
  const { id } = await onDevice(whatsappId, () => true);
  await expectOk(post(`phones/${ADA}/messages`, { to: whatsappId, text: 'Good morning' }));
  const has = (body: Json) => rowsOf(body).find((one) => objectOf(one, 'text')['body'] === 'Good morning');
  const inbox = await server.api.until('/v1/messages?direction=inbound&limit=100', (body) => has(body) !== undefined);
  const group = await expectOk(server.api.get(`/v1/groups/${id}`));
  expect(has(inbox)?.['conversationId']).toBe(group['conversationId']);
  const outside = await post(`phones/${BEN}/messages`, { to: whatsappId, text: 'Let me in' });
  expect([outside.status, errorOf(outside)['code']]).toEqual([409, 'CONFLICT']);
});

it('a phone asks to join by the link, and is let in by the device', async () => {
  const members = [ADA];
  const own = await expectOk(server.api.post('/v1/groups', { deviceId, subject: 'By request', members }));
  await expectOk(server.api.call('PATCH', `/v1/groups/${own['id']}`, { joinApproval: true }));
  const { link } = await expectOk(server.api.get(`/v1/groups/${own['id']}/invite`));
  const asked = await expectOk(post(`phones/${BEN}/join-group`, { link }));
  expect(asked).toEqual({ whatsappId: own['whatsappId'], joined: false });
  const waiting = await expectOk(server.api.get(`/v1/sandbox/groups/${own['whatsappId']}`));
  expect([waiting['joinApproval'], waiting['requests']]).toEqual([true, [BEN]]);
  const decision = { decision: 'approve', members: [BEN] };
  await expectOk(server.api.post(`/v1/groups/${own['id']}/join-requests`, decision));
  const path = `/v1/sandbox/phones/${encodeURIComponent(BEN)}/groups`;
  await server.api.until(path, (body) => rowsOf(body).some((one) => one['whatsappId'] === own['whatsappId']));
});

it('a phone that may only be invited is not added', async () => {
  await expectOk(post(`phones/${BEN}/only-by-invite`, { on: true }));
  const { whatsappId } = await made('Private', [ADA]);
  const added = await expectOk(post(`groups/${whatsappId}/members`, { phone: ADA, action: 'add', members: [BEN] }));
  expect(added['results']).toEqual([{ phone: BEN, status: 'invite_needed' }]);
  await expectOk(post(`phones/${BEN}/only-by-invite`, { on: false }));
});

it('takes phones of the workspace alone, and says which are not', async () => {
  const reply = await post('groups', { subject: 'Strangers', phones: [ADA, NOBODYS] });
  expect([reply.status, errorOf(reply)['code'], errorOf(reply)['param']]).toEqual([404, 'NOT_FOUND', 'phones.1']);
  const { whatsappId } = await made('Ours', [ADA]);
  const add = await post(`groups/${whatsappId}/members`, { phone: ADA, action: 'add', members: [NOBODYS] });
  expect([add.status, errorOf(add)['param']]).toEqual([404, 'members.0']);
  const byOther = await post(`groups/${whatsappId}/members`, { phone: BEN, action: 'add', members: [SHOP] });
  expect(byOther.status).toBe(400);
  for (const id of ['120363000000000000', 'x', '1@g.us'])
    expect((await server.api.get(`/v1/sandbox/groups/${encodeURIComponent(id)}`)).status).toBe(404);
});
