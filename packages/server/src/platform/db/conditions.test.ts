import { expect, it } from 'vitest';
import { Conditions, limitSql } from './conditions.ts';

it('holds only what was asked for, numbered as it comes', () => {
  const where = new Conditions().and('a = ?', 'x').and('b = ?', null).and('c = any (?::text[])', ['y']);
  expect(where.sql).toBe('where a = $1 and c = any ($2::text[])');
  expect(where.params).toEqual(['x', ['y']]);
  expect(new Conditions().sql).toBe('');
});

it('takes a condition of fixed words where it was asked for', () => {
  const where = new Conditions().when(true, "a not in ('x')").when(false, 'b is null').and('c = ?', 'y');
  expect(where.sql).toBe("where a not in ('x') and c = $1");
  expect(where.params).toEqual(['y']);
});

it('rounds a limit up to one of a few, and refuses a list nobody may ask for', () => {
  expect([1, 26, 27, 101].map(limitSql)).toEqual(['limit 26', 'limit 26', 'limit 51', 'limit 101']);
  expect(() => limitSql(502)).toThrow(RangeError);
});
