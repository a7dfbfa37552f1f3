import { expect, it } from 'vitest';
import { MAX_ATTEMPTS, MAX_RETRY_AFTER_MS, retryAfterMs, retryDelayMs } from './schedule.ts';

it('tries ten times over three days, and then no more', () => {
  const middle = () => 0.5;
  const hours = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, n) => (retryDelayMs(n + 1, middle) ?? 0) / 3_600_000);
  expect(hours).toEqual([5 / 3_600, 300 / 3_600, 0.5, 2, 5, 10, 14, 20, 24]);
  expect(retryDelayMs(MAX_ATTEMPTS)).toBeNull();
});

it('never waits the same twice, nor far from what it says', () => {
  const waits = Array.from({ length: 100 }, () => retryDelayMs(2) ?? 0);
  expect(new Set(waits).size).toBeGreaterThan(50);
  for (const wait of waits) {
    expect(wait).toBeGreaterThanOrEqual(270_000);
    expect(wait).toBeLessThanOrEqual(330_000);
  }
});

it('reads Retry-After in both forms, bounded, and nothing else', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  expect(retryAfterMs('120', now)).toBe(120_000);
  expect(retryAfterMs('Sun, 29 Nov 2026 12:01:00 GMT', now)).toBe(60_000);
  expect(retryAfterMs('99999999', now)).toBe(MAX_RETRY_AFTER_MS);
  for (const text of [undefined, '', '0', '-5', 'soon', 'Sun, 29 Nov 2026 11:00:00 GMT'])
    expect(retryAfterMs(text, now), String(text)).toBeNull();
});
