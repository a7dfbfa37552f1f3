import { CAPTURE, CONTINUED, HEAD, OPUS_RATE, PAGE_HEADER, TAGS } from './ogg.ts';

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function checksum(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return crc;
}

const SERIAL = 1;
const MAX_SEGMENTS = 255;

function lace(packet: Buffer): number[] {
  return [...Array.from({ length: Math.floor(packet.length / CONTINUED) }, () => CONTINUED), packet.length % CONTINUED];
}

interface NewPage {
  packets: Buffer[];
  granule: bigint;
  number: number;
  flags: number;
}

function writePage({ packets, granule, number, flags }: NewPage): Buffer {
  const lacing = packets.flatMap(lace);
  const header = Buffer.alloc(PAGE_HEADER + lacing.length);
  CAPTURE.copy(header);
  header.writeUInt8(flags, 5);
  header.writeBigInt64LE(granule, 6);
  header.writeUInt32LE(SERIAL, 14);
  header.writeUInt32LE(number, 18);
  header.writeUInt8(lacing.length, 26);
  Buffer.from(lacing).copy(header, PAGE_HEADER);
  const page = Buffer.concat([header, ...packets]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

const FIRST = 2;
const LAST = 4;

/** Writes mono Opus packets, each of `samples` at 48 kHz and shorter than 64 KiB, as an Ogg file (RFC 7845). */
export function writeOggOpus(packets: readonly Buffer[], samples: number, preSkip: number): Buffer {
  const head = Buffer.alloc(19);
  HEAD.copy(head);
  head.writeUInt8(1, 8);
  head.writeUInt8(1, 9);
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(OPUS_RATE, 12);
  const tags = Buffer.concat([TAGS, Buffer.from([6, 0, 0, 0]), Buffer.from('WAPing'), Buffer.alloc(4)]);
  const pages = [
    writePage({ packets: [head], granule: 0n, number: 0, flags: FIRST }),
    writePage({ packets: [tags], granule: 0n, number: 1, flags: 0 }),
  ];
  let waiting: Buffer[] = [];
  let segments = 0;
  for (const [index, packet] of packets.entries()) {
    waiting.push(packet);
    segments += lace(packet).length;
    const next = packets[index + 1];
    if (next && segments + lace(next).length <= MAX_SEGMENTS && waiting.length < 50) continue;
    const granule = BigInt((index + 1) * samples);
    pages.push(writePage({ packets: waiting, granule, number: pages.length, flags: next ? 0 : LAST }));
    waiting = [];
    segments = 0;
  }
  return Buffer.concat(pages);
}
