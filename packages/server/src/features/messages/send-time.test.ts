import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sendTime } from './send-time.ts';

const NOW = new Date('2026-11-27T12:00:00.000Z');
const at = (ms: number) => ({ sendAt: new Date(NOW.getTime() + ms).toISOString() });
const YEAR_MS = 365 * 24 * 3600_000;

it('schedules what lies ahead, and counts its validity from there', () => {
  const ahead = fc.integer({ min: 1, max: YEAR_MS });
  fc.assert(
    fc.property(ahead, fc.integer({ min: 1, max: 604_800 }), (ms, validFor) => {
      const { sendAt, validUntil } = sendTime(NOW, { ...at(ms), validFor });
      expect(sendAt?.getTime()).toBe(NOW.getTime() + ms);
      expect(validUntil.getTime()).toBe(NOW.getTime() + ms + validFor * 1000);
    }),
  );
});

it('sends at once without a time, and with one up to a minute past', () => {
  for (const wish of [{}, at(0), at(-1), at(-60_000)]) {
    const { sendAt, validUntil } = sendTime(NOW, wish);
    expect([sendAt, validUntil.getTime() - NOW.getTime()]).toEqual([null, 86_400_000]);
  }
});

it('takes a time with an offset as the moment it names', () => {
  expect(sendTime(NOW, { sendAt: '2026-11-27T18:00:00+05:00' }).sendAt?.toISOString()).toBe('2026-11-27T13:00:00.000Z');
});

it('refuses a time that has passed or lies more than a year ahead, naming the field', () => {
  for (const ms of [-60_001, -YEAR_MS, 2 * YEAR_MS]) {
    expect(() => sendTime(NOW, at(ms))).toThrow(expect.objectContaining({ code: 'VALIDATION_ERROR', param: 'sendAt' }));
  }
});
