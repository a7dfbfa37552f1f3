import { expect, it } from 'vitest';
import { backoff } from './backoff.ts';

it('doubles, stays under the cap, and spreads over the upper half', () => {
  expect([0, 1, 2, 3].map((n) => backoff(n, 100, 60_000, () => 1))).toEqual([100, 200, 400, 800]);
  expect(backoff(50, 100, 60_000, () => 1)).toBe(60_000);
  expect(backoff(3, 100, 60_000, () => 0)).toBe(400);
});
