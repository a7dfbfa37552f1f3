// Every kind of message from one device to another and to a phone, and from a phone: its bytes and fields on every side.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ControlClient } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEDIA_KINDS } from '../../src/engine/port.ts';
import { CONTENT_SHOWN, SENDABLE } from '../../src/features/messages/content-table.ts';
import { sendFromPhoneBody } from '../../src/features/sandbox/content.ts';
import { type Json, objectOf, type Reply } from '../kit/api.ts';
import { noteFields, pathsOf } from '../kit/field-paths.ts';
import { hashOf, pictureOf } from '../kit/files.ts';
import { POLL } from '../kit/kinds.ts';
import { News } from '../kit/news.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import {
  ADA,
  BRANCH,
  PAGE,
  type Place,
  RECEIVED,
  type ReceivedRow,
  SENT,
  type SentRow,
  SHOP,
  TEMPLATE,
} from './all-kinds-table.ts';

let server: TestServer;
let network: ControlClient;
let web: Server | undefined;
let page = '';
let shop = '';
let branch = '';
let group: Json = {};

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_PRIVATE_HOSTS: '127.0.0.0/8', WAPING_FFMPEG: '/nowhere/ffmpeg' } });
  network = await sandboxControl(server.dataDir);
  shop = await linkSandboxDevice(server.api, SHOP);
  branch = await linkSandboxDevice(server.api, BRANCH);
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: ADA, name: 'Ada' }));
  const members = [BRANCH, ADA];
  group = await expectOk(server.api.post('/v1/groups', { deviceId: shop, subject: 'All', members }));
  const template = { name: TEMPLATE, language: 'en', type: 'text', text: { body: 'Order {{order}} is ready' } };
  await expectOk(server.api.post('/v1/templates', template));
  page = await startPage();
  // Whom the device has never written to sees no status update of it.
  for (const to of [BRANCH, ADA]) await sent({ type: 'text', text: { body: 'Hello' } }, to);
});
afterAll(async () => {
  web?.close();
  await server[Symbol.asyncDispose]();
});

async function startPage(): Promise<string> {
  const picture = await pictureOf(200, 100, 'png');
  const meta = (name: string, content: string) => `<meta property="og:${name}" content="${content}">`;
  const html = `<title>x</title>${meta('title', 'Shop &amp; Co')}${meta('description', PAGE.description)}${meta('image', '/p.png')}`;
  const http = createServer((request, response) => {
    const isPicture = request.url === '/p.png';
    response.writeHead(200, { 'content-type': isPicture ? 'image/png' : 'text/html' }).end(isPicture ? picture : html);
  });
  web = http;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // Guarantee: a server that listens on a port has an AddressInfo.
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/page`;
}

const ok = (body: Json): boolean => ['delivered', 'read', 'played'].includes(String(body['status']));
const reached = (id: unknown) => server.api.until(`/v1/messages/${id}`, ok);
const mediaOf = (message: Json) => objectOf(message, 'media');

async function sent(message: Json, to: unknown): Promise<Json> {
  return reached((await expectOk(server.api.post('/v1/messages', { deviceId: shop, to, ...message })))['id']);
}

const onPhone = () =>
  new News(server.api, `/v1/sandbox/phones/${ADA}/messages?limit=100`, (row) => row['own'] === false);
const onDevice = (deviceId: string) =>
  new News(server.api, `/v1/messages?direction=inbound&deviceId=${deviceId}&limit=100`);

async function bytesOf(message: Json): Promise<string> {
  const response = await fetch(`${server.url}/v1/media/${mediaOf(message)['id']}/content`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
  });
  expect(response.status).toBe(200);
  return hashOf(Buffer.from(await response.arrayBuffer()));
}

async function fileOnPhone(id: unknown): Promise<string> {
  const { base64 } = await network.call('phones.file', { number: ADA, id: String(id) });
  return hashOf(Buffer.from(base64, 'base64'));
}

/** Message types that were sent, fields of messages that had a value, and what the phone did. */
const types = new Set<string>();
const fields = new Set<string>();
const actions = new Set<string>();
const note = (message: Json) => noteFields(contentOf(message), fields);

const names = Object.keys(CONTENT_SHOWN);
const contentOf = (message: Json): Json => Object.fromEntries(names.map((name) => [name, message[name]]));

/** The content as the other side has it: media of its own, under its own id. */
function arrivedAs(message: Json): Json {
  const content = contentOf(message);
  if (content['media'] === null) return content;
  return { ...content, media: { ...mediaOf(message), id: expect.stringMatching(/^med_/) } };
}

/** A file on a phone, in the words of a message. */
const FILE_FIELDS = ['mimeType', 'size', 'sha256', 'fileName', 'caption', 'viewOnce', 'seconds', 'width', 'height'];
const FILE_LOOKS = ['waveform', 'thumbnail', 'animated'];
const fileFields = (media: Json): Json =>
  Object.fromEntries([...FILE_FIELDS, ...FILE_LOOKS].map((name) => [name, media[name]]));

const sending: Record<
  NonNullable<SentRow['how']> | 'post',
  (to: unknown, input: Json, first: string) => Promise<Reply>
> = {
  post: (to, input) => server.api.post('/v1/messages', { deviceId: shop, to, ...input }),
  edit: (_to, input, first) => server.api.call('PATCH', `/v1/messages/${first}`, input),
  revoke: (_to, _input, first) => server.api.call('DELETE', `/v1/messages/${first}`),
  forward: (to, _input, first) => server.api.post(`/v1/messages/${first}/forward`, { to }),
  status: (_to, input) => server.api.post(`/v1/devices/${shop}/status-updates`, input),
};

const placeOf = (first: unknown, words = ''): Place => ({ first: String(first), words, page });
const becomes = (id: unknown, wanted: Json) =>
  expect
    .poll(async () => (await server.api.get(`/v1/messages/${id}`)).body, { timeout: 30_000, interval: 25 })
    .toMatchObject(wanted);

let count = 0;
/** A text, or a poll, before the message of a row, by our id and by that of the other side. */
async function before(
  to: string,
  side: News,
  about: SentRow['about'],
): Promise<{ words: string; ours: string; theirs: string }> {
  count += 1;
  const words = `Before ${count}`;
  const message = about === 'poll' ? { type: 'poll', poll: POLL } : { type: 'text', text: { body: words } };
  const { id } = await sent(message, to);
  return { words, ours: String(id), theirs: String((await side.one())['id']) };
}

/** Our message once it has come, and the place as our side and as the other names it. */
async function send(row: SentRow, to: string, side: News): Promise<{ message: Json; ours: Place; theirs: Place }> {
  await side.reset();
  const { words, ...first } = row.about ? await before(to, side, row.about) : { words: '', ours: '', theirs: '' };
  const [ours, theirs] = [placeOf(first.ours, words), placeOf(first.theirs, words)];
  const input = row.input(ours);
  types.add(String(input['type']));
  const { id } = await expectOk(
    sending[row.how ?? 'post'](row.where === 'group' ? group['id'] : to, input, ours.first),
  );
  const message = await reached(id);
  expect(message).toMatchObject(row.ours(ours));
  if (row.file) expect(await bytesOf(message)).toBe(hashOf(row.file));
  note(message);
  return { message, ours, theirs };
}

async function checkDevice(row: SentRow, news: News, { message, theirs }: { message: Json; theirs: Place }) {
  if (row.changes) {
    await becomes(theirs.first, row.there?.(theirs) ?? {});
    return;
  }
  const { id } = await news.one();
  const there = await server.api.until(`/v1/messages/${id}`, (body) => mediaOf(body)['status'] !== 'pending');
  expect(there['type']).toBe(message['type']);
  expect(contentOf(there)).toEqual({ ...arrivedAs(message), ...row.there?.(theirs) });
  if (row.file) expect(await bytesOf(there)).toBe(hashOf(row.file));
}

async function checkPhone(row: SentRow, news: News, { message, theirs }: { message: Json; theirs: Place }) {
  const shown = await news.one();
  expect(shown).toMatchObject(row.phone(theirs));
  expect(shown['duplicates']).toBe(0);
  if (!row.file) return;
  expect(fileFields(mediaOf(shown))).toEqual(fileFields(mediaOf(message)));
  expect(await fileOnPhone(shown['id'])).toBe(hashOf(row.file));
}

describe('sent by a device', () => {
  it.each(SENT)('$name', async (row) => {
    const [device, phone] = [onDevice(branch), onPhone()];
    if (row.where) {
      await phone.reset();
      const came = await send(row, BRANCH, device);
      await Promise.all([checkDevice(row, device, came), checkPhone(row, phone, came)]);
      return;
    }
    await checkDevice(row, device, await send(row, BRANCH, device));
    await checkPhone(row, phone, await send(row, ADA, phone));
  });

  it('leaves out no type that can be sent', () => {
    expect([...SENDABLE, 'template'].filter((type) => !types.has(type))).toEqual([]);
  });
});

/** What a message of the phone speaks of, by its id on the phone and by ours. */
async function spokenOf(row: ReceivedRow, device: News, phone: News): Promise<{ there: Place; ours: Place }> {
  if (row.about === undefined) return { there: placeOf(''), ours: placeOf('') };
  if (row.about === 'own') {
    const { id } = await expectOk(server.api.post(`/v1/sandbox/phones/${ADA}/messages`, { to: SHOP, text: 'Frist' }));
    return { there: placeOf(id), ours: placeOf((await device.one())['id']) };
  }
  const poll = { type: 'poll', poll: { question: 'When?', options: ['Now', 'Later', 'Never'] } };
  const { id } = await sent(row.about === 'poll' ? poll : { type: 'text', text: { body: 'Before' } }, ADA);
  return { there: placeOf((await phone.one())['id']), ours: placeOf(id) };
}

async function act(row: ReceivedRow, place: Place): Promise<void> {
  if (row.raw) {
    const to = row.where === 'status' ? 'status@broadcast' : SHOP;
    await network.call('phones.send', { number: ADA, to, message: row.raw });
    return;
  }
  const doing = row.act?.(place) ?? {};
  for (const name of Object.keys(doing)) actions.add(name);
  actions.add(`media ${objectOf(doing, 'media')['kind']}`);
  const to = row.where === 'group' ? group['whatsappId'] : (row.where ?? SHOP);
  await expectOk(server.api.post(`/v1/sandbox/phones/${ADA}/messages`, { to, ...doing }));
}

describe('sent by a phone', () => {
  it.each(RECEIVED)('$name', async (row) => {
    const [device, phone] = [onDevice(shop), onPhone()];
    await Promise.all([device.reset(), phone.reset()]);
    const { there, ours } = await spokenOf(row, device, phone);
    await act(row, there);
    const id = row.changes ? ours.first : (await device.one())['id'];
    const isThere = (body: Json) => row.changes || mediaOf(body)['status'] !== 'pending';
    await becomes(id, row.shown(ours));
    const message = await server.api.until(`/v1/messages/${id}`, isThere);
    expect(message['phone'] ?? ADA).toBe(ADA);
    if (row.file) expect(await bytesOf(message)).toBe(hashOf(row.file));
    note(message);
  });

  it('leaves out nothing that a phone can do', () => {
    const all = Object.keys(sendFromPhoneBody.shape).filter((name) => name !== 'to');
    const files = MEDIA_KINDS.map((kind) => `media ${kind}`);
    expect([...all, ...files].filter((name) => !actions.has(name))).toEqual([]);
  });
});

/** Why a file could not be had: `media-messages.test.ts`. What a text becomes by an edit is plain. */
const ELSEWHERE = /^(media\.reason|edit\.text\.preview\..*)$/;

it('leaves out no field that a message shows', () => {
  const all = Object.entries(CONTENT_SHOWN).flatMap(([name, schema]) => pathsOf(schema, name));
  expect(all.filter((path) => !fields.has(path) && !ELSEWHERE.test(path))).toEqual([]);
});
