import { unreadable } from '../sound.ts';
import type { LowBitReader } from './bits.ts';
import type { Codebook } from './codebook.ts';

// Vorbis I, section 8.
const PASSES = 8;
/** Values of one partition one after the other, or each vector spread over it. */
const SPREAD = 0;
/** As one after the other, with the channels interleaved. */
const INTERLEAVED = 2;

/** What a spectrum has beside its outline. */
export interface Residue {
  type: number;
  begin: number;
  end: number;
  partition: number;
  classes: number;
  book: Codebook;
  /** By class and pass. */
  books: (Codebook | null)[][];
}

export function readResidue(reader: LowBitReader, codebooks: readonly Codebook[]): Residue {
  const type = reader.read(16);
  const [begin, end, partition, classes] = [reader.read(24), reader.read(24), reader.read(24) + 1, reader.read(6) + 1];
  const book = codebooks[reader.read(8)];
  const cascades = Array.from({ length: classes }, () => {
    const low = reader.read(3);
    return reader.bit() === 1 ? reader.read(5) * 8 + low : low;
  });
  const books = cascades.map((cascade) =>
    Array.from({ length: PASSES }, (_, pass) => {
      if (((cascade >> pass) & 1) === 0) return null;
      const found = codebooks[reader.read(8)];
      if (!found?.vectors || partition % found.dimensions !== 0) throw unreadable();
      return found;
    }),
  );
  if (type > INTERLEAVED || !book || end < begin || reader.isOver) throw unreadable();
  return { type, begin, end, partition, classes, book, books };
}

interface Part {
  reader: LowBitReader;
  values: Float64Array;
  from: number;
}

/** Adds the vectors of a partition. False at the end of the packet. */
function addPart({ type, partition }: Residue, book: Codebook, { reader, values, from }: Part): boolean {
  const { dimensions, vectors = new Float32Array(0) } = book;
  const steps = partition / dimensions;
  for (let step = 0; step < steps; step++) {
    const entry = book.decode(reader);
    if (entry < 0) return false;
    for (let at = 0; at < dimensions; at++) {
      const place = from + (type === SPREAD ? step + at * steps : step * dimensions + at);
      values[place] = (values[place] ?? 0) + (vectors[entry * dimensions + at] ?? 0);
    }
  }
  return true;
}

/** The classes of the next partitions, which stand in one number. */
function readClasses(residue: Residue, reader: LowBitReader): number[] | null {
  let rest = residue.book.decode(reader);
  if (rest < 0) return null;
  const found: number[] = [];
  for (let at = 0; at < residue.book.dimensions; at++) {
    found.unshift(rest % residue.classes);
    rest = Math.floor(rest / residue.classes);
  }
  return found;
}

/** Stops where the packet ends: what is there by then counts. */
function addAll(residue: Residue, reader: LowBitReader, channels: readonly Float64Array[]): void {
  const { begin, end, partition, book: words, books } = residue;
  const length = channels[0]?.length ?? 0;
  const from = Math.min(begin, length);
  const parts = Math.floor((Math.min(end, length) - from) / partition);
  const classes: number[][] = channels.map(() => []);
  for (let pass = 0; pass < PASSES; pass++) {
    for (let part = 0; part < parts; part++) {
      for (const own of pass === 0 && part % words.dimensions === 0 ? classes : []) {
        const found = readClasses(residue, reader);
        if (!found) return;
        own.push(...found);
      }
      for (const [index, values] of channels.entries()) {
        const book = books[classes[index]?.[part] ?? 0]?.[pass];
        const at = from + part * partition;
        if (book && !addPart(residue, book, { reader, values, from: at })) return;
      }
    }
  }
}

/** Reads the residues of some channels into their spectra, which are zeros; those without sound are left alone. */
export function decodeResidue(
  residue: Residue,
  reader: LowBitReader,
  channels: readonly { values: Float64Array; isSilent: boolean }[],
): void {
  const spectra = channels.map(({ values }) => values);
  if (residue.type !== INTERLEAVED) {
    const heard = channels.flatMap(({ values, isSilent }) => (isSilent ? [] : [values]));
    addAll(residue, reader, heard);
    return;
  }
  if (channels.every(({ isSilent }) => isSilent)) return;
  const mixed = new Float64Array((spectra[0]?.length ?? 0) * spectra.length);
  addAll(residue, reader, [mixed]);
  for (const [channel, values] of spectra.entries())
    for (const at of values.keys()) values[at] = mixed[at * spectra.length + channel] ?? 0;
}
