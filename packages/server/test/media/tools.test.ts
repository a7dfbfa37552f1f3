import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolError } from '../../src/platform/media-tools/jobs.ts';
import { readOggOpus, waveformOf } from '../../src/platform/media-tools/ogg.ts';
import { writeOggOpus } from '../../src/platform/media-tools/ogg-writer.ts';
import { MediaTools } from '../../src/platform/media-tools/tools.ts';
import { pictureOf, voiceOf, wavOf } from '../kit/files.ts';

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
    const found = await tools.run({ job: 'picture', path: await file(lying) });
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
      await expect(tools.run({ job: 'picture', path: await file(bytes) })).rejects.toMatchObject(unreadable);
    expect(await tools.run({ job: 'picture', path: await file(await pictureOf(8, 8, 'png')) })).toMatchObject({
      width: 8,
    });
  });

  it('become stickers; one that is a sticker stays as it is', async () => {
    const to = path.join(dir, 'sticker');
    const made = await tools.run({ job: 'sticker', path: await file(await pictureOf(300, 100, 'jpeg')), to });
    expect(made).toMatchObject({ isMade: true, width: 512, height: 512, animated: false });
    const { format, width, height, hasAlpha } = await sharp(to).metadata();
    expect([format, width, height, hasAlpha]).toEqual(['webp', 512, 512, true]);
    const again = path.join(dir, 'again');
    expect(await tools.run({ job: 'sticker', path: to, to: again })).toMatchObject({ isMade: false });
    await expect(readFile(again)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a picture of a profile or a group', () => {
  const made = async (bytes: Buffer) => {
    const to = path.join(dir, randomBytes(8).toString('hex'));
    await tools.run({ job: 'portrait', path: await file(bytes), to });
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
      await expect(tools.run({ job: 'portrait', path: await file(bytes), to })).rejects.toMatchObject(unreadable);
    await expect(readFile(to)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('sounds', () => {
  it('are measured', async () => {
    expect(await tools.run({ job: 'length', path: await file(wavOf(3)) })).toEqual({ seconds: 3 });
    const header = Buffer.concat([wavOf(1).subarray(0, 12), Buffer.alloc(40)]);
    await expect(tools.run({ job: 'length', path: await file(header) })).rejects.toMatchObject(unreadable);
    const voice = await tools.run({ job: 'voice', path: await file(voiceOf(5)) });
    expect(voice.seconds).toBe(5);
    expect(Buffer.from(voice.waveform ?? '', 'base64')).toHaveLength(64);
  });

  it('that are no Ogg with Opus are no voice message', async () => {
    await expect(tools.run({ job: 'voice', path: await file(wavOf(1)) })).rejects.toMatchObject(unreadable);
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
