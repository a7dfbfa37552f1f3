import { expect, it } from 'vitest';
import { HEALTHY, isNews, judgeHealth, type Vitals } from './health-score.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const vitals = (own: Partial<Vitals> = {}): Vitals => ({
  state: 'connected',
  reason: 'connected',
  live: { gated: 0, lastFrameAt: NOW.getTime() - 1_000, pingMs: 40, unacked: 0, deafRestarts: 0 },
  drops: 0,
  lostGaps: 0,
  now: NOW,
  ...own,
});
const codes = (own: Partial<Vitals>) => judgeHealth(vitals(own)).reasons.map(({ code }) => code);

it('gives a device that is well all points and no reasons', () => {
  expect(judgeHealth(vitals())).toEqual({ score: 100, reasons: [] });
});

it('names what it measured', () => {
  expect(codes({ live: { gated: 0, lastFrameAt: NOW.getTime() - 120_000 } })).toEqual(['silent']);
  expect(codes({ live: { gated: 0, pingMs: 9_000 } })).toEqual(['slow']);
  expect(codes({ live: { gated: 0, unacked: 3, unackedMs: 15_000 } })).toEqual(['acks_late']);
  expect(codes({ live: { gated: 2_000, deafRestarts: 1 } })).toEqual(['deaf', 'database_slow']);
  expect(codes({ live: null, drops: 5, lostGaps: 1 })).toEqual(['not_measured', 'unstable', 'gap_lost']);
});

it('calls nothing healthy that is not connected, and a locked account better than a banned one', () => {
  for (const state of ['connecting', 'linking', 'degraded', 'disconnected', 'unlinked', 'logged_out'] as const)
    expect(judgeHealth(vitals({ state, reason: 'network' })).score).toBeLessThan(HEALTHY);
  const locked = judgeHealth(vitals({ state: 'restricted', reason: 'reach_out_locked' })).score;
  expect(locked).toBeGreaterThan(judgeHealth(vitals({ state: 'restricted', reason: 'banned' })).score);
});

it('calls nothing healthy that does not answer', () => {
  expect(judgeHealth(vitals({ live: null })).score).toBeLessThan(HEALTHY);
});

it('stays within 0 and 100 whatever comes together', () => {
  const worst = vitals({ state: 'logged_out', live: null, drops: 1_000, lostGaps: 50 });
  expect(judgeHealth(worst).score).toBe(0);
});

it('tells of changes of ten points, at most once a minute, also over a clock that jumps', () => {
  const told = (score: number, agoMs: number) => ({ score, at: new Date(NOW.getTime() - agoMs) });
  expect(isNews(60, { score: 100, at: null }, NOW)).toBe(true);
  expect(isNews(91, told(100, 120_000), NOW)).toBe(false);
  expect(isNews(80, told(100, 59_000), NOW)).toBe(false);
  expect(isNews(80, told(100, 60_000), NOW)).toBe(true);
  expect(isNews(80, told(100, -3_600_000), NOW)).toBe(true);
});
