import { BitReader } from './bits.ts';
import { checkFormat, type Sound, unreadable } from './sound.ts';

// RFC 9639.
const NAME = 'fLaC';
const SYNC = 0x3ffe;
const STREAMINFO = 0;
const MAX_BITS = 24;
const LEFT_SIDE = 8;
const RIGHT_SIDE = 9;
const MID_SIDE = 10;
const FIXED: readonly (readonly number[])[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];
/** Bits of a sample by their code in a frame. */
const BITS: Readonly<Record<number, number>> = { 1: 8, 2: 12, 4: 16, 5: 20, 6: 24 };

interface Stream {
  rate: number;
  channels: number;
  bits: number;
}

/** The format of the stream, and where its frames begin. */
function readHead(bytes: Buffer): Stream & { from: number } {
  let stream: Stream | undefined;
  if (bytes.toString('latin1', 0, NAME.length) !== NAME) throw unreadable();
  for (let at = NAME.length; ; ) {
    if (at + 4 > bytes.length) throw unreadable();
    const [kind, size] = [bytes.readUInt8(at), bytes.readUIntBE(at + 1, 3)];
    if ((kind & 0x7f) === STREAMINFO) {
      const reader = new BitReader(bytes, at + 4 + 10);
      stream = { rate: reader.read(20), channels: reader.read(3) + 1, bits: reader.read(5) + 1 };
    }
    at += 4 + size;
    if ((kind & 0x80) === 0) continue;
    if (!stream || stream.bits > MAX_BITS) throw unreadable();
    checkFormat(stream.rate, stream.channels);
    return { ...stream, from: at };
  }
}

function blockSize(code: number, reader: BitReader): number {
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 576 << (code - 2);
  if (code >= 8) return 256 << (code - 8);
  if (code === 6) return reader.read(8) + 1;
  if (code === 7) return reader.read(16) + 1;
  throw unreadable();
}

interface Frame {
  size: number;
  assignment: number;
  bits: number;
}

function readFrameHead(reader: BitReader, stream: Stream): Frame {
  if (reader.read(14) !== SYNC || reader.read(1) !== 0) throw unreadable();
  reader.read(1);
  const [sizeCode, rateCode, assignment] = [reader.read(4), reader.read(4), reader.read(4)];
  const bitsCode = reader.read(3);
  reader.read(1);
  // The number of the frame or sample, coded as a letter of UTF-8 is: the first byte tells how many follow.
  const first = reader.read(8);
  for (let mask = 0x40; first & 0x80 && first & mask; mask >>= 1) reader.read(8);
  const size = blockSize(sizeCode, reader);
  if (rateCode === 12) reader.read(8);
  if (rateCode === 13 || rateCode === 14) reader.read(16);
  reader.read(8);
  const bits = bitsCode === 0 ? stream.bits : BITS[bitsCode];
  const channels = assignment < LEFT_SIDE ? assignment + 1 : 2;
  if (bits === undefined || assignment > MID_SIDE || channels !== stream.channels) throw unreadable();
  return { size, assignment, bits };
}

function readResidual(reader: BitReader, samples: Float64Array, order: number): void {
  const wide = reader.read(2);
  if (wide > 1) throw unreadable();
  const width = wide === 0 ? 4 : 5;
  const partitions = 2 ** reader.read(4);
  const each = samples.length / partitions;
  if (!Number.isInteger(each) || each < order) throw unreadable();
  for (let at = order, part = 1; part <= partitions; part++) {
    const parameter = reader.read(width);
    const raw = parameter === 2 ** width - 1 ? reader.read(5) : null;
    for (; at < part * each; at++) {
      if (raw !== null) {
        samples[at] = raw === 0 ? 0 : reader.signed(raw);
        continue;
      }
      const folded = reader.unary() * 2 ** parameter + reader.read(parameter);
      samples[at] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    }
  }
}

/** Adds to each residual what the samples before it foretell. */
function predict(samples: Float64Array, coefficients: readonly number[], shift: number): void {
  const scale = 2 ** shift;
  const order = coefficients.length;
  for (let at = order; at < samples.length; at++) {
    let sum = 0;
    for (let back = 0; back < order; back++) sum += (coefficients[back] ?? 0) * (samples[at - 1 - back] ?? 0);
    samples[at] = (samples[at] ?? 0) + Math.floor(sum / scale);
  }
}

function readPredicted(reader: BitReader, samples: Float64Array, how: { type: number; bits: number }): void {
  const { type, bits } = how;
  const fixed = type < 32;
  const order = fixed ? type - 8 : type - 31;
  if (order > samples.length) throw unreadable();
  for (let at = 0; at < order; at++) samples[at] = reader.signed(bits);
  if (fixed) {
    readResidual(reader, samples, order);
    predict(samples, FIXED[order] ?? [], 0);
    return;
  }
  const precision = reader.read(4) + 1;
  const shift = reader.signed(5);
  if (precision === 16 || shift < 0) throw unreadable();
  const coefficients = Array.from({ length: order }, () => reader.signed(precision));
  readResidual(reader, samples, order);
  predict(samples, coefficients, shift);
}

function readSubframe(reader: BitReader, size: number, bits: number): Float64Array {
  if (reader.read(1) !== 0) throw unreadable();
  const type = reader.read(6);
  const wasted = reader.read(1) === 1 ? reader.unary() + 1 : 0;
  const width = bits - wasted;
  if (width < 1) throw unreadable();
  const samples = new Float64Array(size);
  if (type === 0) samples.fill(reader.signed(width));
  else if (type === 1) for (const at of samples.keys()) samples[at] = reader.signed(width);
  else if ((type >= 8 && type <= 12) || type >= 32) readPredicted(reader, samples, { type, bits: width });
  else throw unreadable();
  if (wasted > 0) for (const at of samples.keys()) samples[at] = (samples[at] ?? 0) * 2 ** wasted;
  return samples;
}

/** What is left of two channels when they are made one: of left and right, half the sum. */
function mix(assignment: number, first: Float64Array, second: Float64Array): Float64Array {
  return first.map((one, at) => {
    const other = second[at] ?? 0;
    if (assignment === LEFT_SIDE) return one - other / 2;
    if (assignment === RIGHT_SIDE) return other + one / 2;
    // Of the sum of both only half is kept; its last bit is that of the difference.
    if (assignment === MID_SIDE) return one + (Math.abs(other) % 2) / 2;
    return (one + other) / 2;
  });
}

function readFrame(reader: BitReader, stream: Stream): Float32Array {
  const { size, assignment, bits } = readFrameHead(reader, stream);
  const channels = Array.from({ length: stream.channels }, (_, channel) => {
    const isSide = assignment === RIGHT_SIDE ? channel === 0 : assignment >= LEFT_SIDE && channel === 1;
    return readSubframe(reader, size, isSide ? bits + 1 : bits);
  });
  reader.align();
  reader.read(16);
  const [first = new Float64Array(size), second] = channels;
  const full = 2 ** (bits - 1);
  if (second && channels.length === 2) return scaled(mix(assignment, first, second), full);
  const sum = new Float64Array(size);
  for (const channel of channels) for (const at of sum.keys()) sum[at] = (sum[at] ?? 0) + (channel[at] ?? 0);
  return scaled(sum, full * channels.length);
}

function scaled(samples: Float64Array, full: number): Float32Array {
  return Float32Array.from(samples, (sample) => sample / full);
}

/** Decodes a FLAC file, of up to 24 bits a sample. Throws ToolError `unreadable`. */
export function* decodeFlac(bytes: Buffer): Generator<Sound> {
  const { from, ...stream } = readHead(bytes);
  const reader = new BitReader(bytes, from);
  while (reader.byte < bytes.length) yield { rate: stream.rate, samples: readFrame(reader, stream) };
}
