const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

/** Seconds before each attempt, counted from the end of the one before: about three days in all. */
const DELAYS_S = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** Attempts after which a delivery is given up. */
export const MAX_ATTEMPTS = DELAYS_S.length;

/** The longest a receiver may put off a delivery. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;
/** The longest one answer keeps an endpoint's other deliveries waiting. */
export const MAX_REST_MS = HOUR_MS;

/**
 * Milliseconds until the next attempt after so many failures (from 1), up to a tenth more or less: what failed at one
 * moment must not come back at one moment. Null when that was the last.
 */
export function retryDelayMs(failures: number, random: () => number = Math.random): number | null {
  const seconds = DELAYS_S[failures];
  return seconds === undefined ? null : Math.round(seconds * SECOND_MS * (0.9 + 0.2 * random()));
}

/** What `Retry-After` asks for (RFC 9110, 10.2.3), in milliseconds, at most a day; null when it says nothing of use. */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  const text = header?.trim() ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now.getTime();
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null;
}
