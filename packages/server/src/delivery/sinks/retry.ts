const FIRST_MS = 250;
/** The longest pause between two tries. */
export const LONGEST_PAUSE_MS = 30_000;

/**
 * Milliseconds to wait after so many failures in a row, 1 or more. Up to half of it is chance: nodes must not come back to
 * a broker at one moment.
 */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20)) * (0.5 + Math.random() / 2);
}
