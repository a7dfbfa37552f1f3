import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { DEFAULT_ORIGIN } from 'baileys';
import { EngineAskError } from '../../../asks.ts';
import type { EncryptedFile } from './encrypt.ts';
import { UPLOAD_PATH } from './reference.ts';

/** WhatsApp's own media host. In a worker of the simulated network another answers for it, see media-host.ts. */
const DOWNLOAD_ORIGIN = 'https://mmg.whatsapp.net';
/** A connection over which nothing has moved for so long is given up. */
const STALLED_MS = 30_000;
const MAX_REPLY_BYTES = 64 * 1024;

/** Where files may be uploaded now, and the token that allows it. */
export interface UploadTarget {
  hosts: readonly string[];
  auth: string;
}

export interface Uploaded {
  directPath: string;
  url: string;
}

/**
 * Uploads an encrypted file to one host (Baileys, `getWAUploadToServer`). Over `node:https`, since `fetch` would take
 * the whole file into memory. Rejects with the status or the failure of the connection in its message.
 */
export async function uploadTo(host: string, auth: string, file: EncryptedFile & { path: string }): Promise<Uploaded> {
  const name = Buffer.from(file.encSha256).toString('base64url');
  const query = new URLSearchParams({ auth, token: name });
  const url = new URL(`https://${host}${UPLOAD_PATH[file.kind]}/${name}?${query}`);
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': file.encSize,
    origin: DEFAULT_ORIGIN,
  };
  const outgoing = request(url, { method: 'POST', headers, timeout: STALLED_MS });
  // It may fail once more after its answer was read, when nobody waits for it any longer.
  outgoing.on('error', () => {});
  outgoing.on('timeout', () => outgoing.destroy(new Error('the media host does not answer')));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  // A host that refuses answers before it has read the file, and cuts the connection under the rest of it.
  const [reply] = await Promise.all([
    answered,
    pipeline(createReadStream(file.path), outgoing).catch((error: unknown) =>
      answered.catch(() => Promise.reject(error)),
    ),
  ]);
  const text = await readReply(reply);
  if (reply.statusCode !== 200) throw new Error(`the media host answered ${reply.statusCode ?? 0}`);
  return uploaded(text);
}

async function readReply(reply: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > MAX_REPLY_BYTES) throw new Error('the media host answered too much');
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString();
}

function uploaded(text: string): Uploaded {
  const reply: unknown = JSON.parse(text);
  if (typeof reply !== 'object' || reply === null) throw new Error('the media host answered nothing');
  const [directPath, url] = [Reflect.get(reply, 'direct_path'), Reflect.get(reply, 'url')];
  if (typeof directPath !== 'string' || typeof url !== 'string') throw new Error('the media host named no place');
  return { directPath, url };
}

/** A blob that the host has no more: its owner's phone can upload it again. */
export class GoneError extends Error {
  constructor() {
    super('the media host has the file no more');
    this.name = 'GoneError';
  }
}

const GONE = new Set([404, 410]);

/**
 * The bytes of a blob as they come. The path is a stranger's word: whatever it says, nothing but the media host is
 * asked. Rejects with GoneError, or with EngineAskError `no_answer` for what may be better another time.
 */
export async function openBlob(directPath: string): Promise<AsyncIterable<Uint8Array>> {
  const url = URL.canParse(directPath, DOWNLOAD_ORIGIN) ? new URL(directPath, DOWNLOAD_ORIGIN) : undefined;
  if (!url || url.origin !== DOWNLOAD_ORIGIN || !directPath.startsWith('/')) throw new GoneError();
  return openUrl(url);
}

/** The bytes of what lies at an address of WhatsApp's, as they come. The caller has judged the address. Rejects as `openBlob`. */
export async function openUrl(url: URL): Promise<AsyncIterable<Uint8Array>> {
  const stalled = new AbortController();
  const watch = setTimeout(() => stalled.abort(), STALLED_MS);
  try {
    const reply = await fetch(url, { headers: { origin: DEFAULT_ORIGIN }, redirect: 'error', signal: stalled.signal });
    if (GONE.has(reply.status)) throw new GoneError();
    if (!reply.ok || !reply.body) throw new EngineAskError('no_answer', `the media host answered ${reply.status}`);
    return moving(reply.body, { watch, stalled });
  } catch (error) {
    clearTimeout(watch);
    stalled.abort();
    if (error instanceof GoneError || error instanceof EngineAskError) throw error;
    throw new EngineAskError('no_answer', 'the media host does not answer');
  }
}

async function* moving(
  body: AsyncIterable<Uint8Array>,
  { watch, stalled }: { watch: NodeJS.Timeout; stalled: AbortController },
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of body) {
      watch.refresh();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof EngineAskError) throw error;
    throw new EngineAskError('no_answer', 'the media host stopped answering');
  } finally {
    clearTimeout(watch);
    stalled.abort();
  }
}
