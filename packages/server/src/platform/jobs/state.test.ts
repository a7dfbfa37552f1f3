import { expect, it } from 'vitest';
import { backoffMs, RETRY_CAP_MS } from './backoff.ts';
import { isFinal, JOB_STATES, transition } from './state.ts';

it('moves a job only along its table, and never out of a final state', () => {
  expect(transition('queued', 'claim')).toBe('running');
  expect(transition('queued', 'succeed')).toBeNull();
  expect(transition('running', 'lapse')).toBe('queued');
  expect(JOB_STATES.filter(isFinal)).toEqual(['succeeded', 'failed', 'canceled']);
  for (const state of JOB_STATES.filter(isFinal))
    for (const trigger of ['claim', 'succeed', 'fail', 'retry', 'release', 'lapse', 'cancel'] as const)
      expect(transition(state, trigger)).toBeNull();
});

it('waits longer after each failure, up to a bound, and never twice the same', () => {
  expect(backoffMs(1)).toBeLessThanOrEqual(2_000);
  expect(backoffMs(6)).toBeGreaterThan(backoffMs(1));
  for (const attempts of [20, 500]) expect(backoffMs(attempts)).toBeLessThanOrEqual(RETRY_CAP_MS);
  expect(new Set(Array.from({ length: 50 }, () => backoffMs(5))).size).toBeGreaterThan(25);
});
