import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { isIP } from 'node:net';
import { FetchError } from './error.ts';

/** Milliseconds. */
export interface Times {
  /** To a connection, TLS included. */
  connectMs: number;
  /** From there to the headers of the answer. */
  headersMs: number;
  /** Without a byte of the body. */
  idleMs: number;
  /** The whole, redirects and body included. */
  totalMs: number;
}

export interface Exchange {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | null;
  times: Times;
  /** Ends everything. */
  signal: AbortSignal;
}

const MAX_HEADER_BYTES = 16 * 1024;

function open({ url, method, headers, signal }: Exchange, address: string): ClientRequest {
  const { hostname } = url;
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  const options = {
    host: address,
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...headers, host: url.host },
    // A connection of its own: one kept for another host must not be taken for this one.
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
    // The address is one already; should it ever not be, nothing is looked up unchecked.
    lookup: () => {
      throw new FetchError('forbidden');
    },
  };
  if (url.protocol === 'http:') return overHttp(options);
  // The certificate is the name's, whatever address it was found at.
  return overHttps({ ...options, ...(isIP(bare) === 0 ? { servername: bare } : {}) });
}

/** Sends a request to one address and waits for the headers of the answer. Rejects with FetchError. */
export function exchange(one: Exchange, address: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(one, address);
    let timer = setTimeout(() => request.destroy(new FetchError('timeout')), one.times.connectMs);
    request
      .on('socket', (socket) => {
        socket.once(one.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          clearTimeout(timer);
          timer = setTimeout(() => request.destroy(new FetchError('timeout')), one.times.headersMs);
        });
      })
      .on('response', (response) => {
        clearTimeout(timer);
        resolve(response);
      })
      // Nobody asked for another protocol. Without a listener Node ends the connection and says nothing.
      .on('upgrade', (_response, socket) => socket.destroy())
      .on('error', (error) => {
        clearTimeout(timer);
        reject(failureOf(error, one.signal));
      })
      // Comes last of all: where there was neither an answer nor an error, nothing else would end the wait.
      .on('close', () => {
        clearTimeout(timer);
        reject(new FetchError('unreachable'));
      });
    request.end(one.body ?? undefined);
  });
}

/** What went wrong with a connection, in our words. */
export function failureOf(error: unknown, signal: AbortSignal): FetchError {
  if (error instanceof FetchError) return error;
  return new FetchError(signal.aborted ? 'timeout' : 'unreachable', error);
}

/** The body of an answer, no longer than `maxBytes`, no slower than its times. Throws FetchError; the connection ends with it. */
export async function* bodyOf(
  response: IncomingMessage,
  { maxBytes, times, signal }: { maxBytes: number; times: Times; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  response.setTimeout(times.idleMs, () => response.destroy(new FetchError('timeout')));
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new FetchError('too_large');
      yield chunk;
    }
    if (!response.complete) throw new FetchError('unreachable');
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    response.destroy();
  }
}
