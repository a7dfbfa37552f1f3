import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';

export interface Request {
  method: string;
  /** Path and query, as they go on the wire. */
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const ANSWER_MS = 60_000;
/** A stream of events never ends by itself: so long it is listened to. */
const STREAM_MS = 100;

/** Sends requests as they are: no client mends a path, a header or a body on the way. */
export class Wire {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** The answer; rejects where there is none. */
  send({ method, path, headers, body }: Request): Promise<Answer> {
    const { hostname, port } = this.#url;
    return new Promise((resolve, reject) => {
      const length = body === null || 'content-length' in headers ? {} : { 'content-length': String(body.length) };
      const sent = httpRequest({
        hostname,
        port,
        method,
        path,
        headers: { ...headers, ...length },
        agent: this.#agent,
      });
      sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
      sent.once('error', reject);
      sent.once('response', (response) => {
        const chunks: Buffer[] = [];
        const done = () =>
          resolve({ status: response.statusCode ?? 0, headers: flat(response.headers), body: Buffer.concat(chunks) });
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', done);
        response.once('error', reject);
        if (String(response.headers['content-type']).startsWith('text/event-stream')) {
          setTimeout(() => {
            done();
            sent.destroy();
          }, STREAM_MS);
        }
      });
      sent.end(body ?? undefined);
    });
  }

  /** What the server says to these bytes, until it closes. Empty where it says nothing. */
  raw(bytes: Buffer): Promise<string> {
    const { hostname, port } = this.#url;
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      let text = '';
      const end = () => {
        socket.destroy();
        resolve(text);
      };
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.once('error', end);
      socket.once('close', end);
      socket.setTimeout(1_000, end);
      socket.write(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]));
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The request as a command that anyone can run. A body that is no text is given as base64 to decode. */
export function asCurl(url: string, { method, path, headers, body }: Request): string {
  const parts = ['curl', '-i', '--path-as-is', '-X', method];
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
  const text = body?.toString() ?? '';
  const isText = body !== null && Buffer.from(text).equals(body) && !text.includes('\0');
  if (isText && text.length < 4_000) parts.push('--data-binary', quoted(text));
  else if (body) parts.push('--data-binary', '@body.bin');
  parts.push(quoted(`${url}${path}`));
  if (isText && text.length < 4_000) return parts.join(' ');
  if (!body) return parts.join(' ');
  const start = body.subarray(0, 1_500).toString('base64');
  const more = body.length > 1_500 ? ` # the first 1500 of ${body.length} bytes` : '';
  return `echo ${start} | base64 -d > body.bin${more}; ${parts.join(' ')}`;
}
