import { writeFile } from 'node:fs/promises';
import { ToolError, type ToolResult } from '../jobs.ts';
import { OPUS_RATE } from '../ogg.ts';
import { writeOggOpus } from '../ogg-writer.ts';
import { decodeFlac } from './flac.ts';
import { decodeMp3 } from './mp3.ts';
import { OpusEncoder, PACKET_SAMPLES, PRE_SKIP } from './opus-encoder.ts';
import { readSound } from './read.ts';
import { Resampler } from './resample.ts';
import { type Sound, unreadable } from './sound.ts';
import { decodeVorbis } from './vorbis/vorbis.ts';
import { decodeWav } from './wav.ts';

/** Longer voice messages are cut off, as where ffmpeg makes them. */
const MAX_SECONDS = 3_600;

const DECODERS: Readonly<Record<string, (bytes: Buffer) => AsyncIterable<Sound> | Iterable<Sound>>> = {
  'audio/mpeg': decodeMp3,
  'audio/wav': decodeWav,
  'audio/flac': decodeFlac,
  'audio/ogg': decodeVorbis,
};

async function encode(sounds: AsyncIterable<Sound> | Iterable<Sound>, encoder: OpusEncoder): Promise<void> {
  let rate: number | undefined;
  let resampler: Resampler | undefined;
  for await (const sound of sounds) {
    if (sound.rate !== rate) {
      if (resampler) encoder.write(resampler.end());
      ({ rate } = sound);
      resampler = rate === OPUS_RATE ? undefined : new Resampler(rate, OPUS_RATE);
    }
    encoder.write(resampler ? resampler.push(sound.samples) : sound.samples);
    if (encoder.taken >= MAX_SECONDS * OPUS_RATE) return;
  }
  if (resampler) encoder.write(resampler.end());
}

/**
 * Makes audio of this media type Ogg with Opus, mono, without any program of the machine. Throws ToolError: `missing` for
 * a type that only ffmpeg reads, `unreadable` for a file that is not what it should be, has no sound or is too large.
 */
export async function makeVoice(path: string, mimeType: string, to: string): Promise<ToolResult> {
  const decode = DECODERS[mimeType];
  if (!decode)
    throw new ToolError(
      'missing',
      `this installation has no ffmpeg, which ${mimeType} needs: give Ogg, MP3, WAV or FLAC`,
    );
  using encoder = new OpusEncoder();
  await encode(decode(await readSound(path)), encoder);
  if (encoder.taken === 0) throw unreadable();
  await writeFile(to, writeOggOpus(encoder.end(), PACKET_SAMPLES, PRE_SKIP));
  return { isMade: true };
}
