import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { mp3Frames } from './mp3-frames.ts';
import { type Sound, unreadable } from './sound.ts';

/** minimp3 as WebAssembly. It imports nothing, so it can do nothing but count. */
const MODULE = 'minimp3-wasm/dist/decoder.opt.wasm';
const ALL = -1;

// TypeScript has it among the types of browsers only.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: unknown } }>;
};

/** What the module exports, as far as it is called. Places and sizes are bytes of its memory. */
interface Decoder {
  memory: { readonly buffer: ArrayBuffer };
  decoder_init(): void;
  decoder_set_mp3_data_size(size: number): void;
  decoder_mp3_data_offset(): number;
  decoder_decode(seconds: number): void;
  decoder_pcm_data_offset(): number;
  decoder_pcm_data_size(): number;
}

/** Guarantee: the version of the package is pinned, and its module exports these. */
const decoderOf = (exports: unknown): Decoder => exports as Decoder;

async function load(): Promise<Decoder> {
  const path = createRequire(import.meta.url).resolve(MODULE);
  const { instance } = await WebAssembly.instantiate(await readFile(path), {});
  const decoder = decoderOf(instance.exports);
  decoder.decoder_init();
  return decoder;
}

const SAMPLE_BYTES = 2;

/**
 * One frame, mixed to one channel. Frames are given one by one: the module takes it for granted that it finds all it
 * counted, and a first frame that needs bytes of those before it gives no sound. Its place is then silence.
 */
function decodeFrame(
  decoder: Decoder,
  frame: Uint8Array,
  { samples, channels }: { samples: number; channels: number },
) {
  decoder.decoder_set_mp3_data_size(frame.length);
  const memory = () => new Uint8Array(decoder.memory.buffer);
  memory().set(frame, decoder.decoder_mp3_data_offset());
  const at = decoder.decoder_pcm_data_offset();
  const bytes = samples * channels * SAMPLE_BYTES;
  memory().fill(0, at, at + bytes);
  decoder.decoder_decode(ALL);
  const mono = new Float32Array(samples);
  if (decoder.decoder_pcm_data_size() !== bytes) return mono;
  const sound = new DataView(decoder.memory.buffer, at, bytes);
  for (let index = 0; index < samples; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += sound.getInt16((index * channels + channel) * SAMPLE_BYTES, true);
    mono[index] = sum / channels / 0x8000;
  }
  return mono;
}

/** Decodes an MP3 file. Throws ToolError `unreadable` where it has no frame of MPEG audio, layer III. */
export async function* decodeMp3(bytes: Buffer): AsyncGenerator<Sound> {
  const decoder = await load();
  let any = false;
  for (const frame of mp3Frames(bytes)) {
    any = true;
    yield { rate: frame.rate, samples: decodeFrame(decoder, bytes.subarray(frame.from, frame.to), frame) };
  }
  if (!any) throw unreadable();
}
