import { expect, it } from 'vitest';
import { checkFloor, coldBudget, DEFAULT_PACING, pacingOf, warmUpEnd } from './pacing.ts';

const DAY_MS = 24 * 3600_000;
const NOW = new Date('2026-11-27T12:00:00.000Z');
const linked = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

it('paces devices of WhatsApp by default, and those of the sandbox where they were told to be', () => {
  expect(pacingOf({ network: 'whatsapp', pacing: null })).toEqual(DEFAULT_PACING);
  expect(pacingOf({ network: 'sandbox', pacing: null }).enabled).toBe(false);
  expect(pacingOf({ network: 'sandbox', pacing: { gapSeconds: 0.1 } })).toMatchObject({
    enabled: true,
    gapSeconds: 0.1,
  });
});

it.each([
  ['enabled', { enabled: false }],
  ['gapSeconds', { gapSeconds: 1.9 }],
  ['chatGapSeconds', { chatGapSeconds: 0 }],
  ['coldChatsPerDay', { coldChatsPerDay: 251 }],
  ['warmUpDays', { warmUpDays: 6 }],
  ['quietHours', { quietHours: { from: '22:01', to: '07:00' } }],
  ['quietHours', { quietHours: { from: '22:00', to: '06:59' } }],
  ['quietHours', { quietHours: { from: '08:00', to: '21:00' } }],
])('does not let %s of a device of WhatsApp fall below the floor, and lets the sandbox', (field, pacing) => {
  const param = `pacing.${field}`;
  expect(() => checkFloor({ network: 'whatsapp', pacing })).toThrow(
    expect.objectContaining({ code: 'VALIDATION_ERROR', param }),
  );
  expect(() => checkFloor({ network: 'sandbox', pacing })).not.toThrow();
});

it('takes the defaults, the floor itself and what is stricter', () => {
  const floor = { chatGapSeconds: 1, gapSeconds: 2, coldChatsPerDay: 250, warmUpDays: 7 };
  for (const pacing of [
    null,
    { ...floor, quietHours: { from: '22:00', to: '07:00' } },
    { gapSeconds: 60, coldChatsPerDay: 0, quietHours: { from: '12:00', to: '11:00' } },
  ]) {
    expect(() => checkFloor({ network: 'whatsapp', pacing })).not.toThrow();
  }
});

it('lets a newly linked device open few cold chats, more each day, and all once it has warmed up', () => {
  const budgets = Array.from({ length: 16 }, (_, day) => coldBudget(DEFAULT_PACING, linked(day), NOW));
  expect([budgets[0], budgets[14], budgets[15]]).toEqual([10, 100, 100]);
  expect(budgets.every((budget, day) => day === 0 || budget >= (budgets[day - 1] ?? 0))).toBe(true);
  expect(budgets.slice(0, 14).every((budget) => budget < 100)).toBe(true);
  expect(coldBudget({ ...DEFAULT_PACING, coldChatsPerDay: 5 }, linked(0), NOW)).toBe(5);
  expect(coldBudget(DEFAULT_PACING, null, NOW)).toBe(10);
  expect([warmUpEnd(DEFAULT_PACING, linked(4), NOW), warmUpEnd(DEFAULT_PACING, linked(20), NOW)]).toEqual([
    new Date(NOW.getTime() + 10 * DAY_MS),
    null,
  ]);
});

it('does not shorten the warm-up where the clock jumps back', () => {
  expect(coldBudget(DEFAULT_PACING, linked(-30), NOW)).toBe(10);
});
