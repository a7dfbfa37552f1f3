import type { ControlClient } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { hashOf, pictureOf, videoOf, voiceOf, wavOf } from '../kit/files.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const ADA = '+15550002000';
const BEN = '+15550002001';
const EVE = '+15550002002';

let server: TestServer;
let network: ControlClient;
let deviceId: string;
const contacts: Record<string, string> = {};

beforeAll(async () => {
  server = await TestServer.start();
  network = await sandboxControl(server.dataDir);
  deviceId = await linkSandboxDevice(server.api, SHOP);
  for (const phone of [ADA, BEN, EVE]) {
    await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone, autoRead: true }));
    const message = await write(phone);
    contacts[phone] = String(message['contactId']);
    await server.api.until(`/v1/messages/${message['id']}`, (body) => body['status'] === 'read');
  }
});
afterAll(() => server[Symbol.asyncDispose]());

const write = (to: string) =>
  expectOk(server.api.post('/v1/messages', { deviceId, to, type: 'text', text: { body: 'Hello' } }));
const post = (body: string, more: Json = {}) =>
  server.api.post(`/v1/devices/${deviceId}/status-updates`, { text: { body }, ...more });
const shownOn = async (phone: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${phone}/messages?limit=100`))).filter(
    (one) => one['chat'] === 'status@broadcast',
  );
const textsOn = async (phone: string) => (await shownOn(phone)).map((one) => one['text']);
const until = (id: unknown, status: string) =>
  server.api.until(`/v1/messages/${id}`, (body) => body['status'] === status);

it('reaches everybody the device has a chat with, is delivered and read, and stands in a chat of its own', async () => {
  const reply = await post('Open on Sunday', { background: '#FF0000', font: 'bold', clientRef: 'sunday' });
  expect(reply.status, reply.text).toBe(202);
  const message = reply.body;
  expect(message).toMatchObject({
    type: 'text',
    text: { body: 'Open on Sunday' },
    statusUpdate: { background: '#FF0000', font: 'bold', audience: 'contacts' },
    contactId: null,
    clientRef: 'sunday',
  });
  await until(message['id'], 'read');
  for (const phone of [ADA, BEN, EVE]) expect(await textsOn(phone)).toContain('Open on Sunday');
  const receiptsOf = (body: Json) => rowsOf({ data: body['receipts'] });
  const seen = await server.api.until(`/v1/messages/${message['id']}`, (body) => {
    const receipts = receiptsOf(body);
    return receipts.length >= 3 && receipts.every((receipt) => receipt['readAt'] !== null);
  });
  const viewers = [ADA, BEN, EVE].map((phone) => ({
    contactId: contacts[phone],
    phone,
    lid: null,
    deliveredAt: expect.any(String),
    readAt: expect.any(String),
    playedAt: null,
  }));
  const byPhone = (a: Json, b: Json) => String(a['phone']).localeCompare(String(b['phone']));
  expect([...receiptsOf(seen)].sort(byPhone)).toEqual(viewers);
  const chat = await expectOk(server.api.get(`/v1/conversations/${message['conversationId']}`));
  expect(chat).toMatchObject({ kind: 'status', deviceId, unread: 0 });
});

it('a second one reaches those it names, and nobody who has opted out', async () => {
  await expectOk(server.api.post(`/v1/contacts/${contacts[EVE]}/opt-out`));
  const named = [contacts[ADA], contacts[EVE]];
  const { id } = await expectOk(post('For Ada', { audience: named }));
  await until(id, 'read');
  expect(await textsOn(ADA)).toContain('For Ada');
  for (const phone of [BEN, EVE]) expect(await textsOn(phone)).not.toContain('For Ada');
  const nobody = await post('For nobody', { audience: [contacts[EVE]] });
  expect([nobody.status, errorOf(nobody)['code'], errorOf(nobody)['param']]).toEqual([409, 'CONFLICT', 'audience']);
  const stranger = await post('x', { audience: [contacts[ADA], 'con_01jd8k3v5q7w9x2y4z6a8b0c1d'] });
  expect([stranger.status, errorOf(stranger)['param']]).toEqual([404, 'audience.1']);
  await expectOk(server.api.post(`/v1/contacts/${contacts[EVE]}/opt-in`));
});

it('is taken back for all who saw it, and never edited', async () => {
  const { id } = await expectOk(post('A mistake', { audience: [contacts[BEN]] }));
  await until(id, 'read');
  const edited = await server.api.call('PATCH', `/v1/messages/${id}`, { text: { body: 'Better' } });
  expect([edited.status, errorOf(edited)['code']]).toEqual([409, 'CONFLICT']);
  await expectOk(server.api.call('DELETE', `/v1/messages/${id}`));
  await server.api.until(`/v1/messages/${id}`, (body) => body['revokedAt'] !== null);
  await expect.poll(async () => (await shownOn(BEN)).some((one) => objectOf(one, 'revoke')['messageId'])).toBe(true);
});

it('is taken back for those too who have opted out since', async () => {
  const { id } = await expectOk(post('Regretted'));
  await until(id, 'read');
  await expectOk(server.api.post(`/v1/contacts/${contacts[EVE]}/opt-out`));
  const before = (await shownOn(EVE)).filter((one) => objectOf(one, 'revoke')['messageId']).length;
  await expectOk(server.api.call('DELETE', `/v1/messages/${id}`));
  await expect
    .poll(async () => (await shownOn(EVE)).filter((one) => objectOf(one, 'revoke')['messageId']).length)
    .toBe(before + 1);
  await expectOk(server.api.post(`/v1/contacts/${contacts[EVE]}/opt-in`));
});

it('is posted once for an Idempotency-Key, and refused where it is no status', async () => {
  const again = () =>
    server.api.post(
      `/v1/devices/${deviceId}/status-updates`,
      { text: { body: 'Once' } },
      { 'idempotency-key': 'once' },
    );
  const first = await expectOk(again());
  expect(await expectOk(again())).toEqual(first);
  await until(first['id'], 'read');
  expect((await textsOn(ADA)).filter((text) => text === 'Once')).toHaveLength(1);
  for (const more of [{ background: 'red' }, { font: 'comic' }, { text: { body: 'x'.repeat(701) } }, { audience: [] }])
    expect((await post('x', more)).status, JSON.stringify(more)).toBe(400);
  const to = first['conversationId'];
  const send = await server.api.post('/v1/messages', { deviceId, to, type: 'text', text: { body: 'x' } });
  expect([send.status, errorOf(send)['param']]).toEqual([400, 'to']);
});

it('what others post is told of as a status, kept, and never counted as unread', async () => {
  for (let at = 0; at < 3; at += 1)
    await expectOk(server.api.post(`/v1/sandbox/phones/${ADA}/messages`, { to: 'status', text: `Lunch ${at}` }));
  const told = await server.api.until('/v1/events?types=status.received', (body) => rowsOf(body).length === 3);
  const message = objectOf(objectOf(rowsOf(told)[0] ?? {}, 'data'), 'message');
  expect(message).toMatchObject({ direction: 'inbound', senderId: contacts[ADA], text: { body: 'Lunch 0' } });
  const chat = await expectOk(server.api.get(`/v1/conversations/${message['conversationId']}`));
  expect(chat).toMatchObject({ kind: 'status', unread: 0 });
  expect(rowsOf(await expectOk(server.api.get('/v1/events?types=message.received')))).toEqual([]);
});

describe('a file as a status update', () => {
  const path = () => `/v1/devices/${deviceId}/status-updates`;
  const inline = (bytes: Buffer) => ({ base64: bytes.toString('base64') });
  /** The message of this file on a phone, with the bytes it downloaded. */
  async function onPhone(phone: string, sha256: string) {
    const find = (one: Json) => objectOf(one, 'media')['sha256'] === sha256;
    const list = `/v1/sandbox/phones/${phone}/messages?limit=100`;
    const shown = rowsOf(await server.api.until(list, (page) => rowsOf(page).some(find))).find(find) ?? {};
    const file = await network.call('phones.file', { number: phone, id: String(shown['id']) });
    return { shown, bytes: Buffer.from(file.base64, 'base64') };
  }

  it.each([
    ['image', () => pictureOf(300, 200, 'jpeg'), { caption: 'The new shop' }, null],
    ['video', async () => videoOf(40_000), { caption: 'Moving in' }, null],
    ['voice', async () => voiceOf(2), {}, '#128c7e'],
    ['audio', async () => wavOf(1), {}, null],
  ] as const)('%s reaches the phones byte for byte, with what was said', async (kind, make, said, background) => {
    const bytes = await make();
    const message = await expectOk(server.api.post(path(), { [kind]: { ...inline(bytes), ...said } }));
    expect(message).toMatchObject({
      type: kind,
      media: { status: 'ready', sha256: hashOf(bytes), ...said },
      statusUpdate: { background, font: null, audience: 'contacts' },
    });
    await until(message['id'], 'read');
    for (const phone of [ADA, BEN]) {
      const { shown, bytes: got } = await onPhone(phone, hashOf(bytes));
      expect(shown).toMatchObject({ chat: 'status@broadcast', type: kind, media: { kind, ...said } });
      expect(got.equals(bytes)).toBe(true);
    }
    expect(rowsOf(await expectOk(server.api.get('/v1/media?limit=100'))).map(({ id }) => id)).toContain(
      objectOf(message, 'media')['id'],
    );
  });

  it('of one file twice is the same file, and one that is gone is none', async () => {
    const bytes = await pictureOf(30, 30, 'png');
    const first = await expectOk(server.api.post(path(), { image: inline(bytes), audience: [contacts[BEN]] }));
    const { id: mediaId } = objectOf(first, 'media');
    const again = await expectOk(server.api.post(path(), { image: { mediaId, caption: 'Again' } }));
    expect(again).toMatchObject({ media: { id: mediaId, caption: 'Again' } });
    await until(again['id'], 'read');
    const gone = await server.api.post(path(), { image: { mediaId: 'med_01jd8k3v5q7w9x2y4z6a8b0c1d' } });
    expect([gone.status, errorOf(gone)['param']]).toEqual([404, 'image.mediaId']);
  });

  it('is refused for what is wrong with it, by its field', async () => {
    const image = inline(await pictureOf(9, 9, 'png'));
    const cases: [Json, number, string][] = [
      [{}, 400, 'text'],
      [{ text: { body: 'x' }, image }, 400, 'image'],
      [{ image, background: '#128c7e' }, 400, 'background'],
      [{ voice: inline(voiceOf(1)), font: 'bold' }, 400, 'font'],
      [{ image: { ...image, viewOnce: true } }, 400, 'image.viewOnce'],
      [{ image: { base64: Buffer.from('plain text').toString('base64') } }, 415, 'image.base64'],
      [{ image: inline(Buffer.from(image.base64, 'base64').subarray(0, 40)) }, 400, 'image'],
    ];
    for (const [body, status, param] of cases) {
      const reply = await server.api.post(path(), body);
      expect([reply.status, errorOf(reply)['param']], reply.text).toEqual([status, param]);
    }
  });

  it('that others post is downloaded, told as a status', async () => {
    const bytes = await pictureOf(60, 40, 'jpeg');
    const media = { kind: 'image', mimeType: 'image/jpeg', base64: bytes.toString('base64'), caption: 'My cat' };
    await expectOk(server.api.post(`/v1/sandbox/phones/${ADA}/messages`, { to: 'status', media }));
    const find = (one: Json) => objectOf(one, 'media')['sha256'] === hashOf(bytes);
    const isReady = (one: Json) => find(one) && objectOf(one, 'media')['status'] === 'ready';
    const list = await server.api.until('/v1/messages?direction=inbound', (page) => rowsOf(page).some(isReady));
    const message = rowsOf(list).find(find) ?? {};
    expect(message).toMatchObject({ type: 'image', senderId: contacts[ADA], media: { caption: 'My cat' } });
    const told = rowsOf(await expectOk(server.api.get('/v1/events?types=status.received&limit=100')));
    expect(told.some((event) => objectOf(objectOf(event, 'data'), 'message')['id'] === message['id'])).toBe(true);
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
