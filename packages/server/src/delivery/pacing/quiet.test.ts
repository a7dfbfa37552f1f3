import fc from 'fast-check';
import { expect, it } from 'vitest';
import { offsetsFor, quietUntil } from './quiet.ts';

const HOURS = { from: '21:00', to: '08:00' };
const WINTER = new Date('2026-01-15T12:00:00Z');
const SUMMER = new Date('2026-07-15T12:00:00Z');
const at = (time: string) => new Date(`2026-01-15T${time}:00Z`);

it('knows the clocks of a number’s country, summer time included', () => {
  expect(offsetsFor('+4915112345678', null, WINTER)).toEqual([60]);
  expect(offsetsFor('+4915112345678', null, SUMMER)).toEqual([120]);
  expect(offsetsFor('+919812345678', null, WINTER)).toEqual([330]);
});

it('reckons with every zone of a country that has several', () => {
  const offsets = offsetsFor('+12125550123', null, WINTER);
  for (const hours of [-5, -6, -7, -8, -9, -10]) expect(offsets).toContain(hours * 60);
});

it('takes the device’s own country for a number that has none, and UTC where neither has', () => {
  expect(offsetsFor('+999000000001', '+4915112345678', WINTER)).toEqual([60]);
  expect(offsetsFor(null, null, WINTER)).toEqual([0]);
});

it('is quiet from the first hour to the last, over midnight', () => {
  expect(quietUntil(HOURS, [60], at('19:59'))).toBeNull();
  expect(quietUntil(HOURS, [60], at('20:00'))?.toISOString()).toBe('2026-01-16T07:00:00.000Z');
  expect(quietUntil(HOURS, [60], at('06:59'))?.toISOString()).toBe('2026-01-15T07:00:00.000Z');
  expect(quietUntil(HOURS, [60], at('07:00'))).toBeNull();
  expect(quietUntil({ from: '12:00', to: '14:00' }, [0], at('13:10'))?.toISOString()).toBe('2026-01-15T14:00:00.000Z');
});

it('is quiet while it is quiet in any of several zones', () => {
  const [east, west] = [-5 * 60, -10 * 60];
  // 08:00 in the west is 18:00 UTC; 21:00 in the east is 02:00 UTC.
  expect(quietUntil(HOURS, [east, west], at('17:59'))?.toISOString()).toBe('2026-01-15T18:00:00.000Z');
  expect(quietUntil(HOURS, [east, west], at('18:00'))).toBeNull();
  expect(quietUntil(HOURS, [east, west], at('01:59'))).toBeNull();
  expect(quietUntil(HOURS, [east, west], at('02:00'))?.toISOString()).toBe('2026-01-15T18:00:00.000Z');
});

it('always leaves some of the day, and ends when it says', () => {
  const minute = fc.integer({ min: 0, max: 95 }).map((n) => {
    return `${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`;
  });
  const offsets = fc.array(fc.integer({ min: -12, max: 14 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(minute, minute, offsets, fc.integer({ min: 0, max: 86_399 }), (from, to, hours, second) => {
      fc.pre(from !== to);
      const zones = hours.map((hour) => hour * 60);
      const now = new Date(Date.UTC(2026, 0, 15) + second * 1000);
      const until = quietUntil({ from, to }, zones, now);
      if (until === null) return;
      expect(until.getTime()).toBeGreaterThan(now.getTime());
      expect(until.getTime() - now.getTime()).toBeLessThanOrEqual(24 * 3600_000);
      expect(quietUntil({ from, to }, zones, until)).toBeNull();
    }),
  );
});
