const RETRY_BASE_MS = 1_000;
/** The longest wait between two attempts. */
export const RETRY_CAP_MS = 10 * 60_000;

/** Milliseconds to wait after the given number of failures in a row. Half of it is chance: jobs must not return at one moment. */
export function backoffMs(attempts: number): number {
  return Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempts, 30)) * (0.5 + Math.random() / 2);
}
