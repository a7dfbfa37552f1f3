// Voice messages made of other audio where there is no ffmpeg, and listened to again.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import OpusScript from 'opusscript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolError } from '../../src/platform/media-tools/jobs.ts';
import { readOggOpus } from '../../src/platform/media-tools/ogg.ts';
import { decodeFlac } from '../../src/platform/media-tools/sound/flac.ts';
import { decodeMp3 } from '../../src/platform/media-tools/sound/mp3.ts';
import { MAX_SOUND_BYTES } from '../../src/platform/media-tools/sound/read.ts';
import { Resampler } from '../../src/platform/media-tools/sound/resample.ts';
import type { Sound } from '../../src/platform/media-tools/sound/sound.ts';
import { decodeVorbis } from '../../src/platform/media-tools/sound/vorbis/vorbis.ts';
import { decodeWav } from '../../src/platform/media-tools/sound/wav.ts';
import { MediaTools } from '../../src/platform/media-tools/tools.ts';

const RATE = 48_000;
/** Half of each of these tones is in every file: one on the left, one on the right where there are two channels. */
const [LOW, HIGH] = [440, 1_000];

let dir: string;
let tools: MediaTools;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'waping-voice-'));
  tools = new MediaTools('/nowhere/ffmpeg');
});
afterAll(async () => {
  await tools[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** Made by libsndfile with LAME, libFLAC and libvorbis: 1.5 seconds of the two tones. */
const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)));

async function made(bytes: Buffer, mimeType: string): Promise<Float32Array> {
  const [from, to] = [1, 2].map(() => path.join(dir, randomBytes(8).toString('hex')));
  if (!from || !to) throw new Error('unreachable');
  await writeFile(from, bytes);
  await tools.toVoice({ path: from, mimeType, to }, 'ws_one');
  return listen(await readFile(to));
}

/** What is heard of a voice message, at 48 kHz. */
function listen(bytes: Buffer): Float32Array {
  const { packets, preSkip, channels } = readOggOpus(bytes);
  expect(channels).toBe(1);
  const opus = new OpusScript(RATE, 1, OpusScript.Application.VOIP);
  const pcm = Buffer.concat(packets.map((packet) => opus.decode(packet)));
  opus.delete();
  return Float32Array.from({ length: pcm.length / 2 }, (_, at) => pcm.readInt16LE(at * 2) / 0x8000).subarray(preSkip);
}

/** How much of the sound’s power is a tone of this frequency: 0 to 1. */
function shareOf(frequency: number, samples: Float32Array, rate = RATE): number {
  const step = (2 * Math.PI * frequency) / rate;
  const sum = (turn: (x: number) => number) => samples.reduce((total, one, at) => total + one * turn(step * at), 0);
  const power = samples.reduce((total, one) => total + one * one, 0);
  return (2 * (sum(Math.cos) ** 2 + sum(Math.sin) ** 2)) / (samples.length * power);
}

/** The middle of it: codecs swing in and out. */
const middle = (samples: Float32Array) => samples.subarray(Math.floor(samples.length / 4), -samples.length / 4);

function expectTones(samples: Float32Array, seconds: number): void {
  expect(samples.length / RATE).toBeGreaterThan(seconds - 0.1);
  expect(samples.length / RATE).toBeLessThan(seconds + 0.15);
  const heard = middle(samples);
  for (const tone of [LOW, HIGH]) expect(shareOf(tone, heard)).toBeGreaterThan(0.35);
  expect(shareOf(700, heard)).toBeLessThan(0.02);
  expect(Math.max(...heard)).toBeGreaterThan(0.3);
}

const tones = (seconds: number, rate: number): Float32Array =>
  Float32Array.from({ length: seconds * rate }, (_, at) => {
    const turn = (2 * Math.PI * at) / rate;
    return (Math.sin(turn * LOW) + Math.sin(turn * HIGH)) / 4;
  });

interface WavFormat {
  tag: number;
  bits: number;
  write(data: Buffer, at: number, sample: number): void;
}

function wav(samples: Float32Array, rate: number, { tag, bits, write }: WavFormat, channels = 1): Buffer {
  const width = bits / 8;
  const data = Buffer.alloc(samples.length * width * channels);
  for (const [index, sample] of samples.entries())
    for (let channel = 0; channel < channels; channel++) write(data, (index * channels + channel) * width, sample);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt16LE(bits, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const LINEAR_16: WavFormat = {
  tag: 1,
  bits: 16,
  write: (data, at, x) => data.writeInt16LE(Math.round(x * 0x7fff), at),
};
/** ITU-T G.711 takes the highest bit that is set as exponent and the four behind it. */
function logarithmic(size: number): number {
  const exponent = Math.floor(Math.log2(size)) - 7;
  return (exponent << 4) | ((size >> (exponent + 3)) & 0x0f);
}
const muLaw = (x: number): number => ~((x < 0 ? 0x80 : 0) | logarithmic(Math.abs(x) + 0x84)) & 0xff;
const aLaw = (x: number): number => {
  const size = Math.abs(x);
  return ((x < 0 ? 0 : 0x80) | (size < 256 ? size >> 4 : logarithmic(size))) ^ 0x55;
};
const byLaw =
  (law: (x: number) => number): WavFormat['write'] =>
  (data, at, x) =>
    data.writeUInt8(law(Math.round(x * 0x7fff)), at);

const FORMATS: [string, WavFormat][] = [
  ['8 bits', { tag: 1, bits: 8, write: (data, at, x) => data.writeUInt8(128 + Math.round(x * 127), at) }],
  ['16 bits', LINEAR_16],
  ['24 bits', { tag: 1, bits: 24, write: (data, at, x) => data.writeIntLE(Math.round(x * 0x7fffff), at, 3) }],
  ['32 bits', { tag: 1, bits: 32, write: (data, at, x) => data.writeInt32LE(Math.round(x * 0x7fffffff), at) }],
  ['floating point', { tag: 3, bits: 32, write: (data, at, x) => data.writeFloatLE(x, at) }],
  ['double precision', { tag: 3, bits: 64, write: (data, at, x) => data.writeDoubleLE(x, at) }],
  ['A-law', { tag: 6, bits: 8, write: byLaw(aLaw) }],
  ['µ-law', { tag: 7, bits: 8, write: byLaw(muLaw) }],
];

describe('becomes a voice message', () => {
  it.each([
    ['an MP3 of MPEG 1, stereo', 'tones.mp3', 'audio/mpeg'],
    ['an MP3 of MPEG 2, mono', 'tones-16k.mp3', 'audio/mpeg'],
    ['a FLAC file', 'tones.flac', 'audio/flac'],
    ['an Ogg file with Vorbis', 'tones.ogg', 'audio/ogg'],
  ])('%s', async (_name, file, mimeType) => {
    expectTones(await made(await fixture(file), mimeType), 1.5);
  });

  it.each(FORMATS)('a WAV file of %s', async (_name, format) => {
    expectTones(await made(wav(tones(1, 22_050), 22_050, format), 'audio/wav'), 1);
  });

  it.each([8_000, 44_100, 48_000, 96_000])('a WAV file at %i Hz in two channels', async (rate) => {
    expectTones(await made(wav(tones(1, rate), rate, LINEAR_16, 2), 'audio/wav'), 1);
  });

  it('an MP3 with tags around it, cut off in the middle of frames, and with rubbish between', async () => {
    const whole = await fixture('tones.mp3');
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x0f\x50', 'latin1'), randomBytes(2_000)]);
    const end = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]);
    expectTones(await made(Buffer.concat([tag, whole, end]), 'audio/mpeg'), 1.5);
    const cut = whole.subarray(5_000, whole.length - 333);
    expect(shareOf(LOW, middle(await made(cut, 'audio/mpeg')))).toBeGreaterThan(0.35);
    const joined = Buffer.concat([whole, Buffer.alloc(5_000, 0x55), whole]);
    expectTones((await made(joined, 'audio/mpeg')).subarray(-1.4 * RATE), 1.4);
  });

  it('as it was, however its samples come in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const input = tones(0.2, 44_100);
        const run = (pieces: Float32Array[]) => {
          const resampler = new Resampler(44_100, RATE);
          return [...pieces.flatMap((piece) => [...resampler.push(piece)]), ...resampler.end()];
        };
        const pieces: Float32Array[] = [];
        for (let at = 0, index = 0; at < input.length; index++) {
          const size = sizes[index % sizes.length] ?? 1;
          pieces.push(input.subarray(at, at + size));
          at += size;
        }
        expect(run(pieces)).toEqual(run([input]));
      }),
      { numRuns: 20 },
    );
  });
});

const DECODERS: [string, string, (bytes: Buffer) => AsyncIterable<Sound> | Iterable<Sound>][] = [
  ['MP3', 'tones.mp3', decodeMp3],
  ['FLAC', 'tones.flac', decodeFlac],
  ['Vorbis', 'tones.ogg', decodeVorbis],
];

describe('what cannot be read', () => {
  it.each(['audio/mp4', 'audio/aac', 'audio/amr'])('%s says that it takes ffmpeg', async (mimeType) => {
    await expect(made(randomBytes(500), mimeType)).rejects.toMatchObject({ reason: 'missing' });
  });

  it('of more bytes than a voice message may have is not even read', async () => {
    const from = path.join(dir, 'too-large');
    // It begins well, so only its size is against it.
    await writeFile(from, wav(tones(1, 8_000), 8_000, LINEAR_16));
    await truncate(from, MAX_SOUND_BYTES + 1);
    const refused = { name: 'ToolError', reason: 'unreadable', message: expect.stringContaining('larger') };
    const to = path.join(dir, 'never');
    await expect(tools.toVoice({ path: from, mimeType: 'audio/wav', to }, 'ws_one')).rejects.toMatchObject(refused);
    const look = tools.look({ job: 'voice', path: from }, { sha256: 'too-large', workspaceId: 'ws_one' });
    await expect(look).rejects.toMatchObject(refused);
    await truncate(from, MAX_SOUND_BYTES);
    await tools.toVoice({ path: from, mimeType: 'audio/wav', to }, 'ws_one');
    expectTones(listen(await readFile(to)), 1);
  });

  it.each([
    ['audio/mpeg', Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(1_000)])],
    ['audio/mpeg', Buffer.concat([Buffer.of(0xff, 0xfb, 0x90, 0x00), randomBytes(40)])],
    ['audio/wav', wav(new Float32Array(0), 8_000, LINEAR_16)],
    ['audio/wav', wav(tones(1, 8_000), 8_000, { ...LINEAR_16, tag: 2 })],
    ['audio/flac', Buffer.concat([Buffer.from('fLaC'), randomBytes(200)])],
    ['audio/ogg', Buffer.concat([Buffer.from('OggS'), randomBytes(200)])],
  ])('%s that only begins as one is unreadable, and the next one is made', async (mimeType, bytes) => {
    await expect(made(bytes, mimeType)).rejects.toMatchObject({ name: 'ToolError', reason: 'unreadable' });
    expectTones(await made(wav(tones(1, 8_000), 8_000, LINEAR_16), 'audio/wav'), 1);
  });

  it.each(DECODERS)(
    '%s cut off or changed anywhere ends with its own error or with sound',
    async (_name, file, decode) => {
      const whole = await fixture(file);
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, isCut) => {
          const bytes = isCut ? whole.subarray(0, at) : Buffer.from(whole);
          if (!isCut) bytes[at] = byte;
          try {
            for await (const { samples } of decode(Buffer.from(bytes))) expect(samples.length).toBeLessThan(1 << 17);
          } catch (error) {
            expect(error).toBeInstanceOf(ToolError);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it('WAV cut off or changed anywhere likewise', () => {
    const whole = wav(tones(0.05, 8_000), 8_000, LINEAR_16);
    fc.assert(
      fc.property(fc.nat(60), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
        const bytes = isCut ? Buffer.from(whole.subarray(0, at)) : Buffer.from(whole);
        if (!isCut) bytes[at] = byte;
        try {
          expect([...decodeWav(bytes)].length).toBeLessThan(100);
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError);
        }
      }),
    );
  });
});
