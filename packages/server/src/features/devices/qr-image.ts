import { crc32, deflateSync } from 'node:zlib';
import { encode, renderSVG } from 'uqr';

const SCALE = 8;
const QUIET_ZONE = 4;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(8 + data.length + 4);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), 4 + body.length);
  return out;
}

/** A QR code as a black-and-white PNG, 8 pixels a module, with the quiet zone scanners need. */
export function qrPng(text: string): Buffer {
  const { data, size } = encode(text, { border: QUIET_ZONE });
  const width = size * SCALE;
  const stride = Math.ceil(width / 8) + 1;
  const raw = Buffer.alloc(stride * width, 0);
  for (let y = 0; y < width; y++) {
    const row = data[Math.floor(y / SCALE)] ?? [];
    for (let x = 0; x < width; x++) {
      if (row[Math.floor(x / SCALE)]) continue;
      const at = y * stride + 1 + (x >> 3);
      raw[at] = (raw[at] ?? 0) | (0x80 >> (x & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  header[8] = 1; // one bit a pixel, grey scale
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export function qrSvg(text: string): string {
  return renderSVG(text, { border: QUIET_ZONE });
}
