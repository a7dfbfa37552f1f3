import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest();
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** What a store does with its clients' credentials. */
export interface Account {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

async function bodyOf(from: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What AWS's documentation of Signature Version 4 has a server compute of a request; null where it is not signed so. */
function signatureOf({ method, url, headers }: IncomingMessage, account: Account): string | null {
  const named = /SignedHeaders=([a-z0-9;-]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const time = String(headers['x-amz-date'] ?? '');
  const scope = `${time.slice(0, 8)}/${account.region}/s3/aws4_request`;
  const isOurs = headers.authorization?.startsWith(`${ALGORITHM} Credential=${account.accessKeyId}/${scope},`) ?? false;
  // These must be among what is signed, or they could be changed on the way.
  const needed = ['host', 'x-amz-content-sha256', 'x-amz-date'];
  if (!isOurs || !needed.every((name) => named.split(';').includes(name))) return null;
  const { pathname, searchParams } = new URL(url ?? '/', 'http://front');
  const query = [...searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const lines = named.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  const payload = String(headers['x-amz-content-sha256']);
  const canonical = [method, pathname, query.join('&'), lines.join(''), named, payload].join('\n');
  const day = hmac(`AWS4${account.secretAccessKey}`, time.slice(0, 8));
  const key = hmac(hmac(hmac(day, account.region), 's3'), 'aws4_request');
  return hmac(key, [ALGORITHM, time, scope, sha256(canonical)].join('\n')).toString('hex');
}

const refuse = (response: ServerResponse, status: number, code: string) =>
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);

/**
 * Stands before an S3-compatible server that does not check signatures (s3rver leaves those of version 4 out) and checks
 * them, and that each body has the hash its request was signed with.
 */
export class SignedFront implements AsyncDisposable {
  readonly url: string;
  readonly #close: () => void;

  private constructor(url: string, close: () => void) {
    this.url = url;
    this.#close = close;
  }

  static async start(port: number, account: Account): Promise<SignedFront> {
    const server = createServer(async (incoming, response) => {
      const given = /Signature=([0-9a-f]{64})$/.exec(incoming.headers.authorization ?? '')?.[1];
      const body = await bodyOf(incoming);
      const right = signatureOf(incoming, account);
      if (right === null || given !== right) return refuse(response, 403, 'SignatureDoesNotMatch');
      if (sha256(body) !== incoming.headers['x-amz-content-sha256'])
        return refuse(response, 400, 'XAmzContentSHA256Mismatch');
      const { method, url: path, headers } = incoming;
      return request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
        // A reader that goes leaves nothing open behind it.
        response.once('close', () => answer.destroy());
      }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: own } = server.address() as AddressInfo;
    return new SignedFront(`http://127.0.0.1:${own}`, () => {
      server.closeAllConnections();
      server.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
