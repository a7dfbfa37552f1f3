import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const CUSTOMER = '+15550002000';

let server: TestServer;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = await linkSandboxDevice(server.api, SHOP);
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: CUSTOMER, name: 'Ada', autoRead: true }));
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (to: string, body: string, extra: Json = {}) =>
  server.api.post('/v1/messages', { deviceId, to, type: 'text', text: { body }, ...extra });

async function send(to: string, body: string, extra: Json = {}): Promise<string> {
  return String((await expectOk(post(to, body, extra)))['id']);
}

const settled = (id: string, status: string) => server.api.until(`/v1/messages/${id}`, (m) => m['status'] === status);
const statuses = async (id: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/messages/${id}/timeline`))).map((row) => row['status']);

async function unlinkedDevice(): Promise<string> {
  return String((await expectOk(server.api.post('/v1/devices', { label: 'Away', network: 'sandbox' })))['id']);
}

async function linkTo(device: string, phone: string): Promise<void> {
  await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
  await expectOk(server.api.post(`/v1/devices/${device}/link`, {}));
  const { qr } = await expectOk(server.api.get(`/v1/devices/${device}/qr`));
  await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/scan`, { qr }));
}

describe('sending', () => {
  it('answers 202 with a Location, and the message goes on to read with a timeline that explains it', async () => {
    const accepted = await post(CUSTOMER, 'Your order is confirmed.', { clientRef: 'order-1', metadata: { a: 'b' } });
    expect(accepted.status).toBe(202);
    const id = String(accepted.body['id']);
    expect(accepted.headers.get('location')).toBe(`/v1/messages/${id}`);
    expect(accepted.body).toMatchObject({
      status: 'queued',
      direction: 'outbound',
      origin: 'api',
      phone: CUSTOMER,
      clientRef: 'order-1',
      metadata: { a: 'b' },
      error: null,
      sentAt: null,
    });
    const read = await settled(id, 'read');
    expect(Date.parse(String(read['sentAt']))).toBeGreaterThan(0);
    const timeline = rowsOf(await expectOk(server.api.get(`/v1/messages/${id}/timeline`)));
    expect(timeline.map((row) => row['status'])).toEqual(['queued', 'sending', 'sent', 'delivered', 'read']);
    const times = timeline.map((row) => String(row['at']));
    expect(times).toEqual([...times].sort());
    const shown = rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages`)));
    expect(shown.filter((m) => m['text'] === 'Your order is confirmed.')).toMatchObject([
      { own: false, duplicates: 0 },
    ]);
  });

  it('keeps the order of one chat', async () => {
    const texts = Array.from({ length: 12 }, (_none, i) => `In order ${i}`);
    const ids = [];
    for (const text of texts) ids.push(await send(CUSTOMER, text));
    for (const id of ids) await settled(id, 'read');
    const shown = rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages?limit=100`)));
    expect(shown.map((m) => String(m['text'])).filter((text) => text.startsWith('In order'))).toEqual(texts);
  });

  it('takes a contact or a conversation for a recipient, on its own device only', async () => {
    const first = await settled(await send(CUSTOMER, 'By number'), 'read');
    const byContact = await settled(await send(String(first['contactId']), 'By contact'), 'read');
    const byChat = await settled(await send(String(first['conversationId']), 'By chat'), 'read');
    expect([byContact['conversationId'], byChat['phone']]).toEqual([first['conversationId'], CUSTOMER]);
    const other = await post(String(first['conversationId']), 'x', {
      deviceId: await unlinkedDevice(),
      requireOnline: false,
    });
    expect([other.status, errorOf(other)['code'], errorOf(other)['param']]).toEqual([400, 'VALIDATION_ERROR', 'to']);
    for (const to of ['con_01jd8k3v5q7w9x2y4z6a8b0c1d', 'cnv_01jd8k3v5q7w9x2y4z6a8b0c1d'])
      expect((await post(to, 'x')).status).toBe(404);
  });

  it('carries text as it is: emoji, right-to-left, line ends, the longest allowed', async () => {
    const texts = ['😀👩‍👩‍👧 ok', 'שלום عالم', 'a\r\nb\tc', 'x'.repeat(65_536)];
    for (const text of texts) await settled(await send(CUSTOMER, text), 'read');
    const shown = rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages?limit=100`)));
    for (const text of texts) expect(shown.map((m) => m['text'])).toContain(text);
    expect((await post(CUSTOMER, 'x'.repeat(65_537))).status).toBe(400);
    expect((await post(CUSTOMER, '')).status).toBe(400);
  });
});

describe('receiving', () => {
  it('stores what a contact writes, with its conversation and contact, once', async () => {
    await send('+15550003000', 'x', { requireOnline: false });
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: '+15550004000', name: 'Grace' }));
    await expectOk(server.api.post('/v1/sandbox/phones/+15550004000/messages', { to: SHOP, text: 'Are you open?' }));
    const list = await server.api.until(
      '/v1/messages?direction=inbound&phone=%2B15550004000',
      (body) => rowsOf(body).length > 0,
    );
    const [message] = rowsOf(list);
    expect(rowsOf(list)).toHaveLength(1);
    expect(message).toMatchObject({
      direction: 'inbound',
      status: 'received',
      origin: 'contact',
      source: 'live',
      type: 'text',
      text: { body: 'Are you open?' },
      deviceId,
    });
    const chat = await expectOk(server.api.get(`/v1/conversations/${message?.['conversationId']}`));
    expect(chat).toMatchObject({ kind: 'person', unread: 1, phone: '+15550004000', contactId: message?.['contactId'] });
    const contact = await expectOk(server.api.get(`/v1/contacts/${message?.['senderId']}`));
    expect(contact).toMatchObject({ phone: '+15550004000', pushName: 'Grace' });
    const found = rowsOf(await expectOk(server.api.get('/v1/contacts?phone=%2B15550004000')));
    expect(found.map((row) => row['id'])).toEqual([contact['id']]);
    const events = rowsOf(await expectOk(server.api.get('/v1/events?types=message.received&limit=100')));
    expect(
      events.filter((event) => objectOf(objectOf(event, 'data'), 'message')['id'] === message?.['id']),
    ).toHaveLength(1);
  });
});

describe('a device that is away', () => {
  it('holds what it is told to hold, says why, and sends it in order once it connects', async () => {
    const away = await unlinkedDevice();
    expect((await post(CUSTOMER, 'x', { deviceId: away })).status).toBe(409);
    expect((await post(CUSTOMER, 'x', { deviceId: away, requireOnline: true })).status).toBe(409);
    const held = await post(CUSTOMER, 'Held 1', { deviceId: away, requireOnline: false });
    expect(held.body).toMatchObject({ status: 'held', heldReason: 'device_unlinked' });
    const second = await send(CUSTOMER, 'Held 2', { deviceId: away, requireOnline: false });
    await linkTo(away, '+15550005000');
    const id = String(held.body['id']);
    for (const message of [id, second]) await settled(message, 'read');
    expect(await statuses(id)).toEqual(
      expect.arrayContaining(['held', 'queued', 'sending', 'sent', 'delivered', 'read']),
    );
    expect((await statuses(id))[0]).toBe('held');
    const shown = rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages?limit=100`)));
    const texts = shown.map((m) => String(m['text'])).filter((text) => text.startsWith('Held'));
    expect(texts).toEqual(['Held 1', 'Held 2']);
  });

  it('lets a message expire when its validity ends first, and never sends it', async () => {
    const away = await unlinkedDevice();
    const id = await send(CUSTOMER, 'Too late', { deviceId: away, requireOnline: false, validFor: 1 });
    const expired = await settled(id, 'expired');
    expect(expired).toMatchObject({ error: { code: 'EXPIRED' }, heldReason: null, sentAt: null });
    expect(await statuses(id)).toEqual(['held', 'expired']);
    await linkTo(away, '+15550006000');
    await settled(await send(CUSTOMER, 'In time', { deviceId: away, requireOnline: false }), 'read');
    const shown = rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages?limit=100`)));
    expect(shown.map((m) => m['text'])).not.toContain('Too late');
  });

  it('refuses a requireOnline send for every state but connected', async () => {
    const away = await unlinkedDevice();
    await expectOk(server.api.post(`/v1/devices/${away}/link`, {}));
    const reply = await post(CUSTOMER, 'x', { deviceId: away, requireOnline: true });
    expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'SESSION_DISCONNECTED']);
    expect(JSON.stringify(errorOf(reply)['details'])).toContain('linking');
    expect((await post(CUSTOMER, 'x', { requireOnline: true })).status).toBe(202);
  });
});

describe('magic numbers', () => {
  it('…01 delivers and reads', async () => {
    await settled(await send('+999000000001', 'x'), 'read');
  });

  it('…02 is not on WhatsApp', async () => {
    const failed = await settled(await send('+999000000002', 'x'), 'failed');
    expect(failed).toMatchObject({ error: { code: 'RECIPIENT_NOT_ON_WHATSAPP', retryable: false }, sentAt: null });
  });

  it('…03 delivers and never reads, …06 stays offline', async () => {
    const [unread, offline] = [await send('+999000000003', 'x'), await send('+999000000006', 'x')];
    await settled(unread, 'delivered');
    await settled(offline, 'sent');
    await settled(await send('+999000000001', 'A whole round trip later'), 'read');
    expect((await expectOk(server.api.get(`/v1/messages/${unread}`)))['status']).toBe('delivered');
    expect((await expectOk(server.api.get(`/v1/messages/${offline}`)))['status']).toBe('sent');
  });

  it('…04 is refused with WhatsApp’s code 463', async () => {
    const failed = await settled(await send('+999000000004', 'x'), 'failed');
    expect(failed).toMatchObject({ error: { code: 'RECIPIENT_REACH_LIMITED', providerCode: '463' } });
    expect((await statuses(String(failed['id']))).at(-1)).toBe('failed');
  });

  it('…05 answers', async () => {
    await settled(await send('+999000000005', 'Ping'), 'read');
    const path = '/v1/messages?direction=inbound&phone=%2B999000000005';
    const [answer] = rowsOf(await server.api.until(path, (body) => rowsOf(body).length > 0));
    expect(objectOf(answer ?? {}, 'text')['body']).toBe('You said: Ping');
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
