import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DEFAULT_CONNECTION_CONFIG,
  downloadContentFromMessage,
  encryptedStream,
  getWAUploadToServer,
  type MediaType,
} from 'baileys';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MediaClientOptions, mediaClientOptions } from '../src/media/client-options.ts';
import { encryptMedia, storeMedia } from '../src/media/encrypt.ts';
import { type MediaHost, startMediaHost } from '../src/media/media-host.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
let directory: string;
let media: MediaHost;
let client: MediaClientOptions;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-media-'));
  media = await startMediaHost({
    seed: 'media-test',
    caDir: directory,
    limits: { maxBlobBytes: 4 * MIB, maxTotalBytes: 8 * MIB, maxBlobs: 40 },
  });
  client = await mediaClientOptions(media);
});

afterAll(async () => {
  await client.close();
  await media.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => media.faults.clear());

interface Uploaded {
  readonly mediaKey: Buffer;
  readonly url: string;
  readonly directPath: string;
}

/** Encrypts and uploads with Baileys' own functions, as its `sendMessage` does. */
async function upload(plain: Buffer, mediaType: MediaType = 'image'): Promise<Uploaded> {
  const logger = pino({ level: 'silent' });
  const encrypted = await encryptedStream(plain, mediaType, { logger });
  const send = getWAUploadToServer(
    { ...DEFAULT_CONNECTION_CONFIG, logger, fetchAgent: client.fetchAgent, auth: unusedAuth() },
    async () => ({
      auth: media.auth,
      ttl: 60,
      fetchDate: new Date(),
      hosts: [{ hostname: media.host, maxContentLengthBytes: MIB }],
    }),
  );
  try {
    const reply = await send(encrypted.encFilePath, {
      mediaType,
      fileEncSha256B64: encrypted.fileEncSha256.toString('base64'),
      timeoutMs: 60_000,
    });
    return { mediaKey: encrypted.mediaKey, url: reply.mediaUrl, directPath: reply.directPath };
  } finally {
    await rm(encrypted.encFilePath, { force: true });
  }
}

/** The configuration type wants credentials, which uploading never reads: `never` stands for the absent value. */
function unusedAuth(): never {
  return undefined as never;
}

async function download(from: Uploaded, window: { startByte?: number; endByte?: number } = {}): Promise<Buffer> {
  const options: RequestInit = {};
  Object.assign(options, { dispatcher: client.dispatcher });
  const stream = await downloadContentFromMessage(from, 'image', { ...window, options });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(`https://${media.host}${path}`, {
      agent: client.fetchAgent,
      method: init.method ?? 'GET',
      headers: { ...(init.body ? { 'content-length': String(init.body.length) } : {}), ...init.headers },
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts), headers: response.headers }),
      );
      response.on('error', reject);
    });
    call.end(init.body);
  });
}

function post(body: Buffer, name = createHash('sha256').update(body).digest('base64url')): Promise<Answer> {
  return ask(`/mms/image/${name}?auth=${media.auth}&token=${name}`, { method: 'POST', body });
}

describe('certificate', () => {
  it('writes the CA for NODE_EXTRA_CA_CERTS with mode 0600', async () => {
    const path = media.caFile ?? '';
    expect(await readFile(path, 'utf8')).toBe(media.caPem);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is trusted by a process that is given it in NODE_EXTRA_CA_CERTS', async () => {
    media.blobs.put('/v/probe', Buffer.from('seen'));
    const program = `fetch(process.argv[1]).then((r) => r.text()).then((t) => process.stdout.write(t))`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: media.caFile ?? '' };
    const { stdout } = await run(process.execPath, ['-e', program, `https://${media.host}/v/probe`], { env });
    expect(stdout).toBe('seen');
  });

  it('narrows the mode of a CA file left by an earlier start', async () => {
    const other = await mkdtemp(join(tmpdir(), 'sandbox-media-'));
    await writeFile(join(other, 'sandbox-media-ca.pem'), 'old', { mode: 0o644 });
    const second = await startMediaHost({ seed: 'x', caDir: other });
    expect((await stat(second.caFile ?? '')).mode & 0o777).toBe(0o600);
    await second.close();
    await rm(other, { recursive: true, force: true });
  });

  it('is refused by a client that does not trust the CA', async () => {
    await expect(fetch(`https://${media.host}/v/x`)).rejects.toThrow('fetch failed');
  });
});

describe('upload and download by Baileys over TLS', () => {
  it('brings back the same bytes', async () => {
    const plain = randomBytes(300_001);
    const uploaded = await upload(plain);
    expect(uploaded.url).toBe(`https://${media.host}${uploaded.directPath}`);
    expect(await download(uploaded)).toEqual(plain);
  });

  it('serves the byte window a player asks for', async () => {
    const plain = randomBytes(10_000);
    const uploaded = await upload(plain);
    expect(await download(uploaded, { startByte: 4_800, endByte: 9_008 })).toEqual(plain.subarray(4_800, 9_008));
  });

  it("finds a blob that has only a direct path, which points at WhatsApp's own host", async () => {
    const plain = randomBytes(5_000);
    const { url: _, ...pathOnly } = await upload(plain);
    expect(await download({ ...pathOnly, url: '' })).toEqual(plain);
  });

  it('decrypts what the server side encrypted', async () => {
    const plain = randomBytes(2_000);
    const reference = storeMedia(media.blobs, plain, { mediaKey: randomBytes(32), kind: 'md-msg-hist' });
    if (!reference) throw new Error('store refused');
    const options: RequestInit = {};
    Object.assign(options, { dispatcher: client.dispatcher });
    const stream = await downloadContentFromMessage(reference, 'md-msg-hist', { options });
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts)).toEqual(plain);
  });
});

describe('faults', () => {
  it('answers 404 for one path and still serves another', async () => {
    const [gone, kept] = [await upload(randomBytes(100)), await upload(randomBytes(100))];
    media.faults.set(gone.directPath, { kind: 'missing' });
    await expect(download(gone)).rejects.toMatchObject({ output: { statusCode: 404 } });
    expect(await download(kept)).toHaveLength(100);
  });

  it('corrupts a download so that the client cannot get the plain bytes', async () => {
    const plain = randomBytes(4_096);
    const uploaded = await upload(plain);
    media.faults.set(uploaded.directPath, { kind: 'corrupt' });
    const got = await download(uploaded).catch(() => Buffer.alloc(0));
    expect(got.equals(plain)).toBe(false);
    media.faults.set(uploaded.directPath, undefined);
    expect(await download(uploaded)).toEqual(plain);
  });

  it('trickles a slow download until it is whole', async () => {
    const plain = randomBytes(1_000);
    const uploaded = await upload(plain);
    media.faults.set('*', { kind: 'slow', delayMs: 5, chunkBytes: 200 });
    expect(await download(uploaded)).toEqual(plain);
  });

  it('stops a slow answer when the client goes away', async () => {
    const uploaded = await upload(randomBytes(1_000));
    media.faults.set('*', { kind: 'slow', delayMs: 600_000 });
    const options: RequestInit = { signal: AbortSignal.timeout(100) };
    Object.assign(options, { dispatcher: client.dispatcher });
    await expect(fetch(uploaded.url, options)).rejects.toThrow();
  });

  it('refuses uploads on demand', async () => {
    media.faults.set('upload', { kind: 'status', status: 500 });
    expect((await post(randomBytes(10))).status).toBe(500);
  });
});

describe('the upload endpoint', () => {
  it('wants an auth token', async () => {
    const body = randomBytes(10);
    expect((await ask('/mms/image/abc', { method: 'POST', body })).status).toBe(401);
  });

  it('refuses a file that does not match its hash', async () => {
    expect((await post(randomBytes(10), 'A'.repeat(43))).status).toBe(400);
  });

  it('answers 413 for a blob over the limit', async () => {
    expect((await post(Buffer.alloc(4 * MIB + 1))).status).toBe(413);
  });

  it('answers 507 when the store is full, and stores the same file once', async () => {
    const bodies = [0, 1, 2].map((fill) => Buffer.alloc(3.5 * MIB, fill));
    const statuses: number[] = [];
    for (const body of bodies) statuses.push((await post(body)).status);
    expect(statuses).toEqual([200, 200, 507]);
    expect((await post(Buffer.alloc(3.5 * MIB, 0))).status).toBe(200);
  });
});

describe('ranges', () => {
  it('answers 206 with the exact bytes and 416 outside', async () => {
    const blob = encryptMedia(randomBytes(100), randomBytes(32), 'md-app-state').bytes;
    media.blobs.put('/v/range', blob);
    const part = await ask('/v/range', { headers: { range: 'bytes=10-19' } });
    expect([part.status, part.body]).toEqual([206, blob.subarray(10, 20)]);
    expect(part.headers['content-range']).toBe(`bytes 10-19/${blob.length}`);
    const tail = await ask('/v/range', { headers: { range: 'bytes=-5' } });
    expect(tail.body).toEqual(blob.subarray(-5));
    expect((await ask('/v/range', { headers: { range: 'bytes=5000-' } })).status).toBe(416);
  });
});
