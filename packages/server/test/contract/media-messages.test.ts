// Every kind of file from one device to another and to a phone, and from a phone, over the API.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MEDIA_KINDS, type MediaKind } from '../../src/engine/port.ts';
import { readOggOpus } from '../../src/platform/media-tools/ogg.ts';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { hashOf, pdfOf, pictureOf } from '../kit/files.ts';
import {
  ADA,
  BEN,
  BRANCH,
  FILES,
  fromPhone,
  idOf,
  inline,
  mediaOf,
  mediaScene,
  SAID,
  SHOP,
  TYPES,
} from '../kit/media-scene.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { png } from '../media/kit.ts';

const scene = mediaScene();
const post = (to: string, message: Json) => scene().post(to, message);
const reached = (id: string) => scene().reached(id);

describe.each(MEDIA_KINDS)('%s', (kind) => {
  it('goes to another device, which downloads it, and to its phone, byte for byte and field for field', async () => {
    const { bytes, message } = await inline(kind);
    const id = await idOf(post(BRANCH, message));
    const sent = await reached(id);
    const said = { ...SAID[kind], mimeType: TYPES[kind], size: bytes.length, sha256: hashOf(bytes), status: 'ready' };
    expect(sent).toMatchObject({ type: kind, media: said });
    expect(hashOf(await scene().bytesOf(mediaOf(sent)['id']))).toBe(hashOf(bytes));
    const there = await scene().arrived(scene().branchId, SHOP, hashOf(bytes));
    const { id: ours, ...described } = mediaOf(sent);
    expect(there).toMatchObject({ type: kind, media: described });
    expect(mediaOf(there)['id']).not.toBe(ours);
    expect(hashOf(await scene().bytesOf(mediaOf(there)['id']))).toBe(hashOf(bytes));
    const shown = await scene().onPhone(BRANCH, (m) => mediaOf(m)['sha256'] === hashOf(bytes));
    expect(shown).toMatchObject({
      type: kind,
      media: { kind, size: bytes.length, mimeType: TYPES[kind], ...SAID[kind] },
    });
  });

  it('comes from a phone: told at once, then ready, with one event', async () => {
    const bytes = await FILES[kind]();
    await scene().act(ADA, fromPhone(kind, bytes));
    const message = await scene().arrived(scene().deviceId, ADA, hashOf(bytes));
    expect(message).toMatchObject({
      type: kind,
      media: { ...SAID[kind], mimeType: TYPES[kind], size: bytes.length, reason: null },
    });
    expect(hashOf(await scene().bytesOf(mediaOf(message)['id']))).toBe(hashOf(bytes));
    const [received] = rowsOf(
      await expectOk(scene().server.api.get('/v1/events?types=message.received&limit=100')),
    ).filter((event) => objectOf(objectOf(event, 'data'), 'message')['id'] === message['id']);
    expect(objectOf(objectOf(objectOf(received ?? {}, 'data'), 'message'), 'media')['status']).toBe('pending');
    const ready = await scene().eventsOf('media.ready', message['id']);
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
    expect(mediaOf(await scene().arrived(scene().branchId, SHOP, hashOf(bytes)))['thumbnail']).toBe(media['thumbnail']);
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
    const made = await scene().bytesOf(media['id']);
    const { seconds } = readOggOpus(made);
    expect([seconds > 1.45, seconds < 1.65]).toEqual([true, true]);
    expect(Buffer.from(String(media['waveform']), 'base64')).toHaveLength(64);
    expect(
      hashOf(await scene().bytesOf(mediaOf(await scene().arrived(scene().branchId, SHOP, hashOf(made)))['id'])),
    ).toBe(hashOf(made));
  });

  it('any picture becomes a sticker', async () => {
    const bytes = await pictureOf(300, 200, 'png');
    const id = await idOf(post(ADA, { type: 'sticker', sticker: { base64: bytes.toString('base64') } }));
    expect(mediaOf(await reached(id))).toMatchObject({ mimeType: 'image/webp', width: 512, height: 512 });
    const shown = await scene().onPhone(ADA, (m) => m['type'] === 'sticker' && mediaOf(m)['width'] === 512);
    expect(mediaOf(shown)['sha256']).not.toBe(hashOf(bytes));
  });
});

describe('where a file may come from', () => {
  it('a URL is fetched before the message is accepted', async () => {
    const body = pdfOf(20_000);
    scene().pages.set('/bill.pdf', { type: 'application/pdf', body });
    const message = { type: 'document', document: { url: `${scene().webUrl}/bill.pdf` } };
    const media = mediaOf(await reached(await idOf(post(ADA, message))));
    expect(media).toMatchObject({ sha256: hashOf(body), fileName: 'bill.pdf' });
  });

  it('what cannot be had is refused, with the field', async () => {
    const reply = await post(ADA, { type: 'document', document: { url: `${scene().webUrl}/missing.pdf` } });
    expect(reply.status).toBe(400);
    expect(errorOf(reply)).toMatchObject({ code: 'VALIDATION_ERROR', param: 'document.url' });
  });

  it('media that is there is sent again and again, and one upload serves all', async () => {
    const first = mediaOf(await reached(await idOf(post(ADA, (await inline('document')).message))));
    const again = { type: 'document', document: { mediaId: first['id'], fileName: 'again.pdf' } };
    const second = mediaOf(await reached(await idOf(post(BEN, again))));
    expect(second).toMatchObject({ id: first['id'], sha256: first['sha256'], fileName: 'again.pdf' });
    const path = async (phone: string) => {
      const message = objectOf(await scene().onPhone(phone, (m) => mediaOf(m)['sha256'] === first['sha256']), 'media');
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
    const messages = items.map((item) => ({ deviceId: scene().deviceId, to: BEN, ...item }));
    const { body } = await scene().server.api.post('/v1/messages/batch', { messages });
    expect(body).toMatchObject({ accepted: 3, refused: 1 });
    const [first, , refused, last] = rowsOf(body);
    expect(objectOf(refused ?? {}, 'error')['code']).toBe('UNSUPPORTED_MEDIA_TYPE');
    const media = await Promise.all([first, last].map(async (row) => mediaOf(await reached(String(row?.['id'])))));
    expect(media.map((one) => one['sha256'])).toEqual([hashOf(bytes), hashOf(bytes)]);
    expect(media[0]?.['id']).toBe(media[1]?.['id']);
  });

  it('is forwarded, and answered, as it came', async () => {
    const bytes = await FILES.document();
    const waId = await scene().act(ADA, fromPhone('document', bytes));
    const message = await scene().arrived(scene().deviceId, ADA, hashOf(bytes));
    const forwarded = await expectOk(
      scene().server.api.post(`/v1/messages/${String(message['id'])}/forward`, { to: BEN }),
    );
    expect(forwarded).toMatchObject({ type: 'document', forwarded: true, media: { sha256: hashOf(bytes) } });
    await reached(String(forwarded['id']));
    expect(await scene().onPhone(BEN, (m) => mediaOf(m)['sha256'] === hashOf(bytes))).toMatchObject({
      forwarded: true,
    });
    const answer = { ...(await inline('image')).message, replyTo: message['id'] };
    await reached(await idOf(post(ADA, answer)));
    expect(await scene().onPhone(ADA, (m) => m['replyTo'] === waId)).toMatchObject({ type: 'image' });
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
    await scene().act(ADA, fromPhone(kind, bytes, { mimeType }));
    const message = await scene().arrived(scene().deviceId, ADA, hashOf(bytes));
    const media = await expectOk(scene().server.api.get(`/v1/media/${String(mediaOf(message)['id'])}`));
    expect(media).toMatchObject({ mimeType: kept, source: 'inbound', ...more });
  });
});

describe('a preview of a link', () => {
  it('goes with the text, and a page that cannot be had keeps nothing back', async () => {
    const head =
      '<title>plain</title><meta property="og:title" content="Shop &amp; Co"><meta property="og:image" content="/p.png">';
    scene().pages.set('/page', {
      type: 'text/html; charset=utf-8',
      body: Buffer.from(`<html><head>${head}</head></html>`),
    });
    scene().pages.set('/p.png', { type: 'image/png', body: await pictureOf(200, 100, 'png') });
    const body = `look: ${scene().webUrl}/page.`;
    const sent = await reached(await idOf(post(BRANCH, { type: 'text', text: { body, linkPreview: true } })));
    expect(sent['text']).toMatchObject({ body, preview: { url: `${scene().webUrl}/page`, title: 'Shop & Co' } });
    expect(String(objectOf(objectOf(sent, 'text'), 'preview')['thumbnail'])).toMatch(/^\/9j\//);
    const path = `/v1/messages?direction=inbound&deviceId=${scene().branchId}&limit=100`;
    const find = (m: Json) => objectOf(m, 'text')['body'] === body;
    const there = rowsOf(await scene().server.api.until(path, (list) => rowsOf(list).some(find))).find(find) ?? {};
    expect(there['text']).toEqual(sent['text']);
    const without = { type: 'text', text: { body: `see ${scene().webUrl}/nowhere`, linkPreview: true } };
    expect((await reached(await idOf(post(ADA, without))))['text']).toEqual({ body: `see ${scene().webUrl}/nowhere` });
  });
});
