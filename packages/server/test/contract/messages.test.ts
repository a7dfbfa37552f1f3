import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const CUSTOMER = '+15550002000';

let server: TestServer;
let device: string;

beforeAll(async () => {
  server = await TestServer.start();
  device = await linkSandboxDevice(server.api, SHOP);
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: CUSTOMER, name: 'Customer', autoRead: true }));
});
afterAll(() => server[Symbol.asyncDispose]());

const body = (to: string, text: string, extra: Json = {}) => ({
  deviceId: device,
  to,
  type: 'text',
  text: { body: text },
  ...extra,
});
const send = (to: string, text: string, extra: Json = {}) => server.api.post('/v1/messages', body(to, text, extra));
const untilStatus = (id: unknown, status: string) =>
  server.api.until(`/v1/messages/${id}`, (m) => m['status'] === status);

async function steps(id: unknown): Promise<unknown[]> {
  return rowsOf((await server.api.get(`/v1/messages/${id}/timeline`)).body).map((row) => row['status']);
}

describe('a send', () => {
  it('answers 202 with the queued message and its Location', async () => {
    const reply = await send(CUSTOMER, 'first', { clientRef: 'order-1', metadata: { cart: '7' } });
    expect(reply.status).toBe(202);
    expect(reply.headers.get('location')).toBe(`/v1/messages/${reply.body['id']}`);
    expect(reply.body).toMatchObject({
      status: 'queued',
      direction: 'outbound',
      origin: 'api',
      phone: CUSTOMER,
      clientRef: 'order-1',
      metadata: { cart: '7' },
    });
  });

  it('can be followed to the reader’s eye, and shown once on the phone', async () => {
    const { body: message } = await send(CUSTOMER, 'followed');
    await untilStatus(message['id'], 'read');
    expect(await steps(message['id'])).toEqual(['queued', 'sending', 'sent', 'delivered', 'read']);
    const shown = rowsOf((await server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages`)).body);
    expect(shown.filter((row) => row['text'] === 'followed')).toHaveLength(1);
  });

  it('keeps the order of one chat', async () => {
    const texts = Array.from({ length: 15 }, (_, n) => `in order ${n}`);
    let last: unknown;
    for (const text of texts) last = (await send(CUSTOMER, text)).body['id'];
    await untilStatus(last, 'read');
    const shown = rowsOf((await server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages?limit=100`)).body);
    const order = shown.map((row) => String(row['text'])).filter((text) => text.startsWith('in order'));
    expect(order).toEqual(texts);
  });

  it('goes to a contact or a conversation as to a number, and not to those of another device', async () => {
    const { body: message } = await send(CUSTOMER, 'by number');
    for (const to of [String(message['contactId']), String(message['conversationId'])]) {
      const again = await send(to, `by ${to}`);
      expect([again.status, again.body['conversationId']]).toEqual([202, message['conversationId']]);
    }
    const other = await expectOk(server.api.post('/v1/devices', { label: 'Other', network: 'sandbox' }));
    const foreign = await server.api.post('/v1/messages', {
      ...body(String(message['conversationId']), 'x', { requireOnline: false }),
      deviceId: other['id'],
    });
    expect([foreign.status, errorOf(foreign)['param']]).toEqual([400, 'to']);
  });

  it('carries text unharmed: emoji, right to left, and 65,536 characters', async () => {
    for (const text of ['👩‍👩‍👧‍👦 שלום مرحبا', 'é\u0301\n\ttabs', 'x'.repeat(65_536)]) {
      const { body: message } = await send(CUSTOMER, text);
      await untilStatus(message['id'], 'read');
      const shown = rowsOf((await server.api.get(`/v1/sandbox/phones/${CUSTOMER}/messages`)).body);
      expect(shown.at(-1)?.['text']).toBe(text);
    }
    expect((await send(CUSTOMER, 'x'.repeat(65_537))).status).toBe(400);
  });
});

describe('the magic numbers', () => {
  it.each([
    ['+99900000001', 'read', ['queued', 'sending', 'sent', 'delivered', 'read']],
    ['+99900000003', 'delivered', ['queued', 'sending', 'sent', 'delivered']],
    ['+99900000006', 'sent', ['queued', 'sending', 'sent']],
  ])('%s ends at %s', async (to, status, expected) => {
    const { body: message } = await send(to, `to ${to}`);
    await untilStatus(message['id'], status);
    expect(await steps(message['id'])).toEqual(expected);
  });

  it('02 is not on WhatsApp: failed, with a code that says so', async () => {
    const { body: message } = await send('+99900000002', 'nobody');
    const failed = await untilStatus(message['id'], 'failed');
    expect(objectOf(failed, 'error')).toMatchObject({ code: 'RECIPIENT_NOT_ON_WHATSAPP', retryable: false });
  });

  it('04 is refused with 463: failed, with WhatsApp’s code, and not tried again', async () => {
    const { body: message } = await send('+99900000004', 'refused');
    const failed = await untilStatus(message['id'], 'failed');
    expect(objectOf(failed, 'error')).toMatchObject({ code: 'RECIPIENT_REACH_LIMITED', providerCode: '463' });
    expect(await steps(message['id'])).toEqual(['queued', 'sending', 'failed']);
  });

  it('05 answers', async () => {
    const { body: message } = await send('+99900000005', 'are you there?');
    const path = `/v1/messages?direction=inbound&conversationId=${message['conversationId']}`;
    const inbox = await server.api.until(path, (list) => rowsOf(list).length > 0);
    expect(rowsOf(inbox)[0]).toMatchObject({ phone: '+99900000005', origin: 'contact', status: 'received' });
  });
});

describe('a message from outside', () => {
  it('becomes a message, a contact with the name it shows, and an unread conversation', async () => {
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: '+15550003000', name: 'Newcomer' }));
    await expectOk(server.api.post('/v1/sandbox/phones/+15550003000/messages', { to: SHOP, text: 'Hello shop' }));
    const list = await server.api.until('/v1/messages?phone=%2B15550003000', (page) => rowsOf(page).length > 0);
    const [message] = rowsOf(list);
    expect(message).toMatchObject({ direction: 'inbound', text: { body: 'Hello shop' }, deviceId: device });
    const contact = await expectOk(server.api.get(`/v1/contacts/${message?.['senderId']}`));
    expect(contact).toMatchObject({ phone: '+15550003000', pushName: 'Newcomer' });
    const chat = await expectOk(server.api.get(`/v1/conversations/${message?.['conversationId']}`));
    expect(chat).toMatchObject({ unread: 1, kind: 'person', phone: '+15550003000', name: 'Newcomer' });
    const events = rowsOf((await server.api.get('/v1/events?types=message.received&limit=100')).body);
    const told = events.filter((event) => objectOf(objectOf(event, 'data'), 'message')['id'] === message?.['id']);
    expect(told).toHaveLength(1);
  });

  it('shows what the account’s own phone wrote, as sent by the phone', async () => {
    await expectOk(server.api.post(`/v1/sandbox/phones/${SHOP}/messages`, { to: CUSTOMER, text: 'from my pocket' }));
    const list = await server.api.until('/v1/messages?direction=outbound&limit=5', (page) =>
      rowsOf(page).some((row) => objectOf(row, 'text')['body'] === 'from my pocket'),
    );
    const row = rowsOf(list).find((one) => objectOf(one, 'text')['body'] === 'from my pocket');
    expect(row).toMatchObject({ origin: 'phone', status: 'sent', phone: CUSTOMER });
  });
});

describe('a device that is not there', () => {
  it('has its messages held, says why, and sends them when it links', async () => {
    const created = await expectOk(server.api.post('/v1/devices', { label: 'Later', network: 'sandbox' }));
    const later = { ...body(CUSTOMER, 'held back', { requireOnline: false }), deviceId: created['id'] };
    const { body: message } = await server.api.post('/v1/messages', later);
    expect(message).toMatchObject({ status: 'held', heldReason: 'device_unlinked' });
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: '+15550004000', name: 'Later' }));
    await expectOk(server.api.post(`/v1/devices/${created['id']}/link`, { method: 'qr' }));
    const qr = await expectOk(server.api.get(`/v1/devices/${created['id']}/qr`));
    await expectOk(server.api.post('/v1/sandbox/phones/+15550004000/scan', { qr: qr['qr'] }));
    await untilStatus(message['id'], 'read');
    const told = await steps(message['id']);
    expect(told[0]).toBe('held');
    expect(told.slice(-5)).toEqual(['queued', 'sending', 'sent', 'delivered', 'read']);
  });

  it('lets a message expire when its validity ends first', async () => {
    const created = await expectOk(server.api.post('/v1/devices', { label: 'Never', network: 'sandbox' }));
    const short = { ...body(CUSTOMER, 'too late', { requireOnline: false, validFor: 1 }), deviceId: created['id'] };
    const { body: message } = await server.api.post('/v1/messages', short);
    const expired = await untilStatus(message['id'], 'expired');
    expect(objectOf(expired, 'error')).toMatchObject({ code: 'EXPIRED' });
  });

  it('refuses with requireOnline whatever its state', async () => {
    const created = await expectOk(server.api.post('/v1/devices', { label: 'Off', network: 'sandbox' }));
    const reply = await server.api.post('/v1/messages', {
      ...body(CUSTOMER, 'now', { requireOnline: true }),
      deviceId: created['id'],
    });
    expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'SESSION_DISCONNECTED']);
  });
});
