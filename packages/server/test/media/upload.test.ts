import { createHash, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, errorOf, replyOf, rowsOf, upload } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { PIXEL } from '../kit/media.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';
import { beginUpload, fileOf, filesIn, formOf, jpeg, png, sendForm, taken } from './kit.ts';

const MIB = 1024 * 1024;
const PATIENT = { timeout: 20_000 };

let server: TestServer;
let api: ApiClient;

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_SANDBOX: 'off' } });
  api = server.api;
});
afterAll(() => server[Symbol.asyncDispose]());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const drafts = async () => (await filesIn(server.dataDir)).filter((file) => file.startsWith('drafts'));

/** Runs what must leave no file behind. */
async function leavesNothing<T>(work: () => Promise<T>): Promise<T> {
  // A reply is there a moment before its draft is gone.
  await expect.poll(drafts, PATIENT).toEqual([]);
  const before = await filesIn(server.dataDir);
  const result = await work();
  await expect.poll(() => filesIn(server.dataDir), PATIENT).toEqual(before);
  return result;
}

describe('an upload', () => {
  it('is told by its bytes, measured by its header and kept for its owner alone', async () => {
    const bytes = png(640, 480, 'first');
    const reply = await upload(api, { file: fileOf(bytes, '../photos/Grüße.png', 'image/png') });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe(`/v1/media/${reply.body['id']}`);
    expect(reply.body).toMatchObject({
      id: expect.stringMatching(/^med_/),
      deviceId: null,
      kind: 'image',
      mimeType: 'image/png',
      size: bytes.length,
      sha256: sha256(bytes),
      fileName: 'Grüße.png',
      width: 640,
      height: 480,
      sendableAs: ['image', 'document', 'sticker'],
      source: 'upload',
    });
    expect(await expectOk(api.get(`/v1/media/${reply.body['id']}`))).toEqual(reply.body);
    const file = path.join(
      server.dataDir,
      'media',
      'blobs',
      server.workspaceId,
      sha256(bytes).slice(0, 2),
      sha256(bytes),
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(server.dataDir, 'media', 'blobs'))).mode & 0o777).toBe(0o700);
    await expect.poll(drafts, PATIENT).toEqual([]);
    const { body } = await api.get('/v1/events?types=media.ready&limit=100');
    expect(rowsOf(body).some(({ data }) => JSON.stringify(data).includes(String(reply.body['id'])))).toBe(true);
  });

  it('needs no Content-Type, takes a name of its own, and reads a size behind a megabyte of other segments', async () => {
    const media = await taken(api, fileOf(jpeg(4_000, 3_000, MIB), 'x.dat'), { fileName: 'Holiday.jpg' });
    expect(media).toMatchObject({ mimeType: 'image/jpeg', fileName: 'Holiday.jpg', width: 4_000, height: 3_000 });
  });

  it('of equal bytes is stored once', async () => {
    const bytes = png(10, 10, 'twice');
    const [one, two] = [await taken(api, fileOf(bytes, 'a.png')), await taken(api, fileOf(bytes, 'b.png'))];
    expect(one['id']).not.toBe(two['id']);
    expect((await filesIn(server.dataDir)).filter((file) => file.endsWith(sha256(bytes)))).toHaveLength(1);
  });

  it('is taken once for an Idempotency-Key, by its content', async () => {
    const send = (seed: string) =>
      upload(api, { file: fileOf(png(11, 11, seed), 'a.png') }, { 'idempotency-key': 'media-once' });
    const first = await send('same');
    const again = await send('same');
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
    expect(again.body).toEqual(first.body);
    const other = await leavesNothing(() => send('other'));
    expect([other.status, errorOf(other)['code']]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
  });

  it('is taken once when the same key comes five times at once', async () => {
    const send = () => upload(api, { file: fileOf(png(12, 12, 'race'), 'a.png') }, { 'idempotency-key': 'media-race' });
    const replies = await Promise.all(Array.from({ length: 5 }, send));
    const made = replies.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
    for (const reply of replies) expect([201, 409]).toContain(reply.status);
  });

  it.each([
    ['is empty', { file: fileOf('', 'a.txt') }, 400, 'file: is empty'],
    [
      'is declared as what it is not',
      { file: fileOf(PIXEL, 'a.jpg', 'image/jpeg') },
      400,
      'declared as image/jpeg, but its content is image/png',
    ],
    ['claims to be larger than memory', { file: fileOf(png(60_000, 60_000), 'bomb.png') }, 400, '60000 × 60000'],
    ['has more pixels than may be', { file: fileOf(png(20_000, 20_000), 'bomb.png') }, 400, 'megapixels'],
    [
      'has no size in its header',
      { file: fileOf(Buffer.from([0xff, 0xd8, 0xff, 0xd9]), 'a.jpg') },
      400,
      'header has no size',
    ],
    [
      'cannot be sent as what it is for',
      { file: fileOf('text', 'a.txt'), sendAs: 'image' },
      415,
      'text/plain cannot be sent as image',
    ],
    [
      'is too large for what it is for',
      { file: fileOf(Buffer.concat([PIXEL, Buffer.alloc(6 * MIB)]), 'a.png'), sendAs: 'sticker' },
      413,
      '5 MiB',
    ],
    ['has a field that is none', { file: fileOf(PIXEL, 'a.png'), color: 'red' }, 400, 'color: unknown field'],
    ['names no such kind', { file: fileOf(PIXEL, 'a.png'), sendAs: 'hologram' }, 400, 'sendAs'],
    [
      'names no device',
      { file: fileOf(PIXEL, 'a.png'), deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d' },
      404,
      'no such device',
    ],
    ['has no file', { fileName: 'a.png' }, 400, 'file: is missing'],
    ['has the file as a text', { file: 'a.png' }, 400, 'file'],
    ['has its file under another name', { picture: fileOf(PIXEL, 'a.png') }, 400, 'picture: is no field'],
  ])('that %s is refused and leaves nothing', async (_what, fields, status, message) => {
    const reply = await leavesNothing(() => upload(api, fields));
    expect([reply.status, String(errorOf(reply)['message'])]).toEqual([status, expect.stringContaining(message)]);
  });

  it('of two files is refused and leaves nothing', async () => {
    const form = new FormData();
    for (const name of ['a.png', 'b.png']) form.append('file', fileOf(PIXEL, name));
    const headers = { authorization: `Bearer ${api.key}` };
    const send = async () => replyOf(await fetch(`${api.url}/v1/media`, { method: 'POST', headers, body: form }));
    const reply = await leavesNothing(send);
    expect([reply.status, errorOf(reply)['param']]).toEqual([400, 'file']);
  });

  it('that is no form is refused: 415', async () => {
    for (const reply of [
      await api.post('/v1/media', { url: 'https://example.com/' }),
      await api.call('POST', '/v1/media', 'x', { 'content-type': 'image/png' }),
      await api.post('/v1/media'),
      await api.call('POST', '/v1/media', 'x', { 'content-type': 'multipart/mixed; boundary=a' }),
    ])
      expect([reply.status, errorOf(reply)['code']]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const other = await api.call('POST', '/v1/devices', 'x', { 'content-type': 'multipart/form-data; boundary=a' });
    expect([other.status, errorOf(other)['message']]).toEqual([415, 'send the body as application/json']);
  });

  it('whose form is broken is refused and leaves nothing', async () => {
    const whole = formOf(randomBytes(100_000));
    for (const body of [whole.subarray(0, whole.length - 40), Buffer.from('nonsense'), Buffer.alloc(0)]) {
      const reply = await leavesNothing(() => sendForm(api, body));
      expect([reply.status, errorOf(reply)['code']], String(body.length)).toEqual([400, 'VALIDATION_ERROR']);
    }
    const unbounded = await sendForm(api, whole, { 'content-type': 'multipart/form-data' });
    expect([400, 415]).toContain(unbounded.status);
  });

  it('that breaks off leaves nothing on disk', async () => {
    const whole = formOf(randomBytes(3 * MIB));
    await leavesNothing(async () => {
      const socket = await beginUpload(api, whole.subarray(0, 2 * MIB), whole.length);
      await expect.poll(async () => (await drafts()).length, PATIENT).toBe(1);
      socket.destroy();
    });
    expect((await api.get('/v1/media')).status).toBe(200);
  });

  it('over 100 MiB is refused while it still comes', async () => {
    let sent = 0;
    const head = formOf(Buffer.alloc(0)).subarray(0, -22);
    const chunk = Buffer.alloc(MIB, 7);
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(head),
      pull(controller) {
        sent += 1;
        if (sent > 400) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const reply = await leavesNothing(() => sendForm(api, endless));
    expect([reply.status, errorOf(reply)['code']]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(sent).toBeLessThan(200);
  });

  it('that says itself that it is too long is refused before it is read', async () => {
    expect(await leavesNothing(saysTooMuch)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('of who may not is refused before it is read', async () => {
    const nobody = new ApiClient(api.url, 'wap_nobody');
    const reply = await leavesNothing(() => sendForm(nobody, formOf(randomBytes(8 * MIB))));
    expect([reply.status, errorOf(reply)['code']]).toEqual([401, 'UNAUTHORIZED']);
    const made = await expectOk(api.post('/v1/keys', { name: 'Reader', scopes: ['media:read'] }));
    const reader = new ApiClient(api.url, String(made['apiKey']));
    const refused = await leavesNothing(() => sendForm(reader, formOf(randomBytes(8 * MIB))));
    expect([refused.status, errorOf(refused)['code']]).toEqual([403, 'FORBIDDEN']);
    expect((await reader.get('/v1/media')).status).toBe(200);
  });
});

/** What the server says to a request that announces 200 MB and sends nothing of them. */
async function saysTooMuch(): Promise<string> {
  const socket = await beginUpload(api, Buffer.alloc(0), 200_000_000);
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('data', (chunk) => {
      resolve(chunk.toString());
      socket.destroy();
    });
  });
}

it('a key limited to a device uploads for that device, and sees its media alone', async () => {
  const device = await expectOk(api.post('/v1/devices', { label: 'Mine', network: 'whatsapp' }));
  const deviceId = String(device['id']);
  const rights = { name: 'Limited', scopes: ['media:*'], deviceIds: [deviceId] };
  const key = await expectOk(api.post('/v1/keys', rights));
  const limited = new ApiClient(api.url, String(key['apiKey']));
  const without = await upload(limited, { file: fileOf(png(1, 1, 'limited'), 'a.png') });
  expect([without.status, errorOf(without)['param']]).toEqual([400, 'deviceId']);
  const mine = await taken(limited, fileOf(png(1, 1, 'limited'), 'a.png'), { deviceId });
  const others = await taken(api, fileOf(png(1, 1, 'limited'), 'a.png'));
  expect(rowsOf((await limited.get('/v1/media')).body).map(({ id }) => id)).toEqual([mine['id']]);
  for (const [method, at] of [
    ['GET', ''],
    ['GET', '/content'],
    ['DELETE', ''],
  ] as const)
    expect((await limited.call(method, `/v1/media/${others['id']}${at}`)).status).toBe(403);
  expect((await limited.call('DELETE', `/v1/media/${mine['id']}`)).status).toBe(204);
  // The other names the same bytes still.
  expect((await api.get(`/v1/media/${others['id']}/content`)).status).toBe(200);
});

it('while the disk is almost full nothing is taken, a URL neither, and the doctor says so', async () => {
  const env = { WAPING_SANDBOX: 'off', WAPING_DISK_FLOOR: '1000000000' };
  await using full = await TestServer.start({ env });
  const refused = [
    await upload(full.api, { file: fileOf(PIXEL, 'a.png') }),
    await full.api.post('/v1/media/fetch', { url: 'https://example.com/a.png' }),
  ];
  for (const reply of refused) {
    expect([reply.status, errorOf(reply)['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(errorOf(reply)['message']).toContain('almost full');
  }
  expect(await filesIn(full.dataDir)).toEqual([]);
  expect((await full.api.get('/v1/media')).status).toBe(200);
  await full.stop();
  const { out, code } = await runCli(['doctor'], { WAPING_DATA_DIR: full.dataDir, ...env });
  expect([code, out]).toEqual([1, expect.stringMatching(/almost full, \d+ MiB free: media is refused/)]);
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
