import { createHash, randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, errorOf, rowsOf } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { fileOf, filesIn, png, taken } from './kit.ts';

let server: TestServer;
let api: ApiClient;

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_SANDBOX: 'off' } });
  api = server.api;
});
afterAll(() => server[Symbol.asyncDispose]());

interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Got> {
  const reply = await fetch(url, { headers });
  return { status: reply.status, headers: reply.headers, bytes: Buffer.from(await reply.arrayBuffer()) };
}

const content = (id: unknown, headers: Record<string, string> = {}) =>
  get(`${api.url}/v1/media/${id}/content`, { authorization: `Bearer ${api.key}`, ...headers });

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function noise(size = 500_000, name = 'noise.bin') {
  const bytes = Buffer.concat([Buffer.from([0, 1, 2, 3]), randomBytes(size - 4)]);
  const media = await taken(api, fileOf(bytes, name));
  return { bytes, id: String(media['id']) };
}

describe('a download', () => {
  it('is the bytes that went up, under their own type', async () => {
    const bytes = png(3, 3, 'download');
    const { id } = await taken(api, fileOf(bytes, 'Größe.png'));
    const got = await content(id);
    expect([got.status, got.bytes.equals(bytes)]).toEqual([200, true]);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(bytes.length),
      etag: `"${sha256(bytes)}"`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-disposition': `inline; filename="Groe.png"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.png`,
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'cache-control': 'private, no-cache',
    });
  });

  it.each([
    ['text/html', '<script>alert(1)</script>', 'a.html'],
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'a.svg'],
    ['application/pdf', '%PDF-1.7 \u0001', 'a.pdf'],
  ])('of %s is offered for saving, never for showing', async (type, text, name) => {
    const { id } = await taken(api, fileOf(text, name, type));
    const got = await content(id);
    expect([got.headers.get('content-type'), got.headers.get('content-disposition')]).toEqual([
      type,
      `attachment; filename="${name}"`,
    ]);
    expect(got.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('in parts gives the whole, each part as it was asked for', async () => {
    const { bytes, id } = await noise();
    const parts: Buffer[] = [];
    for (let start = 0; start < bytes.length; start += 150_000) {
      const end = Math.min(start + 150_000, bytes.length) - 1;
      const got = await content(id, { range: `bytes=${start}-${end}` });
      expect([got.status, got.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end}/${bytes.length}`]);
      expect(got.headers.get('content-length')).toBe(String(end - start + 1));
      parts.push(got.bytes);
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    const tail = await content(id, { range: 'bytes=-100' });
    expect(tail.bytes.equals(bytes.subarray(-100))).toBe(true);
  });

  it('of a part that is not there answers 416 with the length', async () => {
    const { bytes, id } = await noise(1_000);
    const got = await content(id, { range: `bytes=${bytes.length}-` });
    expect([got.status, got.headers.get('content-range'), got.bytes.length]).toEqual([416, 'bytes */1000', 0]);
    expect((await content(id, { range: 'lines=1-2' })).status).toBe(200);
  });

  it('goes by the ETag', async () => {
    const { bytes, id } = await noise(1_000);
    const etag = `"${sha256(bytes)}"`;
    const same = await content(id, { 'if-none-match': etag });
    expect([same.status, same.bytes.length, same.headers.get('etag')]).toEqual([304, 0, etag]);
    expect((await content(id, { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await content(id, { range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    expect((await content(id, { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200);
  });

  it('whose reader hangs up leaves the server well', async () => {
    const { id } = await noise(20_000_000);
    for (let i = 0; i < 5; i++) {
      const stop = new AbortController();
      const reply = await fetch(`${api.url}/v1/media/${id}/content`, {
        headers: { authorization: `Bearer ${api.key}` },
        signal: stop.signal,
      });
      await reply.body?.getReader().read();
      stop.abort();
    }
    expect((await content(id, { range: 'bytes=0-0' })).status).toBe(206);
  });

  it('of a file that was lost answers 404, not half a reply', async () => {
    const { bytes, id } = await noise(1_000);
    const hash = sha256(bytes);
    await unlink(path.join(server.dataDir, 'media', 'blobs', server.workspaceId, hash.slice(0, 2), hash));
    const lost = await content(id);
    expect([lost.status, lost.bytes.toString()]).toEqual([404, expect.stringContaining('NOT_FOUND')]);
  });
});

describe('a signed link', () => {
  const link = async (id: unknown, body?: object) =>
    String((await expectOk(api.post(`/v1/media/${id}/url`, body)))['url']);

  it('opens the media without a key, in parts too, on any page', async () => {
    const { bytes, id } = await noise(10_000);
    const reply = await expectOk(api.post(`/v1/media/${id}/url`, { expiresIn: 60 }));
    const left = Date.parse(String(reply['expiresAt'])) - Date.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThan(61_000);
    const got = await get(String(reply['url']));
    expect([got.status, got.bytes.equals(bytes)]).toEqual([200, true]);
    expect(got.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(got.headers.get('x-content-type-options')).toBe('nosniff');
    const part = await get(String(reply['url']), { range: 'bytes=1-2' });
    expect([part.status, part.bytes.equals(bytes.subarray(1, 3))]).toEqual([206, true]);
    expect(String(reply['url'])).not.toContain('wap_');
  });

  it('that was changed in any place does not', async () => {
    const { id } = await noise(1_000);
    const other = await noise(1_000);
    const good = await link(id);
    const expires = Number(new URL(good).searchParams.get('expires'));
    for (const bad of [
      good.replace(id, other.id),
      good.replace(server.workspaceId, 'ws_01jd8k3v5q7w9x2y4z6a8b0c1d'),
      good.replace(`expires=${expires}`, `expires=${expires + 1}`),
      good.replace(/signature=./, 'signature=_'),
      good.replace(/&signature=.*/, ''),
      good.replace(/expires=\d+&/, ''),
      good.replace(`expires=${expires}`, 'expires=99999999999999999999'),
    ]) {
      const got = await get(bad);
      expect([got.status, got.bytes.toString()], bad).toEqual([401, expect.stringContaining('UNAUTHORIZED')]);
    }
    expect((await get(good)).status).toBe(200);
  });

  it('lives no longer than a day, and not after its media', async () => {
    const { id } = await noise(1_000);
    for (const expiresIn of [86_401, 0, -1, 1.5]) {
      const reply = await api.post(`/v1/media/${id}/url`, { expiresIn });
      expect([reply.status, errorOf(reply)['param']]).toEqual([400, 'expiresIn']);
    }
    const url = await link(id, { expiresIn: 10 });
    expect((await get(url)).status).toBe(200);
    await expect.poll(async () => (await get(url)).status, { timeout: 30_000, interval: 500 }).toBe(401);
    const deleted = await link(id);
    await expectOk(api.call('DELETE', `/v1/media/${id}`));
    expect((await get(deleted)).status).toBe(404);
  });
});

it('deleted media is gone, and its file once nothing names it', async () => {
  const bytes = png(7, 7, 'deleted');
  const [one, two] = [await taken(api, fileOf(bytes, 'a.png')), await taken(api, fileOf(bytes, 'b.png'))];
  const stored = async () => (await filesIn(server.dataDir)).some((file) => file.endsWith(sha256(bytes)));
  expect((await api.call('DELETE', `/v1/media/${one['id']}`)).status).toBe(204);
  expect((await api.get(`/v1/media/${one['id']}`)).status).toBe(404);
  expect((await content(two['id'])).bytes.equals(bytes)).toBe(true);
  expect((await api.call('DELETE', `/v1/media/${two['id']}`)).status).toBe(204);
  expect((await api.call('DELETE', `/v1/media/${two['id']}`)).status).toBe(404);
  await expect.poll(stored, { timeout: 30_000 }).toBe(false);
  // Gone for good is not gone for ever: the same bytes may come again.
  const again = await taken(api, fileOf(bytes, 'c.png'));
  expect((await content(again['id'])).bytes.equals(bytes)).toBe(true);
  const { body } = await api.get('/v1/events?types=media.deleted');
  expect(rowsOf(body).length).toBeGreaterThanOrEqual(2);
});

it('lists media by kind and source, page by page', async () => {
  for (const n of [1, 2, 3]) await taken(api, fileOf(png(2, 2, `list ${n}`), `list-${n}.png`));
  const seen: unknown[] = [];
  for (let cursor = ''; ; ) {
    const page = await expectOk(api.get(`/v1/media?kind=image&source=upload&limit=2${cursor}`));
    seen.push(...rowsOf(page).map(({ id }) => id));
    if (page['nextCursor'] === null) break;
    cursor = `&cursor=${page['nextCursor']}`;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(rowsOf(await expectOk(api.get('/v1/media?source=inbound')))).toEqual([]);
  expect((await api.get('/v1/media?kind=hologram')).status).toBe(400);
});

it('keeps what was uploaded through a restart', async () => {
  const { bytes, id } = await noise(1_000);
  await server.stop();
  server = await server.again();
  api = server.api;
  expect((await content(id)).bytes.equals(bytes)).toBe(true);
});
