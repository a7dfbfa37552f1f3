import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, type Json, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { join, type PersonClient } from '../kit/person.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const WIRED = '+15550007000';

let server: TestServer;
let deviceId: string;
let number = 0;

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = await linkSandboxDevice(server.api, SHOP);
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (to: unknown, extra: Json = {}, api: ApiClient = server.api) =>
  api.post('/v1/messages', { deviceId, to, type: 'text', text: { body: 'Hello' }, ...extra });
const contact = (id: unknown, verb: string) => server.api.post(`/v1/contacts/${id}/${verb}`);

/** A simulated person with a contact in the workspace. */
async function someone(): Promise<{ phone: string; message: Json }> {
  number += 1;
  const phone = `+1555000${3_000 + number}`;
  await expectOk(server.api.post('/v1/sandbox/phones', { phone, autoRead: true }));
  const { id } = await expectOk(post(phone));
  return { phone, message: await server.api.until(`/v1/messages/${id}`, (m) => m['status'] === 'read') };
}

function expectOptedOut(reply: Reply): void {
  expect([reply.status, errorOf(reply)['code'], errorOf(reply)['param']]).toEqual([403, 'RECIPIENT_OPTED_OUT', 'to']);
}

const shownTo = async (phone: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${phone}/messages`))).length;

describe('a contact that opted out', () => {
  it('gets nothing more, under its number, its id or its conversation', async () => {
    const { phone, message } = await someone();
    const out = await expectOk(contact(message['contactId'], 'opt-out'));
    expect(Date.parse(String(out['optedOutAt']))).toBeGreaterThan(Date.now() - 60_000);
    for (const to of [phone, message['contactId'], message['conversationId']]) expectOptedOut(await post(to));
    expect(await expectOk(server.api.get(`/v1/contacts/${message['contactId']}`))).toEqual(out);
    expect(await shownTo(phone)).toBe(1);
  });

  it('gets what is marked transactional', async () => {
    const { message } = await someone();
    await expectOk(contact(message['contactId'], 'opt-out'));
    const { id, transactional } = await expectOk(post(message['contactId'], { transactional: true }));
    expect(transactional).toBe(true);
    await server.api.until(`/v1/messages/${id}`, (m) => m['status'] === 'read');
  });

  it('may be written to again after it opted in', async () => {
    const { phone, message } = await someone();
    await expectOk(contact(message['contactId'], 'opt-out'));
    const back = await expectOk(contact(message['contactId'], 'opt-in'));
    expect(back['optedOutAt']).toBeNull();
    const { id } = await expectOk(post(phone));
    await server.api.until(`/v1/messages/${id}`, (m) => m['status'] === 'read');
  });

  it('does not get what was waiting for the device: that fails and says why', async () => {
    const { phone, message } = await someone();
    const later = String((await expectOk(server.api.post('/v1/devices', { label: 'B', network: 'sandbox' })))['id']);
    const held = await expectOk(post(phone, { deviceId: later, requireOnline: false }));
    expect(held['status']).toBe('held');
    await expectOk(contact(message['contactId'], 'opt-out'));
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: WIRED }));
    await expectOk(server.api.post(`/v1/devices/${later}/link`, { method: 'qr' }));
    const { qr } = await expectOk(server.api.get(`/v1/devices/${later}/qr`));
    await expectOk(server.api.post(`/v1/sandbox/phones/${WIRED}/scan`, { qr }));
    const failed = await server.api.until(`/v1/messages/${held['id']}`, (m) => m['status'] === 'failed');
    expect(objectOf(failed, 'error')['code']).toBe('RECIPIENT_OPTED_OUT');
    // The chat goes on behind it.
    const next = await expectOk(post(phone, { deviceId: later, transactional: true }));
    await server.api.until(`/v1/messages/${next['id']}`, (m) => m['status'] === 'read');
    expect(await shownTo(phone)).toBe(2);
  });
});

it('tells of an opt-out once, however often it is said', async () => {
  const { message } = await someone();
  const id = message['contactId'];
  const first = await expectOk(contact(id, 'opt-out'));
  expect(await expectOk(contact(id, 'opt-out'))).toEqual(first);
  await expectOk(contact(id, 'opt-in'));
  await expectOk(contact(id, 'opt-in'));
  const told = async () =>
    rowsOf(await expectOk(server.api.get('/v1/events?types=contact.opted_out,contact.opted_in&limit=100')))
      .filter(({ data }) => objectOf(objectOf({ data }, 'data'), 'contact')['id'] === id)
      .map(({ type }) => type);
  await expect.poll(told).toEqual(['contact.opted_out', 'contact.opted_in']);
});

it('a refused send leaves its Idempotency-Key free', async () => {
  const { message } = await someone();
  await expectOk(contact(message['contactId'], 'opt-out'));
  const once = () => server.api.post('/v1/messages', bodyTo(message['contactId']), { 'idempotency-key': 'consent-1' });
  expectOptedOut(await once());
  await expectOk(contact(message['contactId'], 'opt-in'));
  const sent = await once();
  expect([sent.status, sent.headers.get('idempotency-replayed')]).toEqual([202, null]);
});

const bodyTo = (to: unknown): Json => ({ deviceId, to, type: 'text', text: { body: 'Hello' } });

it('an unknown contact answers 404', async () => {
  for (const verb of ['opt-out', 'opt-in']) {
    const reply = await contact('con_01jd8k3v5q7w9x2y4z6a8b0c1d', verb);
    expect([reply.status, errorOf(reply)['param']]).toEqual([404, 'contactId']);
  }
});

describe('marking a message transactional', () => {
  const refusal = (reply: Reply) => [reply.status, errorOf(reply)['code'], [errorOf(reply)['details']].flat()];

  it.each([
    ['agent', 403],
    ['admin', 202],
  ])('is answered %s %d', async (role, status) => {
    const client: PersonClient = await join(server.api, `${role}@example.com`, role);
    const { message } = await someone();
    const reply = await post(message['contactId'], { transactional: true }, client);
    expect(reply.status).toBe(status);
    if (status !== 403) return;
    expect(refusal(reply)).toEqual([
      403,
      'FORBIDDEN',
      [{ param: 'role', message: 'transactional needs owner, admin' }],
    ]);
    expect((await post(message['contactId'], { transactional: false }, client)).status).toBe(202);
  });

  it('takes a scope of its own', async () => {
    const { dataDir } = server;
    const keyWith = async (scopes: string) => {
      const made = await runCli(['keys', 'create', '--name', 'K', '--scopes', scopes], { WAPING_DATA_DIR: dataDir });
      expect(made.code, made.err).toBe(0);
      return made.out.trim();
    };
    await server.stop();
    const keys = [await keyWith('messages:send'), await keyWith('messages:send,messages:transactional')];
    server = await server.again();
    const [plain, allowed] = keys.map((key) => new ApiClient(server.url, key));
    const { message } = await someone();
    const needs = [{ param: 'scope', message: 'transactional needs messages:transactional' }];
    expect(refusal(await post(message['contactId'], { transactional: true }, plain))).toEqual([
      403,
      'FORBIDDEN',
      needs,
    ]);
    expect((await post(message['contactId'], { transactional: true }, allowed)).status).toBe(202);
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
