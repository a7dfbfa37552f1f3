// Every kind of file from one engine device to another and to a phone, and from a phone; and what can go wrong.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineAskError } from '../../src/engine/asks.ts';
import {
  type Inbound,
  MEDIA_KINDS,
  type MediaFile,
  type MediaKind,
  type MessageContent,
} from '../../src/engine/port.ts';
import { linked, type Stage, stage, text } from './kit.ts';

const [A, B, C] = ['+15550021', '+15550022', '+15550023'];
const MAX = 10 * 1024 * 1024;

const waveform = Buffer.from(Array.from({ length: 64 }, (_, i) => i)).toString('base64');
const thumbnail = Buffer.from('not looked at here').toString('base64');
const SAID: Record<MediaKind, Omit<MediaFile, 'size'>> = {
  image: { mimeType: 'image/jpeg', caption: 'seen 😀', width: 640, height: 480, thumbnail, viewOnce: true },
  video: { mimeType: 'video/mp4', caption: 'moved', width: 640, height: 480, seconds: 3, thumbnail },
  audio: { mimeType: 'audio/mpeg', seconds: 3 },
  voice: { mimeType: 'audio/ogg; codecs=opus', seconds: 3, waveform },
  document: { mimeType: 'application/pdf', caption: 'bill', fileName: 'Rechnung ä.pdf' },
  sticker: { mimeType: 'image/webp', width: 512, height: 512, animated: true },
};

let on: Stage;
let dir: string;
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'waping-media-'));
  on = await stage({ caDir: dir }, { worker: { mediaDir: path.join(dir, 'work') } });
  await Promise.all([linked(on, 'dev_a', A), linked(on, 'dev_b', B)]);
}, 60_000);
afterEach(() => on.network.core.media.faults.clear());
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function upload(kind: MediaKind, bytes: Uint8Array) {
  const from = path.join(dir, 'from');
  await writeFile(from, bytes);
  return on.engine.ask('dev_a', 'uploadMedia', { kind, path: from });
}

function contentOf(kind: MediaKind, media: MediaFile): MessageContent {
  // Guarantee: a content of a media kind is its kind and its file, whatever the kind.
  return { type: kind, media } as MessageContent;
}

async function send(to: string, kind: MediaKind, bytes: Uint8Array): Promise<string> {
  const { sealed, size, sha256 } = await upload(kind, bytes);
  expect({ size, sha256 }).toEqual({ size: bytes.length, sha256: hash(bytes) });
  const message = { ...text(to, ''), content: contentOf(kind, { ...SAID[kind], size, sealed }) };
  await on.engine.send('dev_a', message);
  return message.waId;
}

function inbound(deviceId: string, waId: string): Promise<Inbound> {
  return on.store.until(`${waId} at ${deviceId}`, () => on.store.inbound(deviceId).find((one) => one.waId === waId));
}

function fetchFile(deviceId: string, { sealedMedia: sealed }: Pick<Inbound, 'sealedMedia'>, maxBytes = MAX) {
  if (!sealed) throw new Error('it names no file');
  return on.engine.ask(deviceId, 'downloadMedia', { sealed, path: path.join(dir, 'to'), maxBytes });
}

function askPhone(deviceId: string, { sealedMedia: sealed, waId, chat, sender, fromMe }: Inbound) {
  if (!sealed) throw new Error('it names no file');
  return on.engine.ask(deviceId, 'reuploadMedia', { sealed, waId, chat, sender, fromMe });
}

const fromPhone = (kind: MediaKind, bytes: Buffer) => {
  const { sha256: _hash, ...said } = SAID[kind];
  return { kind, base64: bytes.toString('base64'), ...said };
};

describe.each(MEDIA_KINDS)('%s', (kind) => {
  const bytes = randomBytes(kind === 'video' ? 3_000_017 : 40_000);

  it('reaches another device and a phone, byte for byte and field for field', async () => {
    const waId = await send(B, kind, bytes);
    const arrived = await inbound('dev_b', waId);
    const said = { ...SAID[kind], size: bytes.length, sha256: hash(bytes) };
    expect(arrived.content).toEqual({ type: kind, media: said });
    expect(await fetchFile('dev_b', arrived)).toEqual({ size: bytes.length, sha256: hash(bytes) });
    expect(hash(await readFile(path.join(dir, 'to')))).toBe(hash(bytes));
    const { phone } = on.network.account(B);
    await phone.expect((entry) => entry.id === waId);
    expect(hash(phone.files.get(waId) ?? Buffer.alloc(0))).toBe(hash(bytes));
  });

  it('comes from a phone, byte for byte and field for field', async () => {
    const waId = await on.network.account(C).phone.play(A, { media: fromPhone(kind, bytes) });
    const arrived = await inbound('dev_a', waId);
    const said = { ...SAID[kind], size: bytes.length, sha256: hash(bytes) };
    expect(arrived.content).toEqual({ type: kind, media: said });
    expect(await fetchFile('dev_a', arrived)).toEqual({ size: bytes.length, sha256: hash(bytes) });
    expect(hash(await readFile(path.join(dir, 'to')))).toBe(hash(bytes));
  });
});

describe('what can go wrong', () => {
  const bytes = randomBytes(20_000);
  const refusal = (code: number) => ({ reason: 'refused', code });
  const arrive = async () =>
    inbound('dev_a', await on.network.account(C).phone.play(A, { media: fromPhone('image', bytes) }));

  it('a media host that takes nothing fails the upload for now, leaves nothing behind, and works again', async () => {
    on.network.core.media.faults.set('upload', { kind: 'status', status: 503 });
    await expect(upload('image', bytes)).rejects.toMatchObject({ reason: 'no_answer' });
    const left = await readdir(path.join(dir, 'work'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
    on.network.core.media.faults.clear();
    expect(await upload('image', bytes)).toMatchObject({ size: bytes.length });
  });

  it('a file gone from the host is uploaded again by the phone', async () => {
    const message = await arrive();
    const media = on.network.account(A).phone.inbox.find((entry) => entry.id === message.waId)?.message;
    const directPath = media?.viewOnceMessageV2?.message?.imageMessage?.directPath ?? '';
    on.network.core.media.faults.set(directPath, { kind: 'missing' });
    await expect(fetchFile('dev_a', message)).rejects.toMatchObject(refusal(410));
    const { sealed } = await askPhone('dev_a', message);
    expect(await fetchFile('dev_a', { sealedMedia: sealed })).toEqual({ size: bytes.length, sha256: hash(bytes) });
    expect(hash(await readFile(path.join(dir, 'to')))).toBe(hash(bytes));
  });

  it('one that the phone has no more either is refused for good', async () => {
    const message = await arrive();
    on.network.account(A).phone.files.delete(message.waId);
    on.network.core.media.faults.set('*', { kind: 'missing' });
    await expect(fetchFile('dev_a', message)).rejects.toMatchObject(refusal(410));
    await expect(askPhone('dev_a', message)).rejects.toMatchObject(refusal(404));
  });

  it('refuses altered bytes and what is too large, and leaves no file', async () => {
    const message = await arrive();
    on.network.core.media.faults.set('*', { kind: 'corrupt' });
    await expect(fetchFile('dev_a', message)).rejects.toMatchObject(refusal(422));
    on.network.core.media.faults.clear();
    await expect(fetchFile('dev_a', message, 1_000)).rejects.toMatchObject(refusal(413));
    expect((await readdir(dir)).includes('to')).toBe(false);
  });

  it('a host in trouble is no word on the file', async () => {
    const message = await arrive();
    on.network.core.media.faults.set('*', { kind: 'status', status: 500 });
    await expect(fetchFile('dev_a', message)).rejects.toMatchObject({ reason: 'no_answer' });
    on.network.core.media.faults.clear();
    expect(await fetchFile('dev_a', message)).toMatchObject({ size: bytes.length });
  });

  it('another device cannot open the reference', async () => {
    const message = await arrive();
    await expect(fetchFile('dev_b', message)).rejects.toBeInstanceOf(EngineAskError);
  });
});

it('what a dead worker leaves on disk goes with it', async () => {
  const work = path.join(dir, 'work');
  await upload('document', randomBytes(1_000));
  const before = await readdir(work);
  expect(before).not.toEqual([]);
  for (const one of before) await writeFile(path.join(work, one, 'half.enc'), 'half');
  for (const { pid } of on.engine.workers()) process.kill(pid, 'SIGKILL');
  await expect.poll(async () => (await readdir(work)).filter((one) => before.includes(one))).toEqual([]);
});
