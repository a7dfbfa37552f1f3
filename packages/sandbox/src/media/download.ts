import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { MediaFault } from './faults.ts';
import { parseRange } from './range.ts';

const CORRUPTION = 0x5a;

/** What one GET is answered with, and how badly. */
export interface Download {
  readonly blob: Uint8Array | undefined;
  readonly fault: MediaFault | undefined;
  /** Aborted when the client goes away or the host closes. */
  readonly signal: AbortSignal;
}

/** Serves one blob, whole or a range of it. Rejects only when the signal aborts a slow answer. */
export async function serveDownload(request: IncomingMessage, response: ServerResponse, job: Download): Promise<void> {
  const { fault, signal } = job;
  if (fault?.kind === 'slow') await delay(fault.delayMs, undefined, { signal });
  if (fault?.kind === 'status') return end(response, fault.status);
  if (!job.blob || fault?.kind === 'missing') return end(response, 404);
  const blob = fault?.kind === 'corrupt' ? job.blob.map((byte) => byte ^ CORRUPTION) : job.blob;
  const range = parseRange(request.headers.range, blob.length);
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${blob.length}`);
    return end(response, 416);
  }
  const body = range ? blob.subarray(range.start, range.end + 1) : blob;
  response.writeHead(range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'content-length': body.length,
    ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${blob.length}` } : {}),
  });
  if (request.method === 'HEAD') {
    response.end();
  } else if (fault?.kind === 'slow' && fault.chunkBytes !== undefined) {
    await trickle(response, body, { size: Math.max(1, fault.chunkBytes), delayMs: fault.delayMs, signal });
  } else {
    response.end(body);
  }
}

interface Trickle {
  readonly size: number;
  readonly delayMs: number;
  readonly signal: AbortSignal;
}

async function trickle(response: ServerResponse, body: Uint8Array, how: Trickle): Promise<void> {
  for (let at = 0; at < body.length; at += how.size) {
    response.write(body.subarray(at, at + how.size));
    await delay(how.delayMs, undefined, { signal: how.signal });
  }
  response.end();
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
