import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as overHttp } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { WapingError } from '../errors.ts';

/** How a bucket is reached. */
export interface S3Settings {
  /** Origin, such as https://s3.eu-central-1.amazonaws.com. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** SHA-256 of nothing: what the hash of a request without a body is. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const MAX_SOCKETS = 32;
/** Answers that go on to callers, as slowly as they read, have sockets of their own. */
const MAX_READER_SOCKETS = 256;
/** A request waits so long for a free socket. */
const WAIT_MS = 10_000;
/** Without a byte either way. */
const IDLE_MS = 30_000;
const TRIES = 3;
const PAUSE_MS = 200;
/** Of an answer that is read whole: a page of a list, an error. */
const MAX_TEXT_BYTES = 1024 * 1024;

export interface S3Request {
  method: 'GET' | 'PUT' | 'HEAD' | 'DELETE';
  /** Key of an object; empty for the bucket itself. */
  key: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  /** Opened anew for each attempt. */
  body?: { open: () => Readable; size: number; sha256: string };
  /** Answers that are no failure besides 2xx. */
  also?: readonly number[];
  /** The answer is read by a caller of ours, however slow. */
  forCaller?: boolean;
}

/** What an answer that is no success says, without what it may quote of the request. */
class S3Failure extends Error {
  readonly passing: boolean;

  constructor(status: number, code: string) {
    super(`the bucket answered ${status} ${code}`);
    this.passing = status >= 500 || status === 429 || code === 'RequestTimeout';
  }
}

/** Every connection was in use for as long as a request waits. */
class NoSocket extends Error {}

/** The whole of a short answer. Throws when it is not short. */
export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > MAX_TEXT_BYTES) throw new Error('the bucket answered more than was asked for');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Signed requests (AWS Signature Version 4, path style) to one bucket of any S3-compatible store. */
export class S3Client {
  readonly #settings: S3Settings;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #readerAgent: HttpAgent | HttpsAgent;

  constructor(settings: S3Settings) {
    this.#settings = settings;
    const agent = (maxSockets: number): HttpAgent | HttpsAgent => {
      const options = { keepAlive: true, maxSockets, timeout: IDLE_MS };
      return settings.endpoint.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
    };
    this.#agent = agent(MAX_SOCKETS);
    this.#readerAgent = agent(MAX_READER_SOCKETS);
  }

  /**
   * Sends a request, again where the store was busy or the connection broke. The caller reads the answer, or destroys
   * it. Rejects with SERVICE_UNAVAILABLE.
   */
  async send(request: S3Request): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request);
      } catch (error) {
        const hopeless = error instanceof NoSocket || (error instanceof S3Failure && !error.passing);
        if (hopeless || attempt === TRIES) {
          throw new WapingError('SERVICE_UNAVAILABLE', 'the media store does not answer', {
            retryAfter: 5,
            cause: error,
          });
        }
        await sleep(PAUSE_MS * 2 ** attempt);
      }
    }
  }

  /** Sends a request whose answer has nothing to read. */
  async run(request: S3Request): Promise<IncomingMessage> {
    const response = await this.send(request);
    // Read to its end, so that the connection can be used again.
    await textOf(response);
    return response;
  }

  async #once(request: S3Request): Promise<IncomingMessage> {
    const { url, headers } = await this.#signed(request);
    const agent = request.forCaller ? this.#readerAgent : this.#agent;
    const response = await exchange(url, { method: request.method, headers, agent }, request.body);
    const { statusCode: status = 0 } = response;
    if ((status >= 200 && status < 300) || request.also?.includes(status)) return response;
    const code = /<Code>(\w{1,60})<\/Code>/.exec(await textOf(response))?.[1] ?? '';
    throw new S3Failure(status, code);
  }

  async #signed({ method, key, query = {}, headers = {}, body }: S3Request) {
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = this.#settings;
    const url = new URL(`/${encodeURIComponent(bucket)}${key === '' ? '' : `/${key}`}`, endpoint);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': body?.sha256 ?? EMPTY_SHA256 },
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
    }).sign();
    const length: Record<string, string> = body ? { 'content-length': String(body.size) } : {};
    return { url: signed.url, headers: { ...Object.fromEntries(signed.headers), ...length } };
  }
}

function exchange(
  url: URL,
  options: { method: string; headers: Record<string, string>; agent: HttpAgent | HttpsAgent },
  body: S3Request['body'],
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request: ClientRequest = url.protocol === 'https:' ? overHttps(url, options) : overHttp(url, options);
    const waiting = setTimeout(() => request.destroy(new NoSocket('no connection to the bucket was free')), WAIT_MS);
    request.once('socket', () => clearTimeout(waiting)).once('close', () => clearTimeout(waiting));
    request.setTimeout(IDLE_MS, () => request.destroy(new Error('the media store fell silent')));
    request.once('response', resolve).once('error', reject);
    if (!body) {
      request.end();
      return;
    }
    const source = body.open();
    source.once('error', (error) => request.destroy(error));
    request.once('close', () => source.destroy());
    source.pipe(request);
  });
}
