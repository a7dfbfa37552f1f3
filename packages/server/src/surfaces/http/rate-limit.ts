import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { WapingError } from '../../platform/errors.ts';

const WINDOW_SECONDS = 60;
const POLICY = 'key';

export interface RateVerdict {
  headers: Record<string, string>;
  /** Set when the request is over the limit. */
  error: WapingError | null;
}

/** Counts requests of each API key. Headers follow draft-ietf-httpapi-ratelimit-headers-10. */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #quota: number;

  /** @param quota requests a minute for each key */
  constructor(quota: number) {
    this.#quota = quota;
    this.#limiter = new RateLimiterMemory({ points: quota, duration: WINDOW_SECONDS });
  }

  async take(keyId: string): Promise<RateVerdict> {
    try {
      return { headers: this.#headers(await this.#limiter.consume(keyId)), error: null };
    } catch (refusal) {
      if (!isRefusal(refusal)) throw refusal;
      const retryAfter = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      const error = new WapingError('RATE_LIMITED', `more than ${this.#quota} requests a minute with this key`, {
        retryAfter,
        details: [{ param: 'policy', message: POLICY }],
      });
      return { headers: this.#headers(refusal), error };
    }
  }

  #headers(state: RateLimiterRes): Record<string, string> {
    const reset = Math.max(0, Math.ceil(state.msBeforeNext / 1000));
    return {
      'ratelimit-policy': `"${POLICY}";q=${this.#quota};w=${WINDOW_SECONDS}`,
      ratelimit: `"${POLICY}";r=${Math.max(0, state.remainingPoints)};t=${reset}`,
    };
  }
}

function isRefusal(value: unknown): value is RateLimiterRes {
  return value !== null && typeof value === 'object' && 'msBeforeNext' in value;
}
