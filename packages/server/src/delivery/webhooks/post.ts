import { FetchError, type FetchedAnswer, type SafeFetch } from '../../platform/safe-fetch/index.ts';
import { retryAfterMs } from './schedule.ts';

/** How long a receiver has, from the look-up of its name to the status of its answer. */
export const ATTEMPT_MS = 15_000;
/** Times of the guarded fetch for webhooks. */
export const WEBHOOK_TIMES = {
  connectMs: 10_000,
  headersMs: ATTEMPT_MS,
  idleMs: 2_000,
  totalMs: ATTEMPT_MS,
};
/** The body says nothing that matters but to people: no longer than this is it waited for. */
const BODY_MS = 2_000;
/** Bytes of an answer that are kept. */
export const KEPT_BYTES = 1_024;

const GONE = 410;
const ASKS_FOR_REST: readonly number[] = [429, 503];

export interface PostRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** Bytes of the answer to read. */
  keep: number;
  signal: AbortSignal;
}

/** What became of one request. */
export interface Outcome {
  ok: boolean;
  at: Date;
  /** Null where nothing was answered. */
  status: number | null;
  latencyMs: number;
  /** Why it failed; null when it went well. */
  error: string | null;
  /** The begin of the answer, as text; null where there is none that is text. */
  answer: string | null;
  /** 410: nobody is there any more, and nobody will be. */
  gone: boolean;
  /** How long the receiver asks to be left alone. */
  retryAfterMs: number | null;
}

/** The begin of a body. What breaks off, or is slow, has its status all the same. */
async function firstBytes(answer: FetchedAnswer, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const timer = setTimeout(() => answer[Symbol.dispose](), BODY_MS);
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= most) break;
    }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
  } finally {
    clearTimeout(timer);
    answer[Symbol.dispose]();
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** The code of what is behind a failure, such as CERT_HAS_EXPIRED or ECONNREFUSED. */
function codeOf(cause: unknown): string {
  const code: unknown = cause !== null && typeof cause === 'object' ? Reflect.get(cause, 'code') : null;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,59}$/.test(code) ? ` (${code})` : '';
}

const isEncoded = (encoding: string | undefined) => !/^(identity)?$/i.test(encoding?.trim() ?? '');

function faultOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
}

/** http is for hosts the operator allows, also where that was taken back since the endpoint was made. */
function checkScheme(fetcher: SafeFetch, url: string): void {
  const { allowed } = fetcher.judge(url);
  if (!allowed && new URL(url).protocol !== 'https:') throw new FetchError('forbidden');
}

/**
 * Sends one request through the guarded fetch, follows nothing, and says what became of it. Any status in time is an
 * answer; 2xx is success. Never rejects for what the receiver or the network does.
 */
export async function post(fetcher: SafeFetch, request: PostRequest, now: Date): Promise<Outcome> {
  const started = performance.now();
  const latency = () => Math.round(performance.now() - started);
  const { url, headers, body, keep, signal } = request;
  try {
    checkScheme(fetcher, url);
    // The body is cut here, whatever length it says it has: a gigabyte after a 200 is a 200.
    const maxBytes = Number.MAX_SAFE_INTEGER;
    const answer = await fetcher.fetch(url, { method: 'POST', headers, body, maxBytes, signal, anyEncoding: true });
    const latencyMs = latency();
    const { status } = answer;
    const bytes = await firstBytes(answer, keep);
    const error = faultOf(status);
    return {
      ok: error === null,
      at: now,
      status,
      latencyMs,
      error,
      answer: isEncoded(answer.headers['content-encoding']) ? null : bytes.toString(),
      gone: status === GONE,
      retryAfterMs: ASKS_FOR_REST.includes(status) ? retryAfterMs(answer.headers['retry-after'], now) : null,
    };
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    const why = `${error.reason}: ${error.message}${error.reason === 'forbidden' ? '' : codeOf(error.cause)}`;
    const nothing = { status: null, answer: null, gone: false, retryAfterMs: null };
    return { ok: false, at: now, latencyMs: latency(), error: why, ...nothing };
  }
}
