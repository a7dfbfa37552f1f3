import { describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, type Reply, rowsOf, upload } from '../kit/api.ts';
import { hashOf, pdfOf, pictureOf, videoOf } from '../kit/files.ts';
import { outsideFile, PIXEL } from '../kit/media.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { templateScene, text } from '../kit/template-scene.ts';

const SHOP = '+15550001050';
const ADA = '+15550002050';

const scene = templateScene({ shop: SHOP, ada: ADA });
const { create, made, send, preview } = scene;

describe('a template of a file', () => {
  const uploaded = async (bytes: Buffer, name: string) =>
    String((await expectOk(upload(scene.server.api, { file: new File([bytes], name) })))['id']);

  /** What Ada's phone has of the message with this caption. */
  async function onPhone(caption: string): Promise<{ shown: Json; bytes: Buffer }> {
    const find = (one: Json) => objectOf(one, 'media')['caption'] === caption;
    const path = `/v1/sandbox/phones/${ADA}/messages?limit=100`;
    const shown = rowsOf(await scene.server.api.until(path, (page) => rowsOf(page).some(find))).find(find) ?? {};
    const control = await sandboxControl(scene.server.dataDir);
    const file = await control.call('phones.file', { number: ADA, id: String(shown['id']) });
    return { shown, bytes: Buffer.from(file.base64, 'base64') };
  }

  it.each([
    ['image', () => pictureOf(90, 60, 'jpeg'), 'a.jpg', {}, {}],
    ['video', async () => videoOf(5_000), 'a.mp4', {}, {}],
    ['document', async () => pdfOf(2_000), 'a.pdf', { fileName: 'Bill {{no}}.pdf' }, { fileName: 'Bill 12.pdf' }],
  ] as const)(
    '%s reaches the phone with its caption filled in, byte for byte',
    async (type, make, name, more, said) => {
      const bytes = await make();
      const mediaId = await uploaded(bytes, name);
      const template = await made({ type, [type]: { mediaId, caption: `{{who}}, your ${type}`, ...more } });
      expect(template).toMatchObject({ type, [type]: { mediaId, ...more }, text: null });
      const variables = { who: 'Ada', ...('fileName' in more ? { no: '12' } : {}) };
      const message = await expectOk(send({ id: template['id'], variables }));
      const caption = `Ada, your ${type}`;
      expect(message).toMatchObject({
        type,
        media: { id: mediaId, caption, sha256: hashOf(bytes), ...said },
        template: { id: template['id'] },
      });
      const { shown, bytes: got } = await onPhone(caption);
      expect(shown).toMatchObject({ type, media: { caption, ...said } });
      expect(got.equals(bytes)).toBe(true);
    },
  );

  it('takes its file from a URL with values in it, or from each send instead', async () => {
    const url = (await outsideFile()).replace('pixel', '{{no}}');
    const template = await made({ type: 'image', image: { url, caption: 'Order {{no}}' } });
    const { id } = template;
    expect(await expectOk(preview(id, { no: '7' }))).toMatchObject({
      type: 'image',
      image: { url: url.replace('{{no}}', '7'), caption: 'Order 7' },
    });
    const own = await expectOk(send({ id, variables: { no: '7' } }));
    expect(own).toMatchObject({ type: 'image', media: { caption: 'Order 7', sha256: hashOf(PIXEL) } });
    const bytes = await pictureOf(20, 20, 'png');
    const file = { base64: bytes.toString('base64') };
    const given = await expectOk(send({ id, variables: { no: '8' }, file }));
    expect(given).toMatchObject({ media: { caption: 'Order 8', sha256: hashOf(bytes) } });
  });

  it('leaves its file to the sends, each of which needs one that fits', async () => {
    const { id } = await made({ type: 'image', image: { caption: 'Hi {{who}}' } });
    const variables = { who: 'Ada' };
    expect(await expectOk(preview(id, variables))).toMatchObject({ image: { caption: 'Hi Ada' } });
    const use = (file?: Json) => send({ id, variables, ...(file ? { file } : {}) });
    const cases: [Reply, number, string][] = [
      [await use(), 400, 'template.file'],
      [await use({ base64: pdfOf(50).toString('base64') }), 415, 'template.file.base64'],
      [await use({ mediaId: 'med_01jd8k3v5q7w9x2y4z6a8b0c1d' }), 404, 'template.file.mediaId'],
      [await use({ url: 'http://10.0.0.1/a.png' }), 400, 'template.file.url'],
      [await use({ base64: PIXEL.subarray(0, 40).toString('base64') }), 400, 'template.file'],
      [await use({}), 400, 'template.file.mediaId'],
    ];
    for (const [reply, status, param] of cases)
      expect([reply.status, errorOf(reply)['param']], reply.text).toEqual([status, param]);
    const words = await made(text('Hi'));
    const pixel = { base64: PIXEL.toString('base64') };
    expect(errorOf(await send({ id: words['id'], file: pixel }))['param']).toBe('template.file');
  });

  it('goes to many in a batch, each with its own caption and all with one file', async () => {
    const mediaId = await uploaded(await pictureOf(25, 25, 'png'), 'many.png');
    const { id } = await made({ type: 'image', image: { caption: 'Dear {{who}}' } });
    const file = { base64: (await pictureOf(26, 26, 'png')).toString('base64') };
    const one = (who: string, given?: Json) => ({
      deviceId: scene.deviceId,
      to: ADA,
      type: 'template',
      template: { id, variables: { who }, ...(given ? { file: given } : {}) },
    });
    // More than a batch may have different files.
    const many = Array.from({ length: 120 }, (_, i) => one(`number ${i}`, file));
    const messages = [...many, one('none'), one('Ada', { mediaId })];
    const sent = rowsOf(await expectOk(scene.server.api.post('/v1/messages/batch', { messages })));
    expect(sent.map((row) => objectOf(row, 'error')['code'] ?? row['status'])).toEqual([
      ...many.map(() => 'queued'),
      'VALIDATION_ERROR',
      'queued',
    ]);
    const shown = async (at: number) =>
      objectOf(await expectOk(scene.server.api.get(`/v1/messages/${sent[at]?.['id']}`)), 'media');
    expect([(await shown(0))['caption'], (await shown(119))['caption']]).toEqual(['Dear number 0', 'Dear number 119']);
    expect((await shown(0))['id']).toBe((await shown(119))['id']);
    expect(await shown(121)).toMatchObject({ id: mediaId, caption: 'Dear Ada' });
    expect((await onPhone('Dear number 119')).shown).toMatchObject({ type: 'image' });
  });

  it('keeps the media it names, and names none that is not there or does not fit', async () => {
    const mediaId = await uploaded(await pictureOf(33, 33, 'png'), 'kept.png');
    const template = await made({ type: 'image', image: { mediaId } });
    const remove = () => scene.server.api.call('DELETE', `/v1/media/${mediaId}`);
    const kept = await remove();
    expect([kept.status, errorOf(kept)['code']]).toEqual([409, 'CONFLICT']);
    await expectOk(
      scene.server.api.call('PATCH', `/v1/templates/${template['id']}`, { image: { caption: 'Without' } }),
    );
    expect((await remove()).status).toBe(204);
    const cases: [Json, number, string][] = [
      [{ type: 'image', image: { mediaId } }, 404, 'image.mediaId'],
      [{ type: 'image', image: { mediaId, url: 'https://example.com/a.png' } }, 400, 'image.url'],
      [{ type: 'image', image: { url: 'ftp://example.com/{{x}}' } }, 400, 'image.url'],
      [{ type: 'video', video: { mediaId: await uploaded(PIXEL, 'pixel.png') } }, 415, 'video.mediaId'],
      [{ type: 'image', image: { base64: PIXEL.toString('base64') } }, 400, 'image.base64'],
    ];
    for (const [body, status, param] of cases) {
      const reply = await create(body);
      expect([reply.status, errorOf(reply)['param']], reply.text).toEqual([status, param]);
    }
  });
});
