/** One frame of MPEG audio, layer III. */
export interface Mp3Frame {
  from: number;
  /** The byte behind it. */
  to: number;
  rate: number;
  channels: number;
  /** Of each channel. */
  samples: number;
}

// ISO/IEC 11172-3 and 13818-3; MPEG 2.5 is Fraunhofer’s and halves the rates again. Indices as the header has them.
const RATES = [44_100, 48_000, 32_000];
const KBPS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const VERSION_1 = 3;
const VERSION_2 = 2;
const RESERVED = 1;
const LAYER_3 = 1;
const MONO = 3;
const HEAD = 4;
/** A header of an ID3 tag, version 2. */
const ID3_HEAD = 10;
/** Encoders put what is to be known of the file into a first frame without sound, so far behind its beginning at most. */
const NOTES_WITHIN = 64;
const NOTES = ['Xing', 'Info', 'VBRI'];

/** The frame that begins there; null where none does, or not all of it is there. */
function frameAt(bytes: Buffer, from: number): Mp3Frame | null {
  if (from + HEAD > bytes.length) return null;
  const head = bytes.readUInt32BE(from);
  const [version, layer] = [(head >>> 19) & 3, (head >>> 17) & 3];
  const [kbpsIndex, rateIndex, padding, mode] = [
    (head >>> 12) & 15,
    (head >>> 10) & 3,
    (head >>> 9) & 1,
    (head >>> 6) & 3,
  ];
  const kbps = (version === VERSION_1 ? KBPS_1 : KBPS_2)[kbpsIndex];
  const base = RATES[rateIndex];
  if (head >>> 21 !== 0x7ff || version === RESERVED || layer !== LAYER_3 || !kbps || base === undefined) return null;
  const rate = version === VERSION_1 ? base : version === VERSION_2 ? base / 2 : base / 4;
  const samples = version === VERSION_1 ? 1_152 : 576;
  const to = from + Math.floor((samples * kbps * 125) / rate) + padding;
  return to > bytes.length ? null : { from, to, rate, channels: mode === MONO ? 1 : 2, samples };
}

/** Two bytes may look like a header by chance; that the next frame follows is proof. */
function isFollowed(bytes: Buffer, frame: Mp3Frame): boolean {
  return frame.to === bytes.length || frameAt(bytes, frame.to)?.rate === frame.rate;
}

/** Where the sound begins: behind tags. Each says its size in four times seven bits (id3.org, ID3v2.4). */
function behindTags(bytes: Buffer): number {
  let at = 0;
  while (bytes.toString('latin1', at, at + 3) === 'ID3' && at + ID3_HEAD <= bytes.length) {
    const size = [6, 7, 8, 9].reduce((sum, place) => sum * 128 + ((bytes[at + place] ?? 0) & 0x7f), 0);
    at += ID3_HEAD + size;
  }
  return at;
}

/** The frames of an MP3 file, whole ones only. What is none is passed over: files are cut, joined and tagged. */
export function* mp3Frames(bytes: Buffer): Generator<Mp3Frame> {
  let isInStep = false;
  let isFirst = true;
  for (let at = behindTags(bytes); at + HEAD <= bytes.length; ) {
    const next = bytes.indexOf(0xff, at);
    if (next === -1) return;
    const frame = frameAt(bytes, next);
    if (!frame || !((isInStep && next === at) || isFollowed(bytes, frame))) {
      isInStep = false;
      at = next + 1;
      continue;
    }
    isInStep = true;
    at = frame.to;
    const start = bytes.toString('latin1', frame.from, Math.min(frame.to, frame.from + NOTES_WITHIN));
    if (!isFirst || !NOTES.some((name) => start.includes(name))) yield frame;
    isFirst = false;
  }
}
