import { expect, it } from 'vitest';
import { networkOf, waitAfter } from './throttle.ts';

it('waits nothing at first, then longer, never longer than the bound', () => {
  const waits = Array.from({ length: 40 }, (_none, failures) => waitAfter(failures, 'pair'));
  expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
  expect(waits.slice(5, 11)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  expect(waitAfter(100_000, 'account')).toBe(4000);
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('counts %s as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
