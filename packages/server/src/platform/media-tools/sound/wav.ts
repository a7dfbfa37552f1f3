import { checkFormat, type Sound, unreadable } from './sound.ts';

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
/** The format stands further on, in the first two bytes of a GUID. */
const EXTENSIBLE = 0xfffe;
const SUBFORMAT = 24;

type Read = (bytes: Buffer, at: number) => number;

/** ITU-T G.711: sign, exponent and mantissa of a byte, to a sample of 16 bits. */
function fromMuLaw(code: number): number {
  const bits = ~code & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -size : size;
}

function fromALaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return bits & 0x80 ? size : -size;
}

/** By format and bits of a sample. */
const READERS: Readonly<Record<string, Read>> = {
  [`${PCM}/8`]: (bytes, at) => (bytes.readUInt8(at) - 128) / 128,
  [`${PCM}/16`]: (bytes, at) => bytes.readInt16LE(at) / 0x8000,
  [`${PCM}/24`]: (bytes, at) => bytes.readIntLE(at, 3) / 0x80_0000,
  [`${PCM}/32`]: (bytes, at) => bytes.readInt32LE(at) / 0x8000_0000,
  [`${FLOAT}/32`]: (bytes, at) => bytes.readFloatLE(at),
  [`${FLOAT}/64`]: (bytes, at) => bytes.readDoubleLE(at),
  [`${A_LAW}/8`]: (bytes, at) => fromALaw(bytes.readUInt8(at)) / 0x8000,
  [`${MU_LAW}/8`]: (bytes, at) => fromMuLaw(bytes.readUInt8(at)) / 0x8000,
};

interface Format {
  rate: number;
  channels: number;
  /** Bytes of one sample. */
  width: number;
  read: Read;
}

function formatOf(chunk: Buffer): Format {
  if (chunk.length < 16) throw unreadable();
  const tag = chunk.readUInt16LE(0);
  const format = tag === EXTENSIBLE && chunk.length >= SUBFORMAT + 2 ? chunk.readUInt16LE(SUBFORMAT) : tag;
  const [channels, rate, bits] = [chunk.readUInt16LE(2), chunk.readUInt32LE(4), chunk.readUInt16LE(14)];
  const read = READERS[`${format}/${bits}`];
  checkFormat(rate, channels);
  if (!read) throw unreadable();
  return { rate, channels, width: bits / 8, read };
}

function* soundOf(data: Buffer, { rate, channels, width, read }: Format): Generator<Sound> {
  const step = channels * width;
  const count = Math.floor(data.length / step);
  for (let from = 0; from < count; from += rate) {
    const samples = new Float32Array(Math.min(rate, count - from));
    for (const index of samples.keys()) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += read(data, (from + index) * step + channel * width);
      samples[index] = sum / channels;
    }
    yield { rate, samples };
  }
}

/** Decodes a WAV file: linear, floating point, A-law and µ-law. Throws ToolError `unreadable`. */
export function* decodeWav(bytes: Buffer): Generator<Sound> {
  let format: Format | undefined;
  if (bytes.toString('latin1', 8, 12) !== 'WAVE') throw unreadable();
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    // What was recorded without a known end says too large a size.
    const chunk = bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + size));
    if (name === 'fmt ') format = formatOf(chunk);
    if (name === 'data') {
      if (!format) throw unreadable();
      yield* soundOf(chunk, format);
      return;
    }
    at += 8 + size + (size % 2);
  }
  throw unreadable();
}
