import { WapingApiError } from './error.ts';

const BASE_MS = 250;
const CAP_MS = 10_000;

/** How often and how long a call is tried. */
export interface RetryRules {
  /** Further tries after the first. */
  retries: number;
  /** Longest pause the server may ask for, in milliseconds; beyond it the error is the caller's. */
  maxWaitMs: number;
}

/** Whether the same request may be made again: repeating it does nothing twice, or it was never begun. */
function mayRepeat(error: unknown, isRepeatable: boolean): boolean {
  // Refused by a rate limit, before anything was done.
  if (error instanceof WapingApiError && error.status === 429) return true;
  if (!isRepeatable) return false;
  if (!(error instanceof WapingApiError)) return true;
  return error.status >= 500 || error.code === 'IDEMPOTENCY_IN_PROGRESS';
}

/** Milliseconds until the next try: what the server asks for, else longer each time, with jitter. */
function pauseOf(error: unknown, attempt: number): number {
  if (error instanceof WapingApiError && error.retryAfter !== null) return error.retryAfter * 1000;
  return Math.min(CAP_MS, BASE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Runs a request until it succeeds or may not be tried again; then what it threw last is thrown. */
export async function withRetries<T>(
  run: () => Promise<T>,
  rules: RetryRules & { isRepeatable: boolean; signal?: AbortSignal | undefined },
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const pause = pauseOf(error, attempt);
      const isOver = attempt >= rules.retries || pause > rules.maxWaitMs || rules.signal?.aborted === true;
      if (isOver || !mayRepeat(error, rules.isRepeatable)) throw error;
      await sleep(pause, rules.signal);
    }
  }
}
