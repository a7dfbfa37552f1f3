import type { IncomingMessage } from 'node:http';
import type { BlobStore } from './blob-store.ts';
import { blobPath, directPath, sha256 } from './encrypt.ts';

/** Reply of the upload endpoint: a JSON body and its status. */
export interface UploadReply {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

const refuse = (status: number, error: string): UploadReply => ({ status, body: { error } });

/**
 * Takes one upload as WhatsApp's media hosts do: `POST /<kind path>/<hash>?auth=…&token=<hash>`, where the hash is the
 * SHA-256 of the encrypted file in URL-safe base64 (Baileys, `getWAUploadToServer`). Never throws for a bad upload.
 */
export async function receiveUpload(request: IncomingMessage, url: URL, store: BlobStore): Promise<UploadReply> {
  const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
  if (!url.searchParams.get('auth') || url.searchParams.get('token') !== name) return refuse(401, 'unauthorized');
  if (url.searchParams.get('resume') === '1') return { status: 200, body: { resume: 'not_found' } };
  const body = await readBody(request, store.limits.maxBlobBytes);
  if (!body) return refuse(413, `a blob may have at most ${store.limits.maxBlobBytes} bytes`);
  const hash = sha256(body);
  if (hash.toString('base64url') !== name.replaceAll('=', '')) return refuse(400, 'the file does not match its hash');
  const path = blobPath(hash);
  if (store.put(path, body) !== 'stored') return refuse(507, 'the sandbox media store is full');
  return {
    status: 200,
    body: { url: `https://${request.headers.host ?? ''}${directPath(path)}`, direct_path: directPath(path) },
  };
}

/** Undefined when the body is over the limit; the rest of it is read and dropped so that the client gets the answer. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const part = asBuffer(chunk);
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts.length = 0;
  }
  return length > maxBytes ? undefined : Buffer.concat(parts);
}

function asBuffer(chunk: unknown): Buffer {
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.alloc(0);
}
