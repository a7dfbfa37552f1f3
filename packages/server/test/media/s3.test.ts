import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobCache } from '../../src/platform/blob/cache.ts';
import { Drafts } from '../../src/platform/blob/drafts.ts';
import { BlobMissing } from '../../src/platform/blob/port.ts';
import { S3Blobs } from '../../src/platform/blob/s3.ts';
import type { S3Settings } from '../../src/platform/blob/s3-client.ts';
import { newId } from '../../src/platform/ids.ts';
import { errorOf, upload } from '../kit/api.ts';
import { scratch } from '../kit/media.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';
import { fileOf, filesIn, taken } from './kit.ts';
import { SignedFront } from './signed-front.ts';

const MIB = 1024 * 1024;
const BUCKET = 'waping-media';

let store: S3rver;
let front: SignedFront;
let settings: S3Settings;

beforeAll(async () => {
  store = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: scratch(),
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = await store.run();
  // The id of the store's own account; the secret is checked by what stands before it.
  const account = { accessKeyId: 'S3RVER', secretAccessKey: 'a secret of the bucket', region: 'eu-central-1' };
  front = await SignedFront.start(port, account);
  settings = { endpoint: front.url, bucket: BUCKET, ...account };
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await store.close();
});

const env = (own: Partial<S3Settings> = {}) => {
  const given = { ...settings, ...own };
  return {
    WAPING_S3_ENDPOINT: given.endpoint,
    WAPING_S3_BUCKET: given.bucket,
    WAPING_S3_REGION: given.region,
    WAPING_S3_ACCESS_KEY_ID: given.accessKeyId,
    WAPING_S3_SECRET_ACCESS_KEY: given.secretAccessKey,
  };
};

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function draftOf(bytes: Buffer) {
  const drafts = await Drafts.open(scratch());
  return drafts.receive(Readable.from([bytes]), { mimeType: null, fileName: null, maxBytes: 200 * MIB });
}

describe('a bucket', () => {
  it('keeps blobs, gives them back whole and in parts, and forgets them', async () => {
    const blobs = new S3Blobs(settings);
    const bytes = randomBytes(3 * MIB);
    await using draft = await draftOf(bytes);
    const key = { workspaceId: newId('ws'), sha256: draft.sha256 };
    await expect(blobs.open(key)).rejects.toBeInstanceOf(BlobMissing);
    await blobs.put(key, draft);
    await blobs.put(key, draft);
    expect((await bytesOf(await blobs.open(key))).equals(bytes)).toBe(true);
    const part = await bytesOf(await blobs.open(key, { start: 1_000, end: 1_999 }));
    expect(part.equals(bytes.subarray(1_000, 2_000))).toBe(true);
    await blobs.remove(key);
    await blobs.remove(key);
    await expect(blobs.open(key)).rejects.toBeInstanceOf(BlobMissing);
  });

  it('empties a workspace, and no other', async () => {
    const blobs = new S3Blobs(settings);
    const [mine, other] = [newId('ws'), newId('ws')];
    const sha256s: string[] = [];
    for (let i = 0; i < 5; i++) {
      await using draft = await draftOf(randomBytes(100));
      sha256s.push(draft.sha256);
      for (const workspaceId of [mine, other]) await blobs.put({ workspaceId, sha256: draft.sha256 }, draft);
    }
    await blobs.removeAll(mine);
    for (const sha256 of sha256s) {
      await expect(blobs.open({ workspaceId: mine, sha256 })).rejects.toBeInstanceOf(BlobMissing);
      (await blobs.open({ workspaceId: other, sha256 })).destroy();
    }
  });

  it('that is away, or refuses the key, is an outage and no fault of the request', async () => {
    const wrong = new S3Blobs({ ...settings, secretAccessKey: 'wrong' });
    await expect(wrong.check()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    const away = new S3Blobs({ ...settings, endpoint: 'http://127.0.0.1:9' });
    await expect(away.check()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await new S3Blobs(settings).check();
  });

  it('gives files to who needs one on disk, each copied once, within a bound', async () => {
    const blobs = new S3Blobs(settings);
    const cache = await BlobCache.open(blobs, scratch(), 2_500);
    const workspaceId = newId('ws');
    const keys: { workspaceId: string; sha256: string }[] = [];
    for (let i = 0; i < 3; i++) {
      await using draft = await draftOf(randomBytes(1_000));
      const key = { workspaceId, sha256: draft.sha256 };
      await blobs.put(key, draft);
      keys.push(key);
    }
    const [one, two, three] = keys;
    if (!one || !two || !three) throw new Error('three blobs were stored');
    const copies = await Promise.all(Array.from({ length: 5 }, () => cache.localFile(one, 1_000)));
    const [copy] = copies;
    if (!copy) throw new Error('five copies were asked for');
    expect(new Set(copies.map(({ path }) => path)).size).toBe(1);
    const hash = createHash('sha256')
      .update(await readFile(copy.path))
      .digest('hex');
    expect(hash).toBe(one.sha256);
    const second = await cache.localFile(two, 1_000);
    // Both are in use: there is no room for a third, and nothing of it is left.
    await expect(cache.localFile(three, 1_000)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    for (const one of copies.slice(1)) one[Symbol.dispose]();
    await expect(cache.localFile(three, 1_000)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    copy[Symbol.dispose]();
    using third = await cache.localFile(three, 1_000);
    expect([existsSync(copy.path), existsSync(second.path), existsSync(third.path)]).toEqual([false, true, true]);
  });

  it('keeps no copy of what is removed, though it is just being copied, nor of what nobody has used for long', async () => {
    const blobs = new S3Blobs(settings);
    const dir = scratch();
    const cache = await BlobCache.open(blobs, dir, 10 * MIB);
    await using draft = await draftOf(randomBytes(2 * MIB));
    const key = { workspaceId: newId('ws'), sha256: draft.sha256 };
    await blobs.put(key, draft);
    const loading = cache.localFile(key, draft.size);
    const gone = expect(loading).rejects.toBeInstanceOf(BlobMissing);
    await cache.forget(key);
    await gone;
    expect(await readdir(dir)).toEqual([]);
    const later = Date.now() + 11 * 60_000;
    const copy = await cache.localFile(key, draft.size);
    await cache.dropIdle(later);
    expect(existsSync(copy.path)).toBe(true);
    copy[Symbol.dispose]();
    await cache.dropIdle();
    expect(existsSync(copy.path)).toBe(true);
    await cache.dropIdle(later);
    expect(await readdir(dir)).toEqual([]);
  });

  it('serves this node while callers read as slowly as they like', async () => {
    const blobs = new S3Blobs(settings);
    // More than the buffers on the way hold: a reader that takes nothing keeps its connection.
    await using draft = await draftOf(randomBytes(12 * MIB));
    const key = { workspaceId: newId('ws'), sha256: draft.sha256 };
    await blobs.put(key, draft);
    const slow = await Promise.all(Array.from({ length: 40 }, () => blobs.open(key, undefined, true)));
    const own = await blobs.open(key, { start: 0, end: 9 });
    expect((await bytesOf(own)).length).toBe(10);
    for (const stream of slow) stream.destroy();
  });
});

it('a gateway keeps its media in the bucket, and none of it on disk', async () => {
  await using server = await TestServer.start({ env: { ...env(), WAPING_SANDBOX: 'off' } });
  const { api } = server;
  const bytes = Buffer.concat([Buffer.from([0, 1, 2, 3]), randomBytes(8 * MIB)]);
  const { id } = await taken(api, fileOf(bytes, 'a.bin'));
  await expect.poll(() => filesIn(server.dataDir), { timeout: 20_000 }).toEqual([]);
  const headers = { authorization: `Bearer ${api.key}` };
  const url = `${api.url}/v1/media/${id}/content`;
  const whole = await fetch(url, { headers });
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  const part = await fetch(url, { headers: { ...headers, range: 'bytes=5-9' } });
  expect([part.status, Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(5, 10))]).toEqual([206, true]);
  const link = await expectOk(api.post(`/v1/media/${id}/url`));
  expect(String(link['url'])).not.toContain(settings.endpoint);
  expect((await fetch(String(link['url']))).status).toBe(200);
  const blobs = new S3Blobs(settings);
  const key = { workspaceId: server.workspaceId, sha256: createHash('sha256').update(bytes).digest('hex') };
  (await blobs.open(key)).destroy();
  await expectOk(api.call('DELETE', `/v1/media/${id}`));
  const isGone = () =>
    blobs.open(key).then(
      (stream) => void stream.destroy(),
      (error: unknown) => error instanceof BlobMissing,
    );
  await expect.poll(isGone, { timeout: 30_000 }).toBe(true);
});

it('a bucket that takes nothing answers 503, and the doctor says so', async () => {
  const broken = env({ secretAccessKey: 'not-the-secret' });
  await using server = await TestServer.start({ env: { ...broken, WAPING_SANDBOX: 'off' } });
  const reply = await upload(server.api, { file: fileOf('text', 'a.txt') });
  expect([reply.status, errorOf(reply)['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(reply.text).not.toContain('not-the-secret');
  expect(await filesIn(server.dataDir)).toEqual([]);
  await server.stop();
  const { out, code } = await runCli(['doctor'], { WAPING_DATA_DIR: server.dataDir, ...broken });
  expect([code, out]).toEqual([
    1,
    expect.stringMatching(/✗ media store: bucket waping-media at .*the bucket answered 403/),
  ]);
  expect(out).not.toContain('not-the-secret');
});

it('half of a bucket stops the start', async () => {
  const { code, err, out } = await runCli(['doctor'], { WAPING_DATA_DIR: scratch(), WAPING_S3_BUCKET: BUCKET });
  expect(code).not.toBe(0);
  expect(err + out).toContain('only half configured');
});
