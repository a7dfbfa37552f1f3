import { ToolError } from './jobs.ts';

/** Opus counts time in 48,000ths of a second, whatever it was recorded at (RFC 7845). */
export const OPUS_RATE = 48_000;

export const CAPTURE = Buffer.from('OggS');
export const HEAD = Buffer.from('OpusHead');
export const TAGS = Buffer.from('OpusTags');
export const PAGE_HEADER = 27;
export const CONTINUED = 255;

/** An Ogg file with one stream of Opus. */
export interface OpusFile {
  channels: number;
  /** Samples at the beginning that are not to be heard. */
  preSkip: number;
  seconds: number;
  packets: Buffer[];
}

const broken = (what: string) => new ToolError('unreadable', `the audio is no whole Ogg file: ${what}`);
const wrong = (what: string) => new ToolError('unreadable', `the audio is not Ogg with Opus: ${what}`);

interface Page {
  granule: bigint;
  serial: number;
  lacing: Buffer;
  body: Buffer;
  end: number;
}

function pageAt(bytes: Buffer, at: number): Page {
  if (bytes.length < at + PAGE_HEADER || !bytes.subarray(at, at + 4).equals(CAPTURE)) throw broken('a page is broken');
  const segments = bytes.readUInt8(at + 26);
  const start = at + PAGE_HEADER + segments;
  const lacing = bytes.subarray(at + PAGE_HEADER, start);
  const end = start + lacing.reduce((sum, size) => sum + size, 0);
  if (lacing.length < segments || end > bytes.length) throw broken('it ends in the middle of a page');
  return {
    granule: bytes.readBigInt64LE(at + 6),
    serial: bytes.readUInt32LE(at + 14),
    lacing,
    body: bytes.subarray(start, end),
    end,
  };
}

/** The packets of an Ogg file with one stream, and its last position (RFC 3533). Throws ToolError `unreadable`. */
export function readOgg(bytes: Buffer): { packets: Buffer[]; granule: bigint } {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  let serial: number | undefined;
  let granule = 0n;
  for (let at = 0; at < bytes.length; ) {
    const page = pageAt(bytes, at);
    at = page.end;
    serial ??= page.serial;
    if (page.serial !== serial) throw broken('it has more than one stream');
    if (page.granule > granule) ({ granule } = page);
    let from = 0;
    for (const size of page.lacing) {
      open.push(page.body.subarray(from, from + size));
      from += size;
      if (size === CONTINUED) continue;
      packets.push(Buffer.concat(open));
      open = [];
    }
  }
  return { packets, granule };
}

/** Reads an Ogg Opus file whole (RFC 7845). Throws ToolError `unreadable`. */
export function readOggOpus(bytes: Buffer): OpusFile {
  const { packets: all, granule } = readOgg(bytes);
  const [head, tags, ...packets] = all;
  if (!head?.subarray(0, 8).equals(HEAD) || head.length < 19) throw wrong('it has no Opus header');
  if (!tags?.subarray(0, 8).equals(TAGS) || packets.length === 0) throw wrong('it has no sound');
  const preSkip = head.readUInt16LE(10);
  const seconds = Math.max(0, Number(granule) - preSkip) / OPUS_RATE;
  return { channels: head.readUInt8(9), preSkip, seconds, packets };
}

const POINTS = 64;

/**
 * The shape of a voice message as its bars show it: 64 values from 0 to 100. Opus with a variable rate spends bytes where
 * there is something to hear, so the size of its packets follows the loudness; nothing has to be decoded.
 */
export function waveformOf(packets: readonly Buffer[]): Buffer {
  const sums = Array.from({ length: POINTS }, (_, point) => {
    const from = Math.floor((point * packets.length) / POINTS);
    const to = Math.max(from + 1, Math.floor(((point + 1) * packets.length) / POINTS));
    const part = packets.slice(from, to);
    return part.reduce((sum, { length }) => sum + length, 0) / Math.max(1, part.length);
  });
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  const scale = high > low ? 100 / (high - low) : 0;
  return Buffer.from(sums.map((sum) => (scale === 0 ? 50 : Math.round((sum - low) * scale))));
}
