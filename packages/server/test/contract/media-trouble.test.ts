// What can be wrong with a file, and what can stand in its way, over the API.
import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf } from '../kit/api.ts';
import { hashOf, pdfOf, pictureOf, voiceOf, wavOf } from '../kit/files.ts';
import { ADA, BEN, FILES, fromPhone, idOf, inline, mediaOf, mediaScene, SHOP, TYPES } from '../kit/media-scene.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { png } from '../media/kit.ts';

const scene = mediaScene();
const post = (to: string, message: Json) => scene().post(to, message);
const reached = (id: string) => scene().reached(id);

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

describe('what lies outside', () => {
  it('is fetched in places of the workspace, and no longer than somebody waits for it', async () => {
    const url = `${scene().webUrl}/silent`;
    const hangUp = new AbortController();
    const call = (path: string, body: Json) =>
      fetch(`${scene().server.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${scene().server.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: hangUp.signal,
      }).catch(() => null);
    const send = { deviceId: scene().deviceId, to: ADA, type: 'document', document: { url } };
    const preview = { deviceId: scene().deviceId, to: ADA, type: 'text', text: { body: url, linkPreview: true } };
    const items = Array.from({ length: 6 }, (_, i) => ({ ...send, document: { url: `${url}?${i}` } }));
    const calls = [
      ...Array.from({ length: 16 }, () => call('/v1/media/fetch', { url })),
      call('/v1/messages', send),
      call('/v1/messages', preview),
      call('/v1/messages/batch', { messages: items }),
    ];
    await expect.poll(() => scene().silent.size).toBe(24);
    const full = await scene().server.api.post('/v1/media/fetch', { url });
    expect([full.status, errorOf(full)['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    hangUp.abort();
    await Promise.all(calls);
    await expect.poll(() => scene().silent.size).toBe(0);
    scene().pages.set('/free.pdf', { type: 'application/pdf', body: pdfOf(1_000) });
    await expectOk(scene().server.api.post('/v1/media/fetch', { url: `${scene().webUrl}/free.pdf` }));
  });
});

describe('media that is deleted', () => {
  const remove = (mediaId: unknown) => scene().server.api.call('DELETE', `/v1/media/${String(mediaId)}`);
  const shown = async (id: unknown) => mediaOf(await expectOk(scene().server.api.get(`/v1/messages/${String(id)}`)));

  it('is gone in the message that shows it, which is forwarded no more; a forward of before has its own', async () => {
    const base64 = (await pictureOf(300, 200, 'jpeg')).toString('base64');
    const first = await reached(await idOf(post(ADA, { type: 'image', image: { base64 } })));
    const mediaId = mediaOf(first)['id'];
    const forward = () => scene().server.api.post(`/v1/messages/${String(first['id'])}/forward`, { to: BEN });
    const forwarded = await reached(String((await expectOk(forward()))['id']));
    expect(mediaOf(forwarded)['id']).not.toBe(mediaId);
    await expectOk(remove(mediaId));
    expect(await shown(first['id'])).toMatchObject({ id: null, status: 'failed', reason: 'deleted', thumbnail: null });
    const refused = await forward();
    expect([refused.status, errorOf(refused)['code']]).toEqual([409, 'CONFLICT']);
    const other = await shown(forwarded['id']);
    expect(other).toMatchObject({ status: 'ready', sha256: mediaOf(first)['sha256'] });
    expect((await scene().bytesOf(other['id'])).length).toBe(other['size']);
  });

  it('of one device is not that of another which sends it', async () => {
    const form = new FormData();
    form.set('file', new File([pdfOf(3_000)], 'of-branch.pdf'));
    form.set('deviceId', scene().branchId);
    const uploaded = await fetch(`${scene().server.url}/v1/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene().server.apiKey}` },
      body: form,
    });
    const { id } = Object(await uploaded.json());
    const sent = await reached(await idOf(post(ADA, { type: 'document', document: { mediaId: id } })));
    expect(mediaOf(sent)['id']).not.toBe(id);
    await expectOk(remove(id));
    expect(await shown(sent['id'])).toMatchObject({ status: 'ready', id: mediaOf(sent)['id'] });
  });
});

async function ffmpegThat(...lines: string[]): Promise<void> {
  const head = ['#!/bin/sh', 'for to; do :; done', '[ "$to" = encoder=libopus ] && exit 0'];
  await writeFile(join(scene().dir, 'ffmpeg'), [...head, ...lines].join('\n'));
  await chmod(join(scene().dir, 'ffmpeg'), 0o755);
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
  const made = join(scene().dir, 'again.ogg');
  await writeFile(made, voiceOf(1));
  await ffmpegThat(`cp ${made} "$to"`);
  expect(mediaOf(await expectOk(post(BEN, message)))).toMatchObject({ mimeType: TYPES.voice });
});

describe('a file that is sent to many', () => {
  it('is made what its kind needs once', async () => {
    const [log, made] = [join(scene().dir, 'log'), join(scene().dir, 'made.ogg')];
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
    await scene().network.call('media.fault', { target: 'upload', fault: { kind: 'status', status: 503 } });
    const { bytes, message } = await inline('document');
    const id = await idOf(post(BEN, message));
    // The log tells of an attempt that failed; the API shows only that the message is on its way.
    await expect
      .poll(() => scene().server.output, { timeout: 30_000 })
      .toMatch(new RegExp(`could not be uploaded.*${id}`, 's'));
    expect((await expectOk(scene().server.api.get(`/v1/messages/${id}`)))['status']).toBe('sending');
    await scene().network.call('media.fault', { target: 'upload', fault: null });
    await reached(id);
    const shown = await scene().onPhone(BEN, (m) => mediaOf(m)['sha256'] === hashOf(bytes));
    expect(shown['duplicates']).toBe(0);
  });

  it('a file gone from the host is uploaded again by the phone', async () => {
    await scene().network.call('media.fault', { target: '*', fault: { kind: 'status', status: 500 } });
    const bytes = await FILES.document();
    const waId = await scene().act(ADA, fromPhone('document', bytes));
    const pending = await scene().arrived(scene().deviceId, ADA, hashOf(bytes), 'pending');
    const { messages } = await scene().network.call('phones.inbox', { number: SHOP, id: waId });
    const document = objectOf(
      objectOf(objectOf(messages[0]?.message ?? {}, 'documentWithCaptionMessage'), 'message'),
      'documentMessage',
    );
    await scene().network.call('media.fault', { target: String(document['directPath']), fault: { kind: 'missing' } });
    await scene().network.call('media.fault', { target: '*', fault: null });
    const ready = await scene().arrived(scene().deviceId, ADA, hashOf(bytes));
    expect(ready['id']).toBe(pending['id']);
    expect(hashOf(await scene().bytesOf(mediaOf(ready)['id']))).toBe(hashOf(bytes));
  });

  it('a file that nobody has any more fails, with an event and a reason', async () => {
    await scene().network.call('media.fault', { target: '*', fault: { kind: 'status', status: 500 } });
    const bytes = await FILES.document();
    const waId = await scene().act(ADA, fromPhone('document', bytes));
    const { id } = await scene().arrived(scene().deviceId, ADA, hashOf(bytes), 'pending');
    await scene().network.call('phones.deleteFile', { number: SHOP, id: waId });
    await scene().network.call('media.fault', { target: '*', fault: { kind: 'missing' } });
    const failed = await scene().arrived(scene().deviceId, ADA, hashOf(bytes), 'failed');
    expect(mediaOf(failed)).toMatchObject({ id: null, reason: 'unavailable' });
    expect(await scene().eventsOf('media.failed', id)).toHaveLength(1);
    const forward = await scene().server.api.post(`/v1/messages/${String(id)}/forward`, { to: BEN });
    expect([forward.status, errorOf(forward)['code']]).toEqual([409, 'CONFLICT']);
  });
});
