import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { type ApiClient, type Json, replyOf, upload } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';

const BOUNDARY = 'test-boundary';

function pngChunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

/** A PNG that says it is so large; `seed` makes its content its own. */
export function png(width: number, height: number, seed = ''): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('tEXt', Buffer.from(`Comment\0${seed}`)),
    pngChunk('IDAT', deflateSync(Buffer.alloc(8))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG of this size whose frame header stands behind so many bytes of other segments. */
export function jpeg(width: number, height: number, padding = 0): Buffer {
  const segments: Buffer[] = [];
  for (let left = padding; left > 0; left -= 65_000) {
    const length = Math.min(left, 65_000);
    const head = Buffer.from([0xff, 0xe1, 0, 0]);
    head.writeUInt16BE(length + 2, 2);
    segments.push(head, Buffer.alloc(length, 1));
  }
  const frame = Buffer.from([0xff, 0xc2, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, frame, Buffer.from([0xff, 0xd9])]);
}

export const fileOf = (bytes: Buffer | string, name: string, type = ''): File => new File([bytes], name, { type });

/** Uploads a file that must be taken. */
export const taken = (api: ApiClient, file: File, fields: Record<string, string> = {}): Promise<Json> =>
  expectOk(upload(api, { file, ...fields }));

/** Every file below the media directory, by its path there. */
export async function filesIn(dataDir: string): Promise<string[]> {
  const dir = path.join(dataDir, 'media');
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** A form with one file in the field `file`, as bytes. */
export function formOf(content: Buffer, { name = 'a.bin', type = 'application/octet-stream' } = {}): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Sends bytes as the body of an upload, whatever they are. */
export async function sendForm(api: ApiClient, body: Buffer | ReadableStream, headers: Record<string, string> = {}) {
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': FORM_TYPE, ...headers },
    body,
    duplex: 'half' as const,
  };
  return replyOf(await fetch(`${api.url}/v1/media`, init));
}

/** Opens an upload that says it is `length` long and sends these bytes of it. The caller hangs up. */
export function beginUpload(api: ApiClient, bytes: Buffer, length: number): Promise<Socket> {
  const { hostname, port } = new URL(api.url);
  const head = [
    'POST /v1/media HTTP/1.1',
    `Host: ${hostname}`,
    `Authorization: Bearer ${api.key}`,
    `Content-Type: ${FORM_TYPE}`,
    `Content-Length: ${length}`,
  ].join('\r\n');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head}\r\n\r\n`);
      socket.write(bytes, () => resolve(socket));
    });
    socket.once('error', reject);
  });
}
