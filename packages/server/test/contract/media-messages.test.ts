// Every kind of file from one device to another and to a phone, and from a phone, over the API; and what can go wrong.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlClient } from '@waping/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MEDIA_KINDS, type MediaKind } from '../../src/engine/port.ts';
import { readOggOpus } from '../../src/platform/media-tools/ogg.ts';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { hashOf, pdfOf, pictureOf, videoOf, voiceOf, wavOf } from '../kit/files.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { png } from '../media/kit.ts';

const SHOP = '+15550001100';
const BRANCH = '+15550001101';
const ADA = '+15550002100';
const BEN = '+15550002101';

let server: TestServer;
let network: ControlClient;
let deviceId: string;
let branchId: string;
let web: Server | undefined;
let webUrl: string;
let dir: string;
/** What the web server answers, by path. */
const pages = new Map<string, { type: string; body: Buffer; status?: number }>();
/** Requests it never answers. */
const silent = new Set<ServerResponse>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waping-ffmpeg-'));
  server = await TestServer.start({
    env: { WAPING_PRIVATE_HOSTS: '127.0.0.0/8', WAPING_FFMPEG: join(dir, 'ffmpeg') },
  });
  network = await sandboxControl(server.dataDir);
  deviceId = await linkSandboxDevice(server.api, SHOP);
  branchId = await linkSandboxDevice(server.api, BRANCH);
  for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone }));
  const http = createServer((request, response) => {
    if (request.url?.startsWith('/silent')) {
      silent.add(response);
      response.on('close', () => silent.delete(response));
      return;
    }
    const page = pages.get(request.url ?? '');
    response.writeHead(page ? (page.status ?? 200) : 404, { 'content-type': page?.type ?? 'text/plain' });
    response.end(page?.body ?? 'nothing');
  });
  web = http;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // Guarantee: a server that listens on a port has an AddressInfo.
  webUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const target of ['*', 'upload']) await network.call('media.fault', { target, fault: null });
});
afterAll(async () => {
  web?.close();
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const FILES: Record<MediaKind, () => Promise<Buffer>> = {
  image: () => pictureOf(640, 480, 'jpeg'),
  video: async () => videoOf(60_000),
  audio: async () => wavOf(3),
  voice: async () => voiceOf(3),
  document: async () => pdfOf(50_000),
  sticker: () => pictureOf(512, 512, 'webp'),
};
const SAID: Record<MediaKind, Json> = {
  image: { caption: 'seen 😀', viewOnce: true },
  video: { caption: 'moved' },
  audio: { viewOnce: true },
  voice: {},
  document: { caption: 'the bill', fileName: 'Rechnung ä.pdf' },
  sticker: {},
};
const TYPES: Record<MediaKind, string> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/wav',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

const post = (to: string, message: Json) => server.api.post('/v1/messages', { deviceId, to, ...message });
const idOf = async (reply: ReturnType<typeof post>) => String((await expectOk(reply))['id']);
const reached = (id: string) =>
  server.api.until(`/v1/messages/${id}`, (m) => m['status'] === 'delivered' || m['status'] === 'read');
const mediaOf = (message: Json) => objectOf(message, 'media');
const inline = async (kind: MediaKind) => {
  const bytes = await FILES[kind]();
  return { bytes, message: { type: kind, [kind]: { base64: bytes.toString('base64'), ...SAID[kind] } } };
};

async function onPhone(phone: string, find: (message: Json) => boolean): Promise<Json> {
  const path = `/v1/sandbox/phones/${phone}/messages?limit=100`;
  return rowsOf(await server.api.until(path, (body) => rowsOf(body).some(find))).findLast(find) ?? {};
}

async function arrived(device: string, from: string, sha256: string, status = 'ready'): Promise<Json> {
  const path = `/v1/messages?direction=inbound&deviceId=${device}&phone=${encodeURIComponent(from)}&limit=100`;
  const find = (message: Json) => mediaOf(message)['sha256'] === sha256 && mediaOf(message)['status'] === status;
  return rowsOf(await server.api.until(path, (body) => rowsOf(body).some(find))).find(find) ?? {};
}

async function bytesOf(mediaId: unknown): Promise<Buffer> {
  const response = await fetch(`${server.url}/v1/media/${String(mediaId)}/content`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
  });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

function fromPhone(kind: MediaKind, bytes: Buffer, more: Json = {}): Json {
  return { to: SHOP, media: { kind, mimeType: TYPES[kind], base64: bytes.toString('base64'), ...SAID[kind], ...more } };
}

const act = async (phone: string, body: Json) =>
  String((await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/messages`, body)))['id']);
const eventsOf = async (type: string, messageId: unknown) =>
  rowsOf(await expectOk(server.api.get(`/v1/events?types=${type}&limit=100`))).filter(
    (event) => objectOf(event, 'data')['messageId'] === messageId,
  );

describe.each(MEDIA_KINDS)('%s', (kind) => {
  it('goes to another device, which downloads it, and to its phone, byte for byte and field for field', async () => {
    const { bytes, message } = await inline(kind);
    const id = await idOf(post(BRANCH, message));
    const sent = await reached(id);
    const said = { ...SAID[kind], mimeType: TYPES[kind], size: bytes.length, sha256: hashOf(bytes), status: 'ready' };
    expect(sent).toMatchObject({ type: kind, media: said });
    expect(hashOf(await bytesOf(mediaOf(sent)['id']))).toBe(hashOf(bytes));
    const there = await arrived(branchId, SHOP, hashOf(bytes));
    const { id: ours, ...described } = mediaOf(sent);
    expect(there).toMatchObject({ type: kind, media: described });
    expect(mediaOf(there)['id']).not.toBe(ours);
    expect(hashOf(await bytesOf(mediaOf(there)['id']))).toBe(hashOf(bytes));
    const shown = await onPhone(BRANCH, (m) => mediaOf(m)['sha256'] === hashOf(bytes));
    expect(shown).toMatchObject({
      type: kind,
      media: { kind, size: bytes.length, mimeType: TYPES[kind], ...SAID[kind] },
    });
  });

  it('comes from a phone: told at once, then ready, with one event', async () => {
    const bytes = await FILES[kind]();
    await act(ADA, fromPhone(kind, bytes));
    const message = await arrived(deviceId, ADA, hashOf(bytes));
    expect(message).toMatchObject({
      type: kind,
      media: { ...SAID[kind], mimeType: TYPES[kind], size: bytes.length, reason: null },
    });
    expect(hashOf(await bytesOf(mediaOf(message)['id']))).toBe(hashOf(bytes));
    const [received] = rowsOf(await expectOk(server.api.get('/v1/events?types=message.received&limit=100'))).filter(
      (event) => objectOf(objectOf(event, 'data'), 'message')['id'] === message['id'],
    );
    expect(objectOf(objectOf(objectOf(received ?? {}, 'data'), 'message'), 'media')['status']).toBe('pending');
    const ready = await eventsOf('media.ready', message['id']);
    expect(ready.map((event) => objectOf(objectOf(event, 'data'), 'media')['status'])).toEqual(['ready']);
  });
});

describe('what is told of a file', () => {
  it('a picture has its sides and a thumbnail, on both sides', async () => {
    const { bytes, message } = await inline('image');
    const media = mediaOf(await reached(await idOf(post(BRANCH, message))));
    expect(media).toMatchObject({ width: 640, height: 480 });
    const thumbnail = Buffer.from(String(media['thumbnail']), 'base64');
    expect(thumbnail.subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
    expect(mediaOf(await arrived(branchId, SHOP, hashOf(bytes)))['thumbnail']).toBe(media['thumbnail']);
  });

  it('a voice message has its length and shape', async () => {
    const { message } = await inline('voice');
    const media = mediaOf(await reached(await idOf(post(ADA, message))));
    expect(media['seconds']).toBe(3);
    const waveform = Buffer.from(String(media['waveform']), 'base64');
    expect(waveform).toHaveLength(64);
    expect([Math.min(...waveform), Math.max(...waveform)]).toEqual([0, 100]);
  });

  it('other audio becomes a voice message, without ffmpeg too', async () => {
    const bytes = await readFile(fileURLToPath(new URL('../media/fixtures/tones.mp3', import.meta.url)));
    const id = await idOf(post(BRANCH, { type: 'voice', voice: { base64: bytes.toString('base64') } }));
    const media = mediaOf(await reached(id));
    expect(media).toMatchObject({ mimeType: TYPES.voice, seconds: 2, status: 'ready' });
    const made = await bytesOf(media['id']);
    const { seconds } = readOggOpus(made);
    expect([seconds > 1.45, seconds < 1.65]).toEqual([true, true]);
    expect(Buffer.from(String(media['waveform']), 'base64')).toHaveLength(64);
    expect(hashOf(await bytesOf(mediaOf(await arrived(branchId, SHOP, hashOf(made)))['id']))).toBe(hashOf(made));
  });

  it('any picture becomes a sticker', async () => {
    const bytes = await pictureOf(300, 200, 'png');
    const id = await idOf(post(ADA, { type: 'sticker', sticker: { base64: bytes.toString('base64') } }));
    expect(mediaOf(await reached(id))).toMatchObject({ mimeType: 'image/webp', width: 512, height: 512 });
    const shown = await onPhone(ADA, (m) => m['type'] === 'sticker' && mediaOf(m)['width'] === 512);
    expect(mediaOf(shown)['sha256']).not.toBe(hashOf(bytes));
  });
});

describe('where a file may come from', () => {
  it('a URL is fetched before the message is accepted', async () => {
    const body = pdfOf(20_000);
    pages.set('/bill.pdf', { type: 'application/pdf', body });
    const message = { type: 'document', document: { url: `${webUrl}/bill.pdf` } };
    const media = mediaOf(await reached(await idOf(post(ADA, message))));
    expect(media).toMatchObject({ sha256: hashOf(body), fileName: 'bill.pdf' });
  });

  it('what cannot be had is refused, with the field', async () => {
    const reply = await post(ADA, { type: 'document', document: { url: `${webUrl}/missing.pdf` } });
    expect(reply.status).toBe(400);
    expect(errorOf(reply)).toMatchObject({ code: 'VALIDATION_ERROR', param: 'document.url' });
  });

  it('media that is there is sent again and again, and one upload serves all', async () => {
    const first = mediaOf(await reached(await idOf(post(ADA, (await inline('document')).message))));
    const again = { type: 'document', document: { mediaId: first['id'], fileName: 'again.pdf' } };
    const second = mediaOf(await reached(await idOf(post(BEN, again))));
    expect(second).toMatchObject({ id: first['id'], sha256: first['sha256'], fileName: 'again.pdf' });
    const path = async (phone: string) => {
      const message = objectOf(await onPhone(phone, (m) => mediaOf(m)['sha256'] === first['sha256']), 'media');
      return message['sha256'];
    };
    expect(await path(BEN)).toBe(await path(ADA));
    const nobody = await post(ADA, { type: 'document', document: { mediaId: 'med_01jd8k3v5q7w9x2y4z6a8b0c1d' } });
    expect([nobody.status, errorOf(nobody)['param']]).toEqual([404, 'document.mediaId']);
  });

  it('a batch gets the same file once, and refuses only the item whose file cannot be had', async () => {
    const { bytes, message } = await inline('image');
    const bad = { type: 'image', image: { base64: Buffer.from('no picture').toString('base64') } };
    const items = [message, { type: 'text', text: { body: 'between' } }, bad, message];
    const messages = items.map((item) => ({ deviceId, to: BEN, ...item }));
    const { body } = await server.api.post('/v1/messages/batch', { messages });
    expect(body).toMatchObject({ accepted: 3, refused: 1 });
    const [first, , refused, last] = rowsOf(body);
    expect(objectOf(refused ?? {}, 'error')['code']).toBe('UNSUPPORTED_MEDIA_TYPE');
    const media = await Promise.all([first, last].map(async (row) => mediaOf(await reached(String(row?.['id'])))));
    expect(media.map((one) => one['sha256'])).toEqual([hashOf(bytes), hashOf(bytes)]);
    expect(media[0]?.['id']).toBe(media[1]?.['id']);
  });

  it('is forwarded, and answered, as it came', async () => {
    const bytes = await FILES.document();
    const waId = await act(ADA, fromPhone('document', bytes));
    const message = await arrived(deviceId, ADA, hashOf(bytes));
    const forwarded = await expectOk(server.api.post(`/v1/messages/${String(message['id'])}/forward`, { to: BEN }));
    expect(forwarded).toMatchObject({ type: 'document', forwarded: true, media: { sha256: hashOf(bytes) } });
    await reached(String(forwarded['id']));
    expect(await onPhone(BEN, (m) => mediaOf(m)['sha256'] === hashOf(bytes))).toMatchObject({ forwarded: true });
    const answer = { ...(await inline('image')).message, replyTo: message['id'] };
    await reached(await idOf(post(ADA, answer)));
    expect(await onPhone(ADA, (m) => m['replyTo'] === waId)).toMatchObject({ type: 'image' });
  });
});

describe('what lies outside', () => {
  it('is fetched in places of the workspace, and no longer than somebody waits for it', async () => {
    const url = `${webUrl}/silent`;
    const hangUp = new AbortController();
    const call = (path: string, body: Json) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: hangUp.signal,
      }).catch(() => null);
    const send = { deviceId, to: ADA, type: 'document', document: { url } };
    const preview = { deviceId, to: ADA, type: 'text', text: { body: url, linkPreview: true } };
    const items = Array.from({ length: 6 }, (_, i) => ({ ...send, document: { url: `${url}?${i}` } }));
    const calls = [
      ...Array.from({ length: 16 }, () => call('/v1/media/fetch', { url })),
      call('/v1/messages', send),
      call('/v1/messages', preview),
      call('/v1/messages/batch', { messages: items }),
    ];
    await expect.poll(() => silent.size).toBe(24);
    const full = await server.api.post('/v1/media/fetch', { url });
    expect([full.status, errorOf(full)['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    hangUp.abort();
    await Promise.all(calls);
    await expect.poll(() => silent.size).toBe(0);
    pages.set('/free.pdf', { type: 'application/pdf', body: pdfOf(1_000) });
    await expectOk(server.api.post('/v1/media/fetch', { url: `${webUrl}/free.pdf` }));
  });
});

describe('media that is deleted', () => {
  const remove = (mediaId: unknown) => server.api.call('DELETE', `/v1/media/${String(mediaId)}`);
  const shown = async (id: unknown) => mediaOf(await expectOk(server.api.get(`/v1/messages/${String(id)}`)));

  it('is gone in the message that shows it, which is forwarded no more; a forward of before has its own', async () => {
    const base64 = (await pictureOf(300, 200, 'jpeg')).toString('base64');
    const first = await reached(await idOf(post(ADA, { type: 'image', image: { base64 } })));
    const mediaId = mediaOf(first)['id'];
    const forward = () => server.api.post(`/v1/messages/${String(first['id'])}/forward`, { to: BEN });
    const forwarded = await reached(String((await expectOk(forward()))['id']));
    expect(mediaOf(forwarded)['id']).not.toBe(mediaId);
    await expectOk(remove(mediaId));
    expect(await shown(first['id'])).toMatchObject({ id: null, status: 'failed', reason: 'deleted', thumbnail: null });
    const refused = await forward();
    expect([refused.status, errorOf(refused)['code']]).toEqual([409, 'CONFLICT']);
    const other = await shown(forwarded['id']);
    expect(other).toMatchObject({ status: 'ready', sha256: mediaOf(first)['sha256'] });
    expect((await bytesOf(other['id'])).length).toBe(other['size']);
  });

  it('of one device is not that of another which sends it', async () => {
    const form = new FormData();
    form.set('file', new File([pdfOf(3_000)], 'of-branch.pdf'));
    form.set('deviceId', branchId);
    const uploaded = await fetch(`${server.url}/v1/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}` },
      body: form,
    });
    const { id } = Object(await uploaded.json());
    const sent = await reached(await idOf(post(ADA, { type: 'document', document: { mediaId: id } })));
    expect(mediaOf(sent)['id']).not.toBe(id);
    await expectOk(remove(id));
    expect(await shown(sent['id'])).toMatchObject({ status: 'ready', id: mediaOf(sent)['id'] });
  });
});

describe('a received file', () => {
  const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  const damagedGif = Buffer.concat([Buffer.from('GIF89a\0\0\0\0', 'latin1'), randomBytes(50)]);
  const mp42 = Buffer.concat([Buffer.from('\0\0\0\x20ftypmp42\0\0\0\0mdat', 'latin1'), randomBytes(500)]);

  it.each<[string, MediaKind, string, () => Buffer, string, object]>([
    [
      'an office document',
      'document',
      DOCX,
      () => Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(500)]),
      DOCX,
      {},
    ],
    ['a table', 'document', 'text/csv', () => Buffer.from(`a,b\n1,${Date.now()}\n`), 'text/csv', {}],
    ['sound in MP4', 'audio', 'audio/mp4', () => mp42, 'audio/mp4', { sendableAs: ['audio', 'voice', 'document'] }],
    ['what it is not called', 'document', 'image/png', () => pdfOf(400), 'application/pdf', {}],
    ['no media type at all', 'document', 'nonsense', () => pdfOf(400), 'application/pdf', {}],
    [
      'more pixels than are taken',
      'document',
      'image/png',
      () => png(20_000, 10_000, String(Date.now())),
      'image/png',
      { width: null },
    ],
    ['a damaged header', 'document', 'image/gif', () => damagedGif, 'image/gif', { width: null, height: null }],
  ])('of %s is kept, as %s of type %s', async (_what, kind, mimeType, bytesOfFile, kept, more) => {
    const bytes = bytesOfFile();
    await act(ADA, fromPhone(kind, bytes, { mimeType }));
    const message = await arrived(deviceId, ADA, hashOf(bytes));
    const media = await expectOk(server.api.get(`/v1/media/${String(mediaOf(message)['id'])}`));
    expect(media).toMatchObject({ mimeType: kept, source: 'inbound', ...more });
  });
});

describe('what is refused', () => {
  const cutOff = async () => (await pictureOf(640, 480, 'jpeg')).subarray(0, 1_500);
  const onlyMagic = async () => Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0), randomBytes(500)]);

  it.each([
    ['image', 'image', cutOff],
    ['image', 'image.base64', onlyMagic],
    ['sticker', 'sticker', cutOff],
    ['voice', 'voice', async () => wavOf(1).subarray(0, 20)],
    ['voice', 'voice', async () => Buffer.concat([Buffer.of(0xff, 0xf1, 0x50, 0x80), randomBytes(500)])],
    ['audio', 'audio', async () => Buffer.concat([wavOf(1).subarray(0, 12), Buffer.alloc(40)])],
  ])('%s that cannot be read or made: 400 that names %s', async (kind, param, bytes) => {
    const reply = await post(ADA, { type: kind, [kind]: { base64: (await bytes()).toString('base64') } });
    expect(reply.status).toBe(400);
    expect(errorOf(reply)).toMatchObject({ code: 'VALIDATION_ERROR', param });
  });

  it.each([
    [{ type: 'image', image: {} }, 'image.mediaId'],
    [{ type: 'image', image: { base64: 'AAAA', url: 'https://a.example' } }, 'image.base64'],
    [{ type: 'sticker', sticker: { base64: 'AAAA', caption: 'x' } }, 'sticker'],
    [{ type: 'image', document: { base64: 'AAAA' } }, 'image'],
  ])('%j: 400', async (message, param) => {
    const reply = await post(ADA, message);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(errorOf(reply))).toContain(param);
  });
});

/** Stands for ffmpeg, which is not everywhere: the last it is told is where to write. */
async function ffmpegThat(...lines: string[]): Promise<void> {
  const head = ['#!/bin/sh', 'for to; do :; done', '[ "$to" = encoder=libopus ] && exit 0'];
  await writeFile(join(dir, 'ffmpeg'), [...head, ...lines].join('\n'));
  await chmod(join(dir, 'ffmpeg'), 0o755);
}

it('work on a file that came to no end says nothing of the file: 503, and again later', async () => {
  await ffmpegThat('kill -9 $$');
  const message = { type: 'voice', voice: { base64: wavOf(1).toString('base64') } };
  const reply = await post(BEN, message);
  expect([reply.status, errorOf(reply)['code'], errorOf(reply)['retryable']]).toEqual([
    503,
    'SERVICE_UNAVAILABLE',
    true,
  ]);
  const made = join(dir, 'again.ogg');
  await writeFile(made, voiceOf(1));
  await ffmpegThat(`cp ${made} "$to"`);
  expect(mediaOf(await expectOk(post(BEN, message)))).toMatchObject({ mimeType: TYPES.voice });
});

describe('a file that is sent to many', () => {
  it('is made what its kind needs once', async () => {
    const [log, made] = [join(dir, 'log'), join(dir, 'made.ogg')];
    await writeFile(made, voiceOf(2));
    await ffmpegThat(`echo "$to" >> ${log}`, `cp ${made} "$to"`);
    const wav = wavOf(2).toString('base64');
    const send = () => post(BEN, { type: 'voice', voice: { base64: wav } });
    const together = await Promise.all(Array.from({ length: 20 }, async () => expectOk(send())));
    const [first, ...others] = [...together, await expectOk(send())].map(mediaOf);
    expect(first).toMatchObject({ mimeType: TYPES.voice, seconds: 2 });
    for (const other of others) expect(other['sha256']).toBe(first?.['sha256']);
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('is looked at though it has more pixels than are decoded: it goes without a thumbnail', async () => {
    const bytes = png(9_000, 9_000, 'large');
    const sent = await expectOk(post(ADA, { type: 'image', image: { base64: bytes.toString('base64') } }));
    expect(mediaOf(sent)).toMatchObject({ width: 9_000, height: 9_000, thumbnail: null });
  });
});

describe('when something is in the way', () => {
  it('a media host that takes nothing holds a message; it goes once, under its own id, when the host is back', async () => {
    await network.call('media.fault', { target: 'upload', fault: { kind: 'status', status: 503 } });
    const { bytes, message } = await inline('document');
    const id = await idOf(post(BEN, message));
    // The log tells of an attempt that failed; the API shows only that the message is on its way.
    await expect
      .poll(() => server.output, { timeout: 30_000 })
      .toMatch(new RegExp(`could not be uploaded.*${id}`, 's'));
    expect((await expectOk(server.api.get(`/v1/messages/${id}`)))['status']).toBe('sending');
    await network.call('media.fault', { target: 'upload', fault: null });
    await reached(id);
    const shown = await onPhone(BEN, (m) => mediaOf(m)['sha256'] === hashOf(bytes));
    expect(shown['duplicates']).toBe(0);
  });

  it('a file gone from the host is uploaded again by the phone', async () => {
    await network.call('media.fault', { target: '*', fault: { kind: 'status', status: 500 } });
    const bytes = await FILES.document();
    const waId = await act(ADA, fromPhone('document', bytes));
    const pending = await arrived(deviceId, ADA, hashOf(bytes), 'pending');
    const { messages } = await network.call('phones.inbox', { number: SHOP, id: waId });
    const document = objectOf(
      objectOf(objectOf(messages[0]?.message ?? {}, 'documentWithCaptionMessage'), 'message'),
      'documentMessage',
    );
    await network.call('media.fault', { target: String(document['directPath']), fault: { kind: 'missing' } });
    await network.call('media.fault', { target: '*', fault: null });
    const ready = await arrived(deviceId, ADA, hashOf(bytes));
    expect(ready['id']).toBe(pending['id']);
    expect(hashOf(await bytesOf(mediaOf(ready)['id']))).toBe(hashOf(bytes));
  });

  it('a file that nobody has any more fails, with an event and a reason', async () => {
    await network.call('media.fault', { target: '*', fault: { kind: 'status', status: 500 } });
    const bytes = await FILES.document();
    const waId = await act(ADA, fromPhone('document', bytes));
    const { id } = await arrived(deviceId, ADA, hashOf(bytes), 'pending');
    await network.call('phones.deleteFile', { number: SHOP, id: waId });
    await network.call('media.fault', { target: '*', fault: { kind: 'missing' } });
    const failed = await arrived(deviceId, ADA, hashOf(bytes), 'failed');
    expect(mediaOf(failed)).toMatchObject({ id: null, reason: 'unavailable' });
    expect(await eventsOf('media.failed', id)).toHaveLength(1);
    const forward = await server.api.post(`/v1/messages/${String(id)}/forward`, { to: BEN });
    expect([forward.status, errorOf(forward)['code']]).toEqual([409, 'CONFLICT']);
  });
});

describe('a preview of a link', () => {
  it('goes with the text, and a page that cannot be had keeps nothing back', async () => {
    const head =
      '<title>plain</title><meta property="og:title" content="Shop &amp; Co"><meta property="og:image" content="/p.png">';
    pages.set('/page', { type: 'text/html; charset=utf-8', body: Buffer.from(`<html><head>${head}</head></html>`) });
    pages.set('/p.png', { type: 'image/png', body: await pictureOf(200, 100, 'png') });
    const body = `look: ${webUrl}/page.`;
    const sent = await reached(await idOf(post(BRANCH, { type: 'text', text: { body, linkPreview: true } })));
    expect(sent['text']).toMatchObject({ body, preview: { url: `${webUrl}/page`, title: 'Shop & Co' } });
    expect(String(objectOf(objectOf(sent, 'text'), 'preview')['thumbnail'])).toMatch(/^\/9j\//);
    const path = `/v1/messages?direction=inbound&deviceId=${branchId}&limit=100`;
    const find = (m: Json) => objectOf(m, 'text')['body'] === body;
    const there = rowsOf(await server.api.until(path, (list) => rowsOf(list).some(find))).find(find) ?? {};
    expect(there['text']).toEqual(sent['text']);
    const without = { type: 'text', text: { body: `see ${webUrl}/nowhere`, linkPreview: true } };
    expect((await reached(await idOf(post(ADA, without))))['text']).toEqual({ body: `see ${webUrl}/nowhere` });
  });
});
