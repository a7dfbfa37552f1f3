import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { deriveBytes } from '../rng.ts';
import { type BlobLimits, BlobStore } from './blob-store.ts';
import { serveDownload } from './download.ts';
import { MediaFaults } from './faults.ts';
import { keptCertificates } from './kept-certificates.ts';
import { receiveUpload } from './upload.ts';

/** A client that stalls in the middle of a request is cut off after this time, milliseconds. */
const REQUEST_TIMEOUT_MS = 120_000;

export interface MediaHostOptions {
  readonly seed: string;
  /** TCP port on loopback; 0 (the default) picks a free one. */
  readonly port?: number;
  /** Directory for the certificates; made if absent. Without it no file is written. */
  readonly caDir?: string;
  readonly limits?: Partial<BlobLimits>;
}

/** The HTTPS host for encrypted media, on loopback. Clients have to trust {@link MediaHost.caPem}. */
export interface MediaHost extends AsyncDisposable {
  /** `localhost:port`, as the media_conn answer names it. */
  readonly host: string;
  readonly caPem: string;
  /** Path of the CA certificate, fit for NODE_EXTRA_CA_CERTS. */
  readonly caFile?: string;
  /** Upload token for the media_conn answer; any non-empty token is accepted. */
  readonly auth: string;
  readonly blobs: BlobStore;
  readonly faults: MediaFaults;
  close(): Promise<void>;
}

/** Starts the media host with a CA of its own, the one kept in `caDir` where there is one. Rejects when the port or the files cannot be had. */
export async function startMediaHost(options: MediaHostOptions): Promise<MediaHost> {
  const { caPem, certPem, keyPem, caFile } = await keptCertificates(options.caDir);
  const blobs = new BlobStore(options.limits);
  const faults = new MediaFaults();
  const server = createServer({ cert: certPem, key: keyPem, requestTimeout: REQUEST_TIMEOUT_MS });
  server.on('request', (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    answer(request, response, { blobs, faults, signal: gone.signal }).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0);
  const close = () => closeServer(server);
  return {
    host: `localhost:${port}`,
    caPem,
    ...(caFile === undefined ? {} : { caFile }),
    auth: deriveBytes(options.seed, 'media-auth', 18).toString('base64url'),
    blobs,
    faults,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Context {
  readonly blobs: BlobStore;
  readonly faults: MediaFaults;
  readonly signal: AbortSignal;
}

async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://localhost');
  if (request.method === 'GET' || request.method === 'HEAD') {
    const [blob, fault] = [context.blobs.get(url.pathname), context.faults.forDownload(url.pathname)];
    return serveDownload(request, response, { blob, fault, signal: context.signal });
  }
  const fault = context.faults.forUpload();
  if (fault?.kind === 'slow') await delay(fault.delayMs, undefined, { signal: context.signal });
  const reply = await receiveUpload(request, url, context.blobs);
  const failed = fault && fault.kind !== 'slow';
  const status = failed ? (fault.kind === 'status' ? fault.status : 404) : reply.status;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(failed ? { error: 'fault' } : reply.body));
}

function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the media host has no port'));
      else resolve(address.port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
