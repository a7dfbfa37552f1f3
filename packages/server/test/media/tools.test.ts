import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ToolError } from '../../src/platform/media-tools/jobs.ts';
import { readOggOpus, waveformOf } from '../../src/platform/media-tools/ogg.ts';
import { writeOggOpus } from '../../src/platform/media-tools/ogg-writer.ts';
import { MediaTools } from '../../src/platform/media-tools/tools.ts';
import { pictureOf, voiceOf, wavOf } from '../kit/files.ts';
import { png } from './kit.ts';

let dir: string;
let tools: MediaTools;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'waping-tools-'));
  tools = new MediaTools('/nowhere/ffmpeg');
});
afterAll(async () => {
  await tools[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function file(bytes: Uint8Array): Promise<string> {
  const at = path.join(dir, randomBytes(8).toString('hex'));
  await writeFile(at, bytes);
  return at;
}

const WORKSPACE = 'ws_one';
const run = (job: Parameters<MediaTools['run']>[0], workspaceId = WORKSPACE) => tools.run(job, workspaceId);

const unreadable = { name: 'ToolError', reason: 'unreadable' };

/** A PNG header that claims a size, with no picture behind it. */
function claiming(width: number, height: number): Buffer {
  const head = Buffer.alloc(33);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(head);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  Buffer.from('0802000000', 'hex').copy(head, 24);
  return head;
}

describe('pictures', () => {
  it('have sides as a person sees them and a small JPEG', async () => {
    const lying = await sharp(await pictureOf(200, 100, 'jpeg'))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const found = await run({ job: 'picture', path: await file(lying) });
    expect(found).toMatchObject({ width: 100, height: 200, animated: false });
    const small = await sharp(Buffer.from(found.thumbnail ?? '', 'base64')).metadata();
    expect([small.format, small.width, small.height]).toEqual(['jpeg', 48, 96]);
  });

  it('that claim more pixels than fit, or are none, are refused, and the next one is read', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const gif = await sharp(await pictureOf(8, 8, 'png'))
      .gif()
      .toBuffer();
    for (const bytes of [claiming(40_000, 40_000), randomBytes(1_000), Buffer.alloc(0), svg, gif])
      await expect(run({ job: 'picture', path: await file(bytes) })).rejects.toMatchObject(unreadable);
    expect(await run({ job: 'picture', path: await file(await pictureOf(8, 8, 'png')) })).toMatchObject({
      width: 8,
    });
  });

  it('larger than those that are decoded have their sides and no thumbnail', async () => {
    const found = await run({ job: 'picture', path: await file(png(9_000, 9_000)) });
    expect(found).toEqual({ width: 9_000, height: 9_000, animated: false });
    await expect(run({ job: 'picture', path: await file(png(20_000, 6_000)) })).rejects.toMatchObject(unreadable);
  });

  it('become stickers; one that is a sticker stays as it is', async () => {
    const to = path.join(dir, 'sticker');
    const made = await run({ job: 'sticker', path: await file(await pictureOf(300, 100, 'jpeg')), to });
    expect(made).toMatchObject({ isMade: true, width: 512, height: 512, animated: false });
    const { format, width, height, hasAlpha } = await sharp(to).metadata();
    expect([format, width, height, hasAlpha]).toEqual(['webp', 512, 512, true]);
    const again = path.join(dir, 'again');
    expect(await run({ job: 'sticker', path: to, to: again })).toMatchObject({ isMade: false });
    await expect(readFile(again)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a picture of a profile or a group', () => {
  const made = async (bytes: Buffer) => {
    const to = path.join(dir, randomBytes(8).toString('hex'));
    await run({ job: 'portrait', path: await file(bytes), to });
    return readFile(to);
  };

  it.each([
    ['the middle of a large one, 640 pixels a side', 1_600, 900, 640],
    ['as large as a small one is', 120, 80, 80],
  ])('is %s, and a JPEG', async (_what, width, height, side) => {
    const found = await sharp(await made(await pictureOf(width, height, 'png'))).metadata();
    expect([found.format, found.width, found.height]).toEqual(['jpeg', side, side]);
  });

  it('stands upright, and says nothing of where and with what it was taken', async () => {
    const halves = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#ffffff' } })
      .composite([
        { input: { create: { width: 20, height: 20, channels: 3, background: '#000000' } }, gravity: 'west' },
      ])
      .jpeg({ quality: 100 })
      .withExif({ IFD0: { ImageDescription: 'where I live' } })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const picture = await made(halves);
    expect((await sharp(picture).metadata()).exif).toBeUndefined();
    // Turned, the dark half is above.
    const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
    const row = (y: number) => data[y * info.width * info.channels] ?? 128;
    expect([info.width, info.height]).toEqual([20, 20]);
    expect([row(1) < 60, row(18) > 200]).toEqual([true, true]);
  });

  it('is made of no file that is none, or claims more pixels than fit', async () => {
    const to = path.join(dir, 'none');
    for (const bytes of [claiming(40_000, 40_000), randomBytes(1_000), Buffer.alloc(0)])
      await expect(run({ job: 'portrait', path: await file(bytes), to })).rejects.toMatchObject(unreadable);
    await expect(readFile(to)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('sounds', () => {
  it('are measured', async () => {
    expect(await run({ job: 'length', path: await file(wavOf(3)) })).toEqual({ seconds: 3 });
    const header = Buffer.concat([wavOf(1).subarray(0, 12), Buffer.alloc(40)]);
    await expect(run({ job: 'length', path: await file(header) })).rejects.toMatchObject(unreadable);
    const voice = await run({ job: 'voice', path: await file(voiceOf(5)) });
    expect(voice.seconds).toBe(5);
    expect(Buffer.from(voice.waveform ?? '', 'base64')).toHaveLength(64);
  });

  it('that are no Ogg with Opus are no voice message', async () => {
    await expect(run({ job: 'voice', path: await file(wavOf(1)) })).rejects.toMatchObject(unreadable);
  });

  it('reads the packets that were written, whatever their sizes', () => {
    const packet = fc.uint8Array({ minLength: 1, maxLength: 1_200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 120 }), (packets) => {
        const read = readOggOpus(writeOggOpus(packets, 960, 312));
        expect(read.packets.map((one) => one.toString('hex'))).toEqual(packets.map((one) => one.toString('hex')));
        expect(read.seconds).toBeCloseTo(Math.max(0, packets.length * 960 - 312) / 48_000);
        const waveform = waveformOf(read.packets);
        expect(waveform).toHaveLength(64);
        expect(Math.max(...waveform)).toBeLessThanOrEqual(100);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a file cut off or changed anywhere with its own error, never another', () => {
    const whole = voiceOf(1);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
        if (!cut) bytes[at] = byte;
        try {
          readOggOpus(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the process', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('looks once at what is asked for a hundred times at once', async () => {
    const job = { job: 'picture', path: await file(await pictureOf(20, 10, 'png')) } as const;
    const of = { sha256: randomBytes(32).toString('hex'), workspaceId: WORKSPACE };
    const found = await Promise.all(Array.from({ length: 100 }, () => tools.look(job, of)));
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toMatchObject({ width: 20, height: 10 });
  });

  it('is not filled by one workspace: what it sends too much of is told busy, and another’s is done', async () => {
    const path = await file(wavOf(1));
    const theirs = Array.from({ length: 40 }, () => run({ job: 'length', path }, 'ws_greedy'));
    const ours = run({ job: 'length', path }, 'ws_modest');
    const ended = await Promise.allSettled(theirs);
    const refused = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason.reason] : []));
    expect(refused).toEqual(Array.from({ length: 23 }, () => 'busy'));
    expect(await ours).toEqual({ seconds: 1 });
  });

  it('that does not come to an end says nothing of the file, and the next job has a new one at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const endless = path.join(dir, 'endless');
    execFileSync('mkfifo', [endless]);
    const stuck = run({ job: 'voice', path: endless });
    const next = run({ job: 'length', path: await file(wavOf(2)) });
    const both = Promise.allSettled([stuck, next]);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await both).toMatchObject([
      { status: 'rejected', reason: { reason: 'failed' } },
      { status: 'fulfilled', value: { seconds: 2 } },
    ]);
    // It has been idle for long: what ends it must not take the job that comes just then with it.
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await run({ job: 'length', path: await file(wavOf(1)) })).toEqual({ seconds: 1 });
  });
});

describe('ffmpeg', () => {
  const asked = (workspaceId: string, by: MediaTools, mimeType = 'audio/wav') =>
    by.toVoice({ path: path.join(dir, 'any'), mimeType, to: path.join(dir, 'to') }, workspaceId);

  async function program(lines: string): Promise<string> {
    const at = path.join(dir, randomBytes(8).toString('hex'));
    await writeProgram(at, lines);
    return at;
  }

  async function writeProgram(at: string, lines: string): Promise<void> {
    await writeFile(at, `#!/bin/sh\n[ "$4" = encoder=libopus ] && exit 0\n${lines}\n`);
    await chmod(at, 0o755);
  }

  it('runs once for a workspace and twice in all, and so many wait', async () => {
    const log = path.join(dir, 'log');
    await using by = new MediaTools(await program(`echo begin >> ${log}; sleep 0.05; echo end >> ${log}`));
    const calls = ['a', 'b', 'c'].flatMap((workspaceId) => Array.from({ length: 3 }, () => asked(workspaceId, by)));
    await Promise.all(calls);
    let [running, most] = [0, 0];
    for (const line of (await readFile(log, 'utf8')).trim().split('\n')) {
      running += line === 'begin' ? 1 : -1;
      most = Math.max(most, running);
    }
    expect([running, most]).toEqual([0, 2]);
    const ended = await Promise.allSettled(Array.from({ length: 12 }, () => asked('a', by)));
    const refused = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason.reason] : []));
    expect(refused).toEqual(['busy', 'busy', 'busy']);
  });

  it('that is killed says nothing of the file; one that ends in an error does', async () => {
    await using killed = new MediaTools(await program('kill -9 $$'));
    await expect(asked('a', killed)).rejects.toMatchObject({ reason: 'failed' });
    await using ended = new MediaTools(await program('exit 1'));
    await expect(asked('a', ended)).rejects.toMatchObject(unreadable);
  });

  it('is found when it is installed later', async () => {
    const at = path.join(dir, 'later');
    await using by = new MediaTools(at);
    await expect(asked('a', by, 'audio/amr')).rejects.toMatchObject({ reason: 'missing' });
    await writeProgram(at, 'exit 0');
    await asked('a', by, 'audio/amr');
  });
});
