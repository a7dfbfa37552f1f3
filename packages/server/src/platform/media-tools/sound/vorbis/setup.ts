import { checkFormat, unreadable } from '../sound.ts';
import { bitsOf, LowBitReader } from './bits.ts';
import { readCodebook } from './codebook.ts';
import { type Floor, readFloor } from './floor.ts';
import { type Residue, readResidue } from './residue.ts';

// Vorbis I, section 4.2.
const IDENTIFICATION = 1;
const SETUP = 5;
const NAME = 'vorbis';
/** Values of all codebooks. Encoders stay far below; more is a file that wants the memory. */
const MOST_VALUES = 1 << 22;

/** How the channels of a packet are put together. */
export interface Mapping {
  coupling: { magnitude: number; angle: number }[];
  /** The submap of each channel. */
  submapOf: number[];
  submaps: { floor: Floor; residue: Residue }[];
}

/** What the headers of a stream say. */
export interface Setup {
  rate: number;
  channels: number;
  /** Samples of a short and of a long block. */
  sizes: [short: number, long: number];
  modes: { isLong: boolean; mapping: Mapping }[];
}

function open(packet: Buffer | undefined, kind: number): LowBitReader {
  if (packet?.[0] !== kind || packet.toString('latin1', 1, 1 + NAME.length) !== NAME) throw unreadable();
  return new LowBitReader(packet.subarray(1 + NAME.length));
}

function many<T>(reader: LowBitReader, bits: number, read: () => T): T[] {
  return Array.from({ length: reader.read(bits) + 1 }, read);
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw unreadable();
  return found;
}

interface Parts {
  channels: number;
  floors: Floor[];
  residues: Residue[];
}

function readMapping(reader: LowBitReader, { channels, floors, residues }: Parts): Mapping {
  if (reader.read(16) !== 0) throw unreadable();
  const count = reader.bit() === 1 ? reader.read(4) + 1 : 1;
  const bits = bitsOf(channels - 1);
  const coupling =
    reader.bit() === 1 ? many(reader, 8, () => ({ magnitude: reader.read(bits), angle: reader.read(bits) })) : [];
  if (coupling.some(({ magnitude, angle }) => magnitude === angle || Math.max(magnitude, angle) >= channels))
    throw unreadable();
  if (reader.read(2) !== 0) throw unreadable();
  const submapOf = Array.from({ length: channels }, () => (count > 1 ? reader.read(4) : 0));
  const submaps = Array.from({ length: count }, () => {
    reader.read(8);
    return { floor: pick(floors, reader.read(8)), residue: pick(residues, reader.read(8)) };
  });
  if (submapOf.some((submap) => submap >= count)) throw unreadable();
  return { coupling, submapOf, submaps };
}

/** Times, which nothing uses. */
function skipTimes(reader: LowBitReader): void {
  if (many(reader, 6, () => reader.read(16)).some((time) => time !== 0)) throw unreadable();
}

/** Reads the three packets a stream begins with. Throws ToolError `unreadable`. */
export function readSetup([first, , third]: readonly Buffer[]): Setup {
  const head = open(first, IDENTIFICATION);
  if (head.read(32) !== 0) throw unreadable();
  const [channels, rate] = [head.read(8), head.read(32)];
  head.read(32);
  head.read(32);
  head.read(32);
  const [short, long] = [2 ** head.read(4), 2 ** head.read(4)];
  checkFormat(rate, channels);
  if (short < 64 || long < short || long > 8_192 || head.bit() !== 1) throw unreadable();

  const reader = open(third, SETUP);
  let left = MOST_VALUES;
  const books = many(reader, 8, () => {
    const book = readCodebook(reader, left);
    left -= book.entries * book.dimensions;
    return book;
  });
  skipTimes(reader);
  const floors = many(reader, 6, () => readFloor(reader, books));
  const residues = many(reader, 6, () => readResidue(reader, books));
  const mappings = many(reader, 6, () => readMapping(reader, { channels, floors, residues }));
  const modes = many(reader, 6, () => {
    const isLong = reader.bit() === 1;
    if (reader.read(16) !== 0 || reader.read(16) !== 0) throw unreadable();
    return { isLong, mapping: pick(mappings, reader.read(8)) };
  });
  if (reader.bit() !== 1 || reader.isOver) throw unreadable();
  return { rate, channels, sizes: [short, long], modes };
}
