/**
 * Delay before attempt `n` (0 and up), milliseconds: exponential with a cap, the upper half random, so that devices
 * cut off together do not come back together.
 */
export function backoff(attempt: number, baseMs: number, capMs: number, random: () => number = Math.random): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(full / 2 + (full / 2) * random());
}
