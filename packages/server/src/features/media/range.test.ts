import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasAlready, parseRange, rangeCounts } from './range.ts';

it.each([
  ['bytes=0-99', { start: 0, end: 99 }],
  ['bytes=900-', { start: 900, end: 999 }],
  ['bytes=-100', { start: 900, end: 999 }],
  ['bytes=-5000', { start: 0, end: 999 }],
  ['bytes=990-5000', { start: 990, end: 999 }],
  ['Bytes = 0-0', null],
  ['BYTES=0-0', { start: 0, end: 0 }],
  ['bytes=1000-', 'unsatisfiable'],
  ['bytes=5000-6000', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  // Not understood: the whole is answered.
  ['bytes=0-1,5-6', null],
  ['bytes=9-1', null],
  ['bytes=-', null],
  ['items=0-1', null],
  ['bytes=a-b', null],
  [`bytes=0-${' '.repeat(200)}`, null],
  [undefined, null],
])('reads %j over 1000 bytes', (header, expected) => expect(parseRange(header, 1_000)).toEqual(expected));

it('is quick with headers that are made to be slow', () => {
  const from = performance.now();
  const blanks = ' '.repeat(200_000);
  for (const header of [`bytes=${blanks}x`, `bytes=0${blanks}x`, `bytes=0-${blanks}x`])
    expect(parseRange(header, 10)).toBe(null);
  expect(performance.now() - from).toBeLessThan(500);
});

it('never answers bytes that are not there', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(2_000), fc.integer({ min: 1, max: 1_000 }), (a, b, size) => {
      for (const header of [`bytes=${a}-${b}`, `bytes=${a}-`, `bytes=-${b}`]) {
        const range = parseRange(header, size);
        if (range === null || range === 'unsatisfiable') continue;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }
    }),
  );
});

it('knows its own ETag among others', () => {
  expect(['"a"', 'W/"a"', '"b", "a"', '*'].map((header) => hasAlready(header, '"a"'))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([undefined, '"b"', 'a'].map((header) => hasAlready(header, '"a"'))).toEqual([false, false, false]);
  // A weak one says nothing of single bytes.
  expect([undefined, '"a"', 'W/"a"', '"b"'].map((header) => rangeCounts(header, '"a"'))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
