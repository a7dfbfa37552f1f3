import { expect, it } from 'vitest';
import { encodeValue, readerOf } from './values.ts';

it('sends numbers, bigints, booleans and dates as exact text', () => {
  expect([1.5, 9007199254740993n, true, new Date(0)].map(encodeValue)).toEqual([
    '1.5',
    '9007199254740993',
    'true',
    '1970-01-01T00:00:00.000Z',
  ]);
});

it('quotes array elements so that none can end the array or become NULL', () => {
  expect(encodeValue(['a"b', 'c\\', 'NULL', '', null, 1])).toBe('{"a\\"b","c\\\\","NULL","",NULL,"1"}');
  expect(encodeValue([new Uint8Array([255])])).toBe('{"\\\\xff"}');
});

it('refuses an invalid date instead of storing something else', () => {
  expect(() => encodeValue(new Date(Number.NaN))).toThrow(RangeError);
});

it('reads int8 as text and a date as the text it is', () => {
  expect(readerOf(20)('9007199254740993')).toBe('9007199254740993');
  expect(readerOf(1082)('2026-03-01')).toBe('2026-03-01');
});
