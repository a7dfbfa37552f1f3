import { createHash, randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { writeOggOpus } from '../../src/platform/media-tools/ogg-writer.ts';

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A picture no other test has. */
export function pictureOf(width: number, height: number, format: 'jpeg' | 'png' | 'webp'): Promise<Buffer> {
  const [r = 0, g = 0, b = 0] = randomBytes(3);
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .toFormat(format)
    .withExif({ IFD0: { ImageDescription: randomBytes(8).toString('hex') } })
    .toBuffer();
}

const PACKET_SAMPLES = 960;

/** A voice message of so many seconds: packets as Opus makes them, louder and softer, with nothing to hear in them. */
export function voiceOf(seconds: number): Buffer {
  const count = (seconds * 48_000) / PACKET_SAMPLES;
  const packets = Array.from({ length: count }, (_, i) => {
    const size = 40 + Math.round(30 * Math.sin(i / 9));
    return Buffer.concat([Buffer.of(0x78), randomBytes(size)]);
  });
  return writeOggOpus(packets, PACKET_SAMPLES, 312);
}

/** A second of noise as WAV. */
export function wavOf(seconds: number): Buffer {
  const rate = 8_000;
  const sound = randomBytes(rate * seconds);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + sound.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(sound.length, 40);
  return Buffer.concat([head, sound]);
}

/** A file that begins as an MP4 does; what follows no player would like. */
export function videoOf(bytes: number): Buffer {
  const start = Buffer.alloc(24);
  start.writeUInt32BE(24, 0);
  start.write('ftypisom', 4);
  start.write('isomiso2', 16);
  return Buffer.concat([start, randomBytes(bytes)]);
}

export const pdfOf = (bytes: number): Buffer => Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(bytes)]);
