import type { ControlClient } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { hashOf, pictureOf } from '../kit/files.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const ADA = '15550801';
const FIRST_AT = 1_760_000_000;
let server: TestServer;
let control: ControlClient;

beforeAll(async () => {
  server = await TestServer.start();
  control = await sandboxControl(server.dataDir);
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: `+${ADA}`, name: 'Ada' }));
});
afterAll(() => server[Symbol.asyncDispose]());

const isDone = (device: Json) => {
  const { state, percent } = objectOf(device, 'historySync');
  return state === 'done' && percent === 100;
};
const events = async (type: string, deviceId: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/events?types=${type}&deviceId=${deviceId}&limit=100`)));
const messages = async (query: string) => rowsOf(await expectOk(server.api.get(`/v1/messages?limit=100&${query}`)));

async function withHistory(shop: string, history: Record<string, unknown>): Promise<string> {
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: `+${shop}`, name: 'Shop' }));
  await control.call('phones.history', { number: shop, ...history });
  return linkSandboxDevice(server.api, `+${shop}`);
}

describe('the history of a linked account', () => {
  it.each(['inline', 'external'] as const)('comes along when it is sent %s', async (delivery) => {
    const shop = delivery === 'inline' ? '15550811' : '15550812';
    const texts = Array.from({ length: 120 }, (_, n) => ({
      id: `${delivery}${n}`,
      text: `past ${n}`,
      at: FIRST_AT + n,
      fromMe: n % 2 === 0,
    }));
    const chats = [{ chat: ADA, name: 'Ada Lovelace', unread: 4, messages: texts }];
    const pushNames = [{ number: ADA, name: 'ada' }];
    const deviceId = await withHistory(shop, { chats, pushNames, delivery, partMessages: 30 });
    const device = await server.api.until(`/v1/devices/${deviceId}`, isDone);
    expect(objectOf(device, 'historySync')).toEqual({ state: 'done', percent: 100, messages: 120 });
    const stored = [...(await messages(`deviceId=${deviceId}&order=asc`))];
    expect(stored.map((one) => objectOf(one, 'text')['body'])).toEqual(texts.slice(0, 100).map(({ text }) => text));
    expect(new Set(stored.map((one) => one['source']))).toEqual(new Set(['history']));
    expect(stored[0]).toMatchObject({
      sentAt: new Date(FIRST_AT * 1000).toISOString(),
      status: 'read',
      direction: 'outbound',
    });
    const [chat] = rowsOf(await expectOk(server.api.get(`/v1/conversations?deviceId=${deviceId}`)));
    expect(chat).toMatchObject({ unread: 4, phone: `+${ADA}`, name: 'Ada Lovelace' });
    const contact = await expectOk(server.api.get(`/v1/contacts/${chat?.['contactId']}`));
    expect(contact).toMatchObject({ pushName: 'ada', lid: expect.any(String) });
    expect(await events('message.received,message.sent', deviceId)).toEqual([]);
    const told = (await events('device.history_sync', deviceId)).map((event) => objectOf(event, 'data'));
    expect(told.at(-1)).toMatchObject({ historySync: { state: 'done', percent: 100, messages: 120 } });
    expect(told.map((one) => objectOf(one, 'part')['percent'])).toEqual(expect.arrayContaining([33, 66, 100]));
  });

  it('is found by the search, answers to it find it, and live messages go on meanwhile', async () => {
    const chats = [{ chat: ADA, messages: [{ id: 'QUOTED', text: 'a parsnip of old', at: FIRST_AT }] }];
    const deviceId = await withHistory('15550813', { chats, made: { chats: 10, messages: 1_500 } });
    const sent = { to: '+15550813', text: 'live at once' };
    await expectOk(server.api.post(`/v1/sandbox/phones/+${ADA}/messages`, sent));
    const list = await server.api.until(
      `/v1/messages?deviceId=${deviceId}&direction=inbound&order=desc&limit=1`,
      (body) => rowsOf(body)[0]?.['source'] === 'live',
    );
    expect(rowsOf(list)[0]).toMatchObject({ text: { body: 'live at once' } });
    await server.api.until(`/v1/devices/${deviceId}`, isDone);
    const hits = await server.api.until('/v1/messages/search?q=parsnip', (body) => rowsOf(body).length === 1);
    expect(objectOf(rowsOf(hits)[0] ?? {}, 'message')).toMatchObject({ source: 'history' });
  });

  it('brings files that are fetched when somebody asks: from the host, else from the phone', async () => {
    const shop = '15550815';
    const bytes = await pictureOf(320, 240, 'jpeg');
    const media = { kind: 'image', mimeType: 'image/jpeg', base64: bytes.toString('base64'), caption: 'long ago' };
    const files = ['THERE', 'LOST', 'GONE'].map((id, n) => ({ id, media, lost: n > 0, at: FIRST_AT + n }));
    const chats = [{ chat: ADA, messages: [...files, { id: 'WORDS', text: 'only words', at: FIRST_AT + 3 }] }];
    const deviceId = await withHistory(shop, { chats });
    await control.call('phones.deleteFile', { number: shop, id: 'GONE' });
    await server.api.until(`/v1/devices/${deviceId}`, isDone);
    const stored = await messages(`deviceId=${deviceId}&order=asc`);
    const said = { status: 'available', reason: null, mimeType: 'image/jpeg', size: bytes.length, caption: 'long ago' };
    expect(stored.slice(0, 3).map((one) => objectOf(one, 'media'))).toMatchObject([said, said, said]);
    const [there, lost, gone, words] = stored.map(({ id }) => String(id));
    const ask = (id = '') => server.api.post(`/v1/messages/${id}/media/fetch`);
    const asked = await Promise.all([ask(there), ask(lost), ask(gone)]);
    expect(asked.map(({ status, body }) => [status, objectOf(body, 'media')['status']])).toEqual(
      Array.from({ length: 3 }, () => [202, 'pending']),
    );
    const end = async (id = '') =>
      objectOf(
        await server.api.until(`/v1/messages/${id}`, (one) => objectOf(one, 'media')['status'] !== 'pending'),
        'media',
      );
    for (const id of [there, lost]) {
      const ready = await end(id);
      expect(ready).toMatchObject({ status: 'ready', sha256: hashOf(bytes) });
      const headers = { authorization: `Bearer ${server.apiKey}` };
      const answer = await fetch(`${server.url}/v1/media/${String(ready['id'])}/content`, { headers });
      expect(hashOf(Buffer.from(await answer.arrayBuffer()))).toBe(hashOf(bytes));
    }
    expect(await end(gone)).toMatchObject({ status: 'failed', reason: 'unavailable', id: null });
    const told = async (type: string) =>
      (await events(type, deviceId)).map((event) => objectOf(event, 'data')['messageId']).sort();
    expect(await told('media.ready')).toEqual([there, lost].sort());
    expect(await told('media.failed')).toEqual([gone]);
    expect((await ask(there)).status).toBe(202);
    for (const id of [gone, words]) {
      const refused = await ask(id);
      expect([refused.status, errorOf(refused)['code']]).toEqual([409, 'CONFLICT']);
    }
  });

  it('goes on where it was when the server is killed in the middle', async () => {
    await server.stop();
    server = await server.again({ WAPING_FAULT_POINT: 'history.after:20' });
    control = await sandboxControl(server.dataDir);
    const deviceId = await withHistory('15550814', { made: { chats: 4, messages: 1_200 }, partMessages: 400 });
    await server.ended();
    server = await server.again({ WAPING_FAULT_POINT: '' });
    const device = await server.api.until(`/v1/devices/${deviceId}`, isDone);
    expect(objectOf(device, 'historySync')).toMatchObject({ messages: 1_200 });
    const [chat] = rowsOf(await expectOk(server.api.get(`/v1/conversations?deviceId=${deviceId}&limit=1`)));
    const all = await messages(`conversationId=${chat?.['id']}&order=asc`);
    expect(new Set(all.map((one) => one['id'])).size).toBe(100);
  }, 120_000);
});
