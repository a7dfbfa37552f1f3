import { readOgg } from '../../ogg.ts';
import type { Sound } from '../sound.ts';
import { bitsOf, LowBitReader } from './bits.ts';
import { drawFloor, readPoints } from './floor.ts';
import { InverseMdct } from './mdct.ts';
import { decodeResidue } from './residue.ts';
import { type Mapping, readSetup, type Setup } from './setup.ts';

const HEADERS = 3;

/** The spectrum of a channel while its packet is read. */
interface Spectrum {
  values: Float64Array;
  /** Heights of its outline; null where the channel has no sound of its own. */
  points: number[] | null;
  isSilent: boolean;
}

/** Section 4.3.5: two channels stand as the louder one and the difference between the two. */
function uncouple(magnitudes: Float64Array, angles: Float64Array): void {
  for (const at of magnitudes.keys()) {
    const [magnitude, angle] = [magnitudes[at] ?? 0, angles[at] ?? 0];
    const other = magnitude > 0 === angle > 0 ? magnitude - angle : magnitude + angle;
    magnitudes[at] = angle > 0 ? magnitude : other;
    angles[at] = angle > 0 ? other : magnitude;
  }
}

function readSpectra(reader: LowBitReader, mapping: Mapping, length: number): Spectrum[] {
  const { submapOf, submaps, coupling } = mapping;
  const spectra = submapOf.map((submap): Spectrum => {
    const floor = submaps[submap]?.floor;
    const points = floor ? readPoints(reader, floor) : null;
    return { values: new Float64Array(length), points, isSilent: points === null };
  });
  for (const { magnitude, angle } of coupling) {
    const both = [spectra[magnitude], spectra[angle]];
    if (both.some((one) => one?.isSilent === false)) for (const one of both) if (one) one.isSilent = false;
  }
  for (const [submap, { residue }] of submaps.entries())
    decodeResidue(
      residue,
      reader,
      spectra.filter((_, channel) => submapOf[channel] === submap),
    );
  for (const { magnitude, angle } of coupling.toReversed()) {
    const [louder, difference] = [spectra[magnitude], spectra[angle]];
    if (louder && difference) uncouple(louder.values, difference.values);
  }
  return spectra;
}

/** All channels as one: the transform that follows is the same for the sum as for each. */
function mix(spectra: readonly Spectrum[], { submapOf, submaps }: Mapping, length: number): Float64Array {
  const mono = new Float64Array(length);
  for (const [channel, { values, points }] of spectra.entries()) {
    const floor = submaps[submapOf[channel] ?? 0]?.floor;
    if (!points || !floor) continue;
    const curve = drawFloor(floor, points, length);
    for (const at of mono.keys()) mono[at] = (mono[at] ?? 0) + ((values[at] ?? 0) * (curve[at] ?? 0)) / spectra.length;
  }
  return mono;
}

/** Fades a block in, or out, in the middle of its half, over as many samples as the shorter of the two blocks has in one. */
function fade(block: Float64Array, slope: number, isIn: boolean): void {
  const half = block.length / 2;
  const from = isIn ? half / 2 - slope / 2 : half + half / 2 - slope / 2;
  for (let at = isIn ? 0 : half; at < (isIn ? half : block.length); at++) {
    const place = Math.max(0, Math.min(1, (at - from + 0.5) / slope));
    const weight = Math.sin((Math.PI / 2) * Math.sin((Math.PI / 2) * (isIn ? place : 1 - place)) ** 2);
    block[at] = (block[at] ?? 0) * weight;
  }
}

/** Decodes the packets of one stream. */
class VorbisStream {
  readonly #setup: Setup;
  readonly #transforms = new Map<number, InverseMdct>();
  /** The second half of the block before. */
  #tail: Float64Array | undefined;

  constructor(setup: Setup) {
    this.#setup = setup;
    for (const size of setup.sizes) this.#transforms.set(size, new InverseMdct(size));
  }

  /** The samples a packet completes; none for the first, and for what is no sound. */
  decode(packet: Buffer): Float32Array {
    const block = this.#blockOf(new LowBitReader(packet));
    return block ? this.#lap(block) : new Float32Array(0);
  }

  #blockOf(reader: LowBitReader): Float64Array | null {
    const { modes, sizes } = this.#setup;
    if (reader.bit() !== 0) return null;
    const mode = modes[reader.read(bitsOf(modes.length - 1))];
    if (!mode) return null;
    const [short, long] = sizes;
    const [before, after] = mode.isLong ? [reader.bit() === 1, reader.bit() === 1] : [false, false];
    const size = mode.isLong ? long : short;
    const spectra = readSpectra(reader, mode.mapping, size / 2);
    const block = this.#transforms.get(size)?.run(mix(spectra, mode.mapping, size / 2));
    if (!block) return null;
    fade(block, (before ? long : short) / 2, true);
    fade(block, (after ? long : short) / 2, false);
    return block;
  }

  /** Blocks lap over so that three quarters of one stand where a quarter of the next does. */
  #lap(block: Float64Array): Float32Array {
    const tail = this.#tail;
    const half = block.length / 2;
    this.#tail = block.slice(half);
    if (!tail) return new Float32Array(0);
    const lead = tail.length / 2 - half / 2;
    return Float32Array.from(
      { length: (tail.length + half) / 2 },
      (_, at) => (tail[at] ?? 0) + (at < lead ? 0 : (block[at - lead] ?? 0)),
    );
  }
}

/** Decodes an Ogg file with one stream of Vorbis I. Throws ToolError `unreadable`. */
export function* decodeVorbis(bytes: Buffer): Generator<Sound> {
  const { packets } = readOgg(bytes);
  const setup = readSetup(packets);
  const stream = new VorbisStream(setup);
  for (const packet of packets.slice(HEADERS)) yield { rate: setup.rate, samples: stream.decode(packet) };
}
