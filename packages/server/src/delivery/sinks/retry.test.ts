import { expect, it } from 'vitest';
import { LONGEST_PAUSE_MS, pauseAfter } from './retry.ts';

it('tries again soon at first, later and later, and never later than the longest pause', () => {
  for (let failures = 1; failures <= 2_000; failures++) {
    const most = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** (failures - 1));
    const pause = pauseAfter(failures);
    expect(pause).toBeGreaterThanOrEqual(most / 2);
    expect(pause).toBeLessThanOrEqual(most);
  }
});
