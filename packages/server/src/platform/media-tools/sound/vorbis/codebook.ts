import { unreadable } from '../sound.ts';
import { bitsOf, type LowBitReader } from './bits.ts';

// Vorbis I, section 3.
const SYNC = 0x564342;
const LONGEST = 32;

/** A codebook: words of bits for numbers, and for some of them vectors. */
export interface Codebook {
  dimensions: number;
  /** How many numbers it has. */
  entries: number;
  /** The number whose word comes next. -1 at the end of the packet. */
  decode(reader: LowBitReader): number;
  /** Where the vector of that number begins in `vectors`; undefined for a book without. */
  vectors: Float32Array | undefined;
}

function readLengths(reader: LowBitReader, entries: number): Uint8Array {
  const lengths = new Uint8Array(entries);
  if (reader.bit() === 1) {
    let length = reader.read(5) + 1;
    for (let at = 0; at < entries; length++) {
      const count = reader.read(bitsOf(entries - at));
      if (length > LONGEST || at + count > entries || reader.isOver) throw unreadable();
      lengths.fill(length, at, at + count);
      at += count;
    }
    return lengths;
  }
  const isSparse = reader.bit() === 1;
  for (let at = 0; at < entries; at++) lengths[at] = isSparse && reader.bit() === 0 ? 0 : reader.read(5) + 1;
  return lengths;
}

/** A tree of words: at 2n and 2n+1 what follows node n on a 0 and a 1: another node, a number as −1−number, 0 for nothing. */
class Words {
  readonly #next: number[] = [0, 0];
  /** Nodes under which no word is free any more. */
  readonly #full = new Set<number>();

  /** Words are given out as section 3.2.1 says: to each number the lowest of its length that is free. */
  constructor(lengths: Uint8Array) {
    const used = [...lengths.entries()].filter(([, length]) => length > 0);
    const [only] = used;
    if (only && used.length === 1) {
      this.#next = [-1 - only[0], -1 - only[0]];
      return;
    }
    for (const [number, length] of used) if (!this.#place(0, length, number)) throw unreadable();
  }

  decode(reader: LowBitReader): number {
    let node = 0;
    do node = this.#next[2 * node + reader.bit()] ?? 0;
    while (node > 0);
    return node === 0 || reader.isOver ? -1 : -1 - node;
  }

  #place(node: number, depth: number, number: number): boolean {
    if (this.#full.has(node)) return false;
    for (const side of [2 * node, 2 * node + 1]) {
      const next = this.#next[side] ?? 0;
      if (depth === 1 && next === 0) this.#next[side] = -1 - number;
      else if (depth === 1 || next < 0 || !this.#place(next || this.#grow(side), depth - 1, number)) continue;
      if (this.#isTaken(2 * node) && this.#isTaken(2 * node + 1)) this.#full.add(node);
      return true;
    }
    return false;
  }

  #grow(side: number): number {
    const node = this.#next.length / 2;
    this.#next.push(0, 0);
    this.#next[side] = node;
    return node;
  }

  #isTaken(side: number): boolean {
    const next = this.#next[side] ?? 0;
    return next < 0 || (next > 0 && this.#full.has(next));
  }
}

/** Section 9.2.2. */
function readFloat(reader: LowBitReader): number {
  const bits = reader.read(32);
  const size = (bits & 0x1fffff) * 2 ** (((bits >>> 21) & 0x3ff) - 788);
  return bits > 0x7fffffff ? -size : size;
}

/** The greatest number of values with which as many vectors can be made as there are entries. */
function valuesOf(entries: number, dimensions: number): number {
  let values = Math.floor(entries ** (1 / dimensions));
  while ((values + 1) ** dimensions <= entries) values++;
  while (values ** dimensions > entries) values--;
  return values;
}

function readVectors(reader: LowBitReader, entries: number, dimensions: number): Float32Array | undefined {
  const lookup = reader.read(4);
  if (lookup === 0) return undefined;
  if (lookup > 2) throw unreadable();
  const [least, step, width, isSum] = [readFloat(reader), readFloat(reader), reader.read(4) + 1, reader.bit() === 1];
  const count = lookup === 1 ? valuesOf(entries, dimensions) : entries * dimensions;
  const values = Array.from({ length: count }, () => reader.read(width) * step + least);
  if (reader.isOver) throw unreadable();
  const vectors = new Float32Array(entries * dimensions);
  for (let entry = 0; entry < entries; entry++) {
    let last = 0;
    for (let at = 0, divisor = 1; at < dimensions; at++, divisor *= count) {
      const place = lookup === 1 ? Math.floor(entry / divisor) % count : entry * dimensions + at;
      const value = (values[place] ?? 0) + last;
      if (isSum) last = value;
      vectors[entry * dimensions + at] = value;
    }
  }
  return vectors;
}

/** Throws ToolError `unreadable`, also for a book with more values than `most`. */
export function readCodebook(reader: LowBitReader, most: number): Codebook {
  if (reader.read(24) !== SYNC) throw unreadable();
  const [dimensions, entries] = [reader.read(16), reader.read(24)];
  if (dimensions === 0 || entries === 0 || entries * dimensions > most) throw unreadable();
  const words = new Words(readLengths(reader, entries));
  const vectors = readVectors(reader, entries, dimensions);
  return { dimensions, entries, vectors, decode: (from) => words.decode(from) };
}
