import type { ControlClient } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550301';
const ADA = '+15550302';
const BEN = '+15550303';
const PATIENT = { timeout: 60_000 };

let server: TestServer;
let control: ControlClient;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start();
  control = await sandboxControl(server.dataDir);
  deviceId = await linkSandboxDevice(server.api, SHOP);
  for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
});
afterAll(() => server[Symbol.asyncDispose]());

const write = async (phone: string, text: string) => {
  const sent = await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/messages`, { to: SHOP, text }));
  return String(sent['id']);
};

/** The stored message of this text, once it is there. */
async function received(text: string): Promise<Json> {
  const isIt = (row: Json) => objectOf(row, 'text')['body'] === text;
  const body = await server.api.until('/v1/messages?direction=inbound', (list) => rowsOf(list).some(isIt));
  return rowsOf(body).find(isIt) ?? {};
}

const conversation = (id: unknown) => expectOk(server.api.get(`/v1/conversations/${id}`));
const readReceipts = async (phone: string) =>
  (await control.call('phones.receipts', { number: phone })).receipts.filter(({ type }) => type === 'read');
const events = async (type: string) => rowsOf(await expectOk(server.api.get(`/v1/events?types=${type}&limit=100`)));

describe('marking read', () => {
  it('resets the unread count, tells WhatsApp and the log, and does nothing the second time', async () => {
    await write(ADA, 'first');
    const id = await write(ADA, 'second');
    const message = await received('second');
    expect(await conversation(message['conversationId'])).toMatchObject({ unread: 2 });
    const read = () => expectOk(server.api.post(`/v1/conversations/${message['conversationId']}/read`));
    expect(await read()).toMatchObject({ id: message['conversationId'], unread: 0 });
    await expect.poll(async () => (await readReceipts(ADA)).map((one) => one.id), PATIENT).toContain(id);
    expect(await read()).toMatchObject({ unread: 0 });
    const told = await events('conversation.read');
    expect(told.map((event) => event['data'])).toEqual([
      { conversationId: message['conversationId'], deviceId, readUpTo: message['id'], unread: 0 },
    ]);
    await write(ADA, 'third');
    expect(await conversation((await received('third'))['conversationId'])).toMatchObject({ unread: 1 });
  });

  it('of one message leaves what came after it unread', async () => {
    for (const text of ['alpha', 'beta', 'gamma']) await write(BEN, text);
    await received('gamma');
    const beta = await received('beta');
    await expectOk(server.api.post(`/v1/messages/${beta['id']}/read`));
    expect(await conversation(beta['conversationId'])).toMatchObject({ unread: 1 });
    // An older one is read already: nothing moves backwards.
    await expectOk(server.api.post(`/v1/messages/${(await received('alpha'))['id']}/read`));
    expect(await conversation(beta['conversationId'])).toMatchObject({ unread: 1 });
  });

  it('is done by a device that was away when it is back', async () => {
    const id = await write(ADA, 'while you were out');
    const message = await received('while you were out');
    await control.call('faults.set', { rejectLogin: 503 });
    await control.call('connections.kick', { number: SHOP });
    await server.api.until(`/v1/devices/${deviceId}`, (body) => body['state'] !== 'connected');
    expect(await expectOk(server.api.post(`/v1/conversations/${message['conversationId']}/read`))).toMatchObject({
      unread: 0,
    });
    expect((await readReceipts(ADA)).map((one) => one.id)).not.toContain(id);
    await control.call('faults.clear', {});
    await server.api.until(`/v1/devices/${deviceId}`, (body) => body['state'] === 'connected');
    await expect.poll(async () => (await readReceipts(ADA)).map((one) => one.id), PATIENT).toContain(id);
  });

  it('is for received messages alone', async () => {
    const body = { deviceId, to: ADA, type: 'text', text: { body: 'mine' } };
    const sent = await expectOk(server.api.post('/v1/messages', body));
    const reply = await server.api.post(`/v1/messages/${sent['id']}/read`);
    expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'CONFLICT']);
  });
});

describe('what needs the connection', () => {
  it('shows typing to the other side and refuses other states', async () => {
    const { conversationId } = await received('third');
    const typing = (state: string) => server.api.post(`/v1/conversations/${conversationId}/typing`, { state });
    expect(await expectOk(typing('recording'))).toEqual({ state: 'recording' });
    expect(await expectOk(typing('paused'))).toEqual({ state: 'paused' });
    const bad = await typing('dancing');
    expect([bad.status, errorOf(bad)['param']]).toEqual([400, 'state']);
  });

  it('answers 409 on a device that is not connected, and 503 when WhatsApp does not answer', async () => {
    const made = await expectOk(server.api.post('/v1/devices', { label: 'Away', network: 'sandbox' }));
    const away = String(made['id']);
    for (const reply of [
      await server.api.call('PUT', `/v1/devices/${away}/presence`, { state: 'available' }),
      await server.api.post(`/v1/devices/${away}/number-checks`, { phones: ['+15550399'] }),
      await server.api.get(`/v1/devices/${away}/profile`),
      await server.api.post('/v1/groups', { deviceId: away, subject: 'x', members: [ADA] }),
    ])
      expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'SESSION_DISCONNECTED']);
    expect(await expectOk(server.api.call('PUT', `/v1/devices/${deviceId}/presence`, { state: 'available' }))).toEqual({
      state: 'available',
    });
    await control.call('faults.set', { muteIq: ['usync'] });
    const reply = await server.api.post(`/v1/devices/${deviceId}/number-checks`, { phones: ['+15550398'] });
    await control.call('faults.clear', {});
    expect([reply.status, errorOf(reply)['code'], errorOf(reply)['retryable']]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      true,
    ]);
    expect(reply.headers.get('retry-after')).toBe('2');
  });
});

describe('number checks', () => {
  const check = (phones: string[]) => server.api.post(`/v1/devices/${deviceId}/number-checks`, { phones });

  it('tell who is on WhatsApp, in the order asked, and answer again without asking', async () => {
    const phones = [BEN, '+15550397', ADA, BEN];
    const first = rowsOf(await expectOk(check(phones)));
    expect(first).toMatchObject([
      { phone: BEN, exists: true, canonicalPhone: BEN, lid: expect.any(String) },
      { phone: '+15550397', exists: false, canonicalPhone: null, lid: null },
      { phone: ADA, exists: true },
    ]);
    await control.call('faults.set', { muteIq: ['usync'] });
    expect(rowsOf(await expectOk(check(phones)))).toEqual(first);
    await control.call('faults.clear', {});
  });

  it('teach the canonical form: messages to either form go to one chat, and arrive', async () => {
    const [canonical, written] = ['+551187654321', '+5511987654321'];
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: canonical }));
    const send = async (to: string) =>
      expectOk(server.api.post('/v1/messages', { deviceId, to, type: 'text', text: { body: `to ${to}` } }));
    expect(rowsOf(await expectOk(check([written])))).toMatchObject([{ exists: true, canonicalPhone: canonical }]);
    const [one, two] = [await send(written), await send(canonical)];
    expect([one['phone'], one['conversationId']]).toEqual([canonical, two['conversationId']]);
    await server.api.until(`/v1/messages/${one['id']}`, (body) => body['status'] === 'delivered');
  });

  it('move a contact that is there under the other form', async () => {
    const [canonical, written] = ['+5215598765432', '+525598765432'];
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: canonical }));
    const body = { deviceId, to: written, type: 'text', text: { body: 'early' }, validFor: 3600 };
    const { contactId } = await expectOk(server.api.post('/v1/messages', body));
    await expectOk(check([written]));
    expect(await expectOk(server.api.get(`/v1/contacts/${contactId}`))).toMatchObject({ phone: canonical });
    expect(
      (await events('contact.updated')).map((event) => objectOf(objectOf(event, 'data'), 'contact')['id']),
    ).toContain(contactId);
  });

  it('are bounded: 1 to 100 numbers, and so many a minute for a device', async () => {
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `+1777${String(from + i).padStart(7, '0')}`);
    for (const phones of [[], many(0, 101)]) {
      const reply = await check(phones);
      expect([reply.status, errorOf(reply)['param']]).toEqual([400, 'phones']);
    }
    const replies = [];
    for (let from = 0; from < 500; from += 100) replies.push(await check(many(from, 100)));
    expect(replies.map(({ status }) => status)).toContain(429);
    const refused = replies.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('the profile and the block list of a device', () => {
  it('are read from WhatsApp and changed there', async () => {
    const path = `/v1/devices/${deviceId}/profile`;
    expect(await expectOk(server.api.call('PATCH', path, { about: 'Open 9 to 5' }))).toMatchObject({
      about: 'Open 9 to 5',
    });
    expect(await expectOk(server.api.get(path))).toMatchObject({ about: 'Open 9 to 5' });
    const nothing = await server.api.call('PATCH', path, {});
    expect([nothing.status, errorOf(nothing)['code']]).toEqual([400, 'VALIDATION_ERROR']);
    const { contactId } = await received('first');
    const blocked = async () => Object(await expectOk(server.api.get(`/v1/devices/${deviceId}/blocked`)))['blocked'];
    expect(await expectOk(server.api.post(`/v1/devices/${deviceId}/blocked`, { contactId }))).toEqual({
      contactId,
      blocked: true,
    });
    expect(await blocked()).toHaveLength(1);
    await expectOk(server.api.call('DELETE', `/v1/devices/${deviceId}/blocked/${contactId}`));
    expect(await blocked()).toEqual([]);
    expect((await events('contact.blocked,contact.unblocked')).map((event) => event['type'])).toEqual([
      'contact.blocked',
      'contact.unblocked',
    ]);
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
