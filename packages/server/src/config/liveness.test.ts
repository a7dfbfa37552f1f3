import { expect, it } from 'vitest';
import { livenessList } from './liveness.ts';

it('reads milliseconds and counts by name', () => {
  expect(livenessList.parse('silent=45000, restarts=5')).toEqual({ silentMs: 45_000, restarts: 5 });
});

it.each([
  '',
  'silent',
  'silent=',
  'silent=0',
  'silent=-5',
  'silent=1e3',
  'silent=1,silent=2',
  'noise=5',
  'restarts=5000',
  'quiet=999999999',
])('refuses %s', (text) => {
  expect(livenessList.safeParse(text).success).toBe(false);
});
