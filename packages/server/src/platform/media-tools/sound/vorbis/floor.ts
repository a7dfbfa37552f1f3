import { unreadable } from '../sound.ts';
import { bitsOf, type LowBitReader } from './bits.ts';
import type { Codebook } from './codebook.ts';

// Vorbis I, section 7.
const RANGES = [256, 128, 86, 64];
/** The table of section 10.1 climbs from its first value to 1 in 255 equal steps of loudness. */
const QUIETEST = 1.0649863e-7;
const LOUDNESS = Float64Array.from({ length: 256 }, (_, at) => QUIETEST ** (1 - at / 255));

interface Class {
  dimensions: number;
  subclasses: number;
  master: Codebook | undefined;
  /** Null: what it stands for is always 0. */
  books: (Codebook | null)[];
}

/** The outline of a spectrum: points with straight lines between them, type 1. */
export interface Floor {
  partitions: Class[];
  multiplier: number;
  /** Where the points stand, in the order they are read in. */
  places: number[];
  /** Their indices from left to right. */
  order: number[];
}

function bookAt(books: readonly Codebook[], index: number): Codebook {
  const book = books[index];
  if (!book) throw unreadable();
  return book;
}

function readClass(reader: LowBitReader, books: readonly Codebook[]): Class {
  const [dimensions, subclasses] = [reader.read(3) + 1, reader.read(2)];
  const master = subclasses === 0 ? undefined : bookAt(books, reader.read(8));
  const own = Array.from({ length: 2 ** subclasses }, () => {
    const index = reader.read(8) - 1;
    return index < 0 ? null : bookAt(books, index);
  });
  return { dimensions, subclasses, master, books: own };
}

/** Throws ToolError `unreadable`, also for floors of type 0, which no encoder has made since 2001. */
export function readFloor(reader: LowBitReader, books: readonly Codebook[]): Floor {
  if (reader.read(16) !== 1) throw unreadable();
  const numbers = Array.from({ length: reader.read(5) }, () => reader.read(4));
  const classes = Array.from({ length: Math.max(-1, ...numbers) + 1 }, () => readClass(reader, books));
  const [multiplier, bits] = [reader.read(2) + 1, reader.read(4)];
  const partitions = numbers.flatMap((number) => classes[number] ?? []);
  const places = [0, 2 ** bits];
  for (const { dimensions } of partitions) for (let at = 0; at < dimensions; at++) places.push(reader.read(bits));
  if (reader.isOver || new Set(places).size < places.length) throw unreadable();
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  return { partitions, multiplier, places, order };
}

/** The heights of a floor’s points as they stand in a packet; null for a channel without sound. */
export function readPoints(reader: LowBitReader, { partitions, multiplier }: Floor): number[] | null {
  if (reader.bit() === 0) return null;
  const bits = bitsOf((RANGES[multiplier - 1] ?? 0) - 1);
  const heights = [reader.read(bits), reader.read(bits)];
  for (const { dimensions, subclasses, master, books } of partitions) {
    let which = master ? master.decode(reader) : 0;
    for (let at = 0; at < dimensions; at++) {
      const book = books[which & (2 ** subclasses - 1)];
      which >>= subclasses;
      heights.push(book ? book.decode(reader) : 0);
    }
  }
  return reader.isOver ? null : heights;
}

function between(x0: number, y0: number, x1: number, y1: number, x: number): number {
  const climb = Math.floor((Math.abs(y1 - y0) * (x - x0)) / (x1 - x0));
  return y1 < y0 ? y0 - climb : y0 + climb;
}

/** The points before and after one, of those read before it. */
function neighbours(places: readonly number[], index: number): [low: number, high: number] {
  const own = places[index] ?? 0;
  let [low, high] = [0, 1];
  for (let at = 0; at < index; at++) {
    const place = places[at] ?? 0;
    if (place < own && place > (places[low] ?? 0)) low = at;
    if (place > own && place < (places[high] ?? 0)) high = at;
  }
  return [low, high];
}

/** Undoes the difference to what the neighbours foretell. */
function unfold(difference: number, foretold: number, range: number): number {
  const [above, below] = [range - foretold, foretold];
  if (difference < 2 * Math.min(above, below))
    return difference % 2 === 1 ? foretold - (difference + 1) / 2 : foretold + difference / 2;
  return above > below ? difference - below + foretold : foretold - difference + above - 1;
}

/** Heights as they are, and which points the outline goes through. */
function settle({ places, multiplier }: Floor, read: readonly number[]): { heights: number[]; isThere: boolean[] } {
  const range = RANGES[multiplier - 1] ?? 0;
  const heights = [...read];
  const isThere = read.map((_, index) => index < 2);
  for (let index = 2; index < read.length; index++) {
    const [low, high] = neighbours(places, index);
    const [x0, x1] = [places[low] ?? 0, places[high] ?? 0];
    const foretold = between(x0, heights[low] ?? 0, x1, heights[high] ?? 0, places[index] ?? 0);
    const difference = read[index] ?? 0;
    heights[index] = difference === 0 ? foretold : unfold(difference, foretold, range);
    if (difference !== 0) for (const one of [low, high, index]) isThere[one] = true;
  }
  return { heights, isThere };
}

function drawLine(curve: Float64Array, from: [number, number], to: [number, number]): void {
  const [[x0, y0], [x1, y1]] = [from, to];
  for (let x = x0; x < Math.min(x1, curve.length); x++)
    curve[x] = LOUDNESS[Math.max(0, Math.min(255, between(x0, y0, x1, y1, x)))] ?? 0;
}

/** The outline, with a value for each of the spectrum. */
export function drawFloor(floor: Floor, read: readonly number[], length: number): Float64Array {
  const { heights, isThere } = settle(floor, read);
  const curve = new Float64Array(length);
  let from: [number, number] = [0, (heights[0] ?? 0) * floor.multiplier];
  for (const index of floor.order.slice(1)) {
    if (!isThere[index]) continue;
    const to: [number, number] = [floor.places[index] ?? 0, (heights[index] ?? 0) * floor.multiplier];
    drawLine(curve, from, to);
    from = to;
  }
  drawLine(curve, from, [length, from[1]]);
  return curve;
}
