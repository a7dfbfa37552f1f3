// Pictures of the account, of its groups and of people, set and read over the API and changed on phones.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ControlClient } from '@waping/sandbox';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf, upload } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { pdfOf, pictureOf } from '../kit/files.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550003300';
const ADA = '+15550003301';
const BEN = '+15550003302';
const NOBODY = '+15550003399';

let server: TestServer;
let network: ControlClient;
let deviceId: string;
let own: string;
let groupId: string;
let whatsappId: string;
let contactId: string;
let web: Server | undefined;
let webUrl: string;
let hits = 0;
const pages = new Map<string, Buffer>();

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_PRIVATE_HOSTS: '127.0.0.0/8' } });
  network = await sandboxControl(server.dataDir);
  deviceId = await linkSandboxDevice(server.api, SHOP);
  own = `/v1/devices/${deviceId}/profile/picture`;
  for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone }));
  const group = await expectOk(server.api.post('/v1/groups', { deviceId, subject: 'Ours', members: [ADA] }));
  [groupId, whatsappId] = [String(group['id']), String(group['whatsappId'])];
  const body = { deviceId, to: ADA, type: 'text', text: { body: 'Hello' } };
  const message = await expectOk(server.api.post('/v1/messages', body));
  contactId = String(message['contactId']);
  await server.api.until(`/v1/messages/${message['id']}`, (one) => one['status'] === 'delivered');
  const http = createServer((request, response) => {
    hits += 1;
    const page = pages.get(request.url ?? '');
    response.writeHead(page ? 200 : 404).end(page ?? 'nothing');
  });
  web = http;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // Guarantee: a server that listens on a port has an AddressInfo.
  webUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterAll(async () => {
  web?.close();
  await server[Symbol.asyncDispose]();
});

const base64Of = async (picture: Promise<Buffer>) => ({ base64: (await picture).toString('base64') });
const put = (path: string, body: Json) => server.api.call('PUT', path, body);
const remove = (path: string) => server.api.call('DELETE', path);

async function pictureAt(path: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${server.apiKey}`;
  const reply = await fetch(`${server.url}${path}`, { headers: { authorization, ...headers } });
  const bytes = Buffer.from(await reply.arrayBuffer());
  return {
    status: reply.status,
    etag: reply.headers.get('etag') ?? '',
    type: reply.headers.get('content-type'),
    bytes,
  };
}

const onPhone = (number: string, group?: string) =>
  network.call('pictures.get', group === undefined ? { number } : { number, group });

async function changeOnPhone(phone: string, picture: Buffer | null, group?: string): Promise<unknown> {
  const base64 = picture === null ? null : picture.toString('base64');
  const body = group === undefined ? { base64 } : { base64, group };
  return (await expectOk(put(`/v1/sandbox/phones/${phone}/picture`, body)))['pictureId'];
}

const told = async (type: string): Promise<Json[]> =>
  rowsOf(await expectOk(server.api.get(`/v1/events?types=${type}&limit=100`)))
    .map((event) => objectOf(event, 'data'))
    .filter((data) => 'pictureId' in data);

/** The event of this picture, once it is there. */
async function eventOf(type: string, pictureId: unknown): Promise<Json> {
  const isIt = (event: Json) => objectOf(event, 'data')['pictureId'] === pictureId;
  const body = await server.api.until(`/v1/events?types=${type}&limit=100`, (list) => rowsOf(list).some(isIt));
  return objectOf(rowsOf(body).find(isIt) ?? {}, 'data');
}

describe('the picture of the account', () => {
  it('is none at first, then what was set, as the phone shows it, told and noted once', async () => {
    expect((await pictureAt(own)).status).toBe(404);
    const { pictureId } = await expectOk(put(own, await base64Of(pictureOf(1_000, 700, 'png'))));
    const shown = await pictureAt(own);
    expect([shown.status, shown.type]).toEqual([200, 'image/jpeg']);
    expect(await onPhone(SHOP)).toEqual({ id: pictureId, base64: shown.bytes.toString('base64') });
    const { format, width, height } = await sharp(shown.bytes).metadata();
    expect([format, width, height]).toEqual(['jpeg', 640, 640]);
    expect(await expectOk(server.api.get(`/v1/devices/${deviceId}/profile`))).toMatchObject({ pictureId });
    expect(await told('device.profile_updated')).toEqual([{ deviceId, changed: ['picture'], pictureId }]);
    const audit = rowsOf(await expectOk(server.api.get(`/v1/audit?action=devices.setPicture`)));
    expect(audit.map((row) => objectOf(row, 'target')['id'])).toEqual([deviceId]);
  });

  it('is not answered again to who has it', async () => {
    const { etag } = await pictureAt(own);
    const again = await pictureAt(own, { 'if-none-match': etag });
    expect([again.status, again.bytes.length, again.etag]).toEqual([304, 0, etag]);
    expect((await pictureAt(`${own}?size=preview`, { 'if-none-match': etag })).status).toBe(200);
    await expectOk(put(own, await base64Of(pictureOf(80, 80, 'webp'))));
    expect((await pictureAt(own, { 'if-none-match': etag })).status).toBe(200);
  });

  it('comes from media or a URL too, and nothing of it is kept', async () => {
    const bytes = await pictureOf(300, 500, 'jpeg');
    pages.set('/face.jpg', bytes);
    await expectOk(put(own, { url: `${webUrl}/face.jpg` }));
    const fromUrl = (await pictureAt(own)).bytes;
    const media = await expectOk(upload(server.api, { file: new File([bytes], 'face.jpg') }));
    await expectOk(put(own, { mediaId: media['id'] }));
    expect((await pictureAt(own)).bytes.equals(fromUrl)).toBe(true);
    expect((await sharp(fromUrl).metadata()).width).toBe(300);
    expect(rowsOf(await expectOk(server.api.get('/v1/media'))).map(({ id }) => id)).toEqual([media['id']]);
  });

  it('is taken away, told once however often that is repeated, and changed on the phone', async () => {
    expect(await expectOk(remove(own))).toEqual({ pictureId: null });
    expect(await expectOk(remove(own))).toEqual({ pictureId: null });
    expect((await pictureAt(own)).status).toBe(404);
    const ends = (await told('device.profile_updated')).filter(({ pictureId }) => pictureId === null);
    expect(ends).toHaveLength(1);
    const pictureId = await changeOnPhone(SHOP, await pictureOf(200, 200, 'png'));
    expect(await eventOf('device.profile_updated', pictureId)).toEqual({ deviceId, changed: ['picture'], pictureId });
  });

  it('is no other file, no bomb and no riddle, and each refusal names the field', async () => {
    const bomb = await pictureOf(8, 8, 'png');
    bomb.writeUInt32BE(30_001, 16);
    const wide = await pictureOf(8, 8, 'png');
    for (const at of [16, 20]) wide.writeUInt32BE(9_000, at);
    const cut = (await pictureOf(400, 400, 'jpeg')).subarray(0, 700);
    pages.set('/huge.png', Buffer.concat([await pictureOf(8, 8, 'png'), Buffer.alloc(17 * 1024 * 1024)]));
    const base64 = (bytes: Buffer) => ({ base64: bytes.toString('base64') });
    const cases: [Json, number, string, string][] = [
      [base64(pdfOf(100)), 415, 'UNSUPPORTED_MEDIA_TYPE', 'base64'],
      [base64(bomb), 400, 'VALIDATION_ERROR', 'base64'],
      [base64(wide), 400, 'VALIDATION_ERROR', 'base64'],
      [base64(cut), 400, 'VALIDATION_ERROR', 'base64'],
      [{ url: `${webUrl}/huge.png` }, 413, 'PAYLOAD_TOO_LARGE', 'url'],
      [{ url: `${webUrl}/none` }, 400, 'VALIDATION_ERROR', 'url'],
      [{ url: 'http://10.0.0.1/x.png' }, 400, 'VALIDATION_ERROR', 'url'],
      [{ mediaId: 'med_01jd8k3v5q7w9x2y4z6a8b0c1d' }, 404, 'NOT_FOUND', 'mediaId'],
      [{ url: `${webUrl}/face.jpg`, ...base64(bomb) }, 400, 'VALIDATION_ERROR', 'base64'],
      [{}, 400, 'VALIDATION_ERROR', 'mediaId'],
    ];
    const before = (await onPhone(SHOP)).id;
    for (const [body, status, code, param] of cases) {
      const reply = await put(own, body);
      expect([reply.status, errorOf(reply)['code'], errorOf(reply)['param']], reply.text).toEqual([
        status,
        code,
        param,
      ]);
    }
    expect((await onPhone(SHOP)).id).toBe(before);
  });

  it('is changed over no device that is not linked, and nothing is fetched for it', async () => {
    const made = await expectOk(server.api.post('/v1/devices', { label: 'Away', network: 'sandbox' }));
    const before = hits;
    const reply = await put(`/v1/devices/${made['id']}/profile/picture`, { url: `${webUrl}/face.jpg` });
    expect([reply.status, errorOf(reply)['code'], hits]).toEqual([409, 'SESSION_DISCONNECTED', before]);
  });
});

describe('the picture of a group', () => {
  it('is set, seen by its members, changed by them, and taken away', async () => {
    const path = `/v1/groups/${groupId}/picture`;
    expect((await pictureAt(path)).status).toBe(404);
    const { pictureId } = await expectOk(put(path, await base64Of(pictureOf(700, 700, 'jpeg'))));
    const address = `${whatsappId}@g.us`;
    const shown = (await pictureAt(path)).bytes;
    expect(await onPhone(ADA, address)).toEqual({ id: pictureId, base64: shown.toString('base64') });
    const group = { id: groupId, subject: 'Ours' };
    expect(await told('group.updated')).toMatchObject([{ changed: ['picture'], pictureId, group }]);
    const theirs = await changeOnPhone(ADA, await pictureOf(90, 90, 'png'), whatsappId);
    expect(await eventOf('group.updated', theirs)).toMatchObject({ changed: ['picture'], group });
    expect((await pictureAt(path)).bytes.equals(shown)).toBe(false);
    expect(await expectOk(remove(path))).toEqual({ pictureId: null });
    expect(await onPhone(ADA, address)).toEqual({ id: null, base64: null });
  });

  it('is the admins’ alone once the group is locked', async () => {
    const body = { subject: 'Theirs', phones: [ADA, SHOP] };
    const theirs = await expectOk(server.api.post('/v1/sandbox/groups', body));
    const isIt = (row: Json) => row['whatsappId'] === theirs['whatsappId'];
    const list = await server.api.until('/v1/groups?limit=100', (page) => rowsOf(page).some(isIt));
    const path = `/v1/groups/${rowsOf(list).find(isIt)?.['id']}/picture`;
    const picture = await base64Of(pictureOf(64, 64, 'png'));
    await expectOk(put(path, picture));
    await network.call('groups.lock', { number: ADA, group: `${theirs['whatsappId']}@g.us`, locked: true });
    const reply = await put(path, picture);
    expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'CONFLICT']);
  });
});

describe('the picture of somebody', () => {
  const of = (person: string) => `/v1/devices/${deviceId}/pictures/${person}`;

  it('is found by number and by contact, and its changes are told of the contact', async () => {
    const pictureId = await changeOnPhone(ADA, await pictureOf(500, 400, 'png'));
    expect(await eventOf('contact.picture_changed', pictureId)).toEqual({ contactId, deviceId, pictureId });
    const byNumber = await pictureAt(of(ADA));
    expect([byNumber.status, byNumber.type]).toEqual([200, 'image/jpeg']);
    expect(byNumber.bytes.toString('base64')).toBe((await onPhone(ADA)).base64);
    expect((await pictureAt(of(contactId))).bytes.equals(byNumber.bytes)).toBe(true);
    expect(await changeOnPhone(ADA, null)).toBeNull();
    expect(await eventOf('contact.picture_changed', null)).toMatchObject({ contactId });
    expect((await pictureAt(of(ADA))).status).toBe(404);
  });

  it('is nobody’s who is not there, hides it, or is no contact here', async () => {
    await changeOnPhone(BEN, await pictureOf(50, 50, 'png'));
    expect((await pictureAt(of(BEN))).status).toBe(200);
    for (const person of [NOBODY, 'con_01jd8k3v5q7w9x2y4z6a8b0c1d', 'somebody'])
      expect([person, (await pictureAt(of(person))).status]).toEqual([person, 404]);
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
