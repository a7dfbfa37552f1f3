import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstIdAt, isId, newId, timeOfId, uuidV7 } from './ids.ts';

it('mints ids that sort in the order they were made and never repeat', () => {
  const ids = Array.from({ length: 20_000 }, () => newId('msg'));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

it('keeps time, version and variant where RFC 9562 puts them', () => {
  const now = Date.now() + 1000;
  const id = uuidV7(now);
  expect(Number(id >> 80n)).toBe(now);
  expect((id >> 76n) & 0xfn).toBe(7n);
  expect((id >> 62n) & 3n).toBe(2n);
});

it('stays in order when the clock jumps back', () => {
  const a = uuidV7(Date.now() + 5000);
  expect(uuidV7(Date.now() - 60_000) > a).toBe(true);
});

it('accepts only the shape it mints', () => {
  expect(isId('dev', newId('dev'))).toBe(true);
  expect(isId('dev', newId('msg'))).toBe(false);
  fc.assert(fc.property(fc.string(), (text) => !isId('dev', text)));
});

it('says when an id was minted, and where a time lies among ids', () => {
  const before = Date.now();
  const ids = Array.from({ length: 100 }, () => newId('aud'));
  for (const id of ids) {
    const at = timeOfId(id);
    // Ahead of the clock where it has jumped back, as it has above.
    expect(at.getTime()).toBeGreaterThanOrEqual(before);
    expect(at.getTime()).toBeLessThanOrEqual(Date.now() + 10_000);
    expect(firstIdAt('aud', at) <= id).toBe(true);
    expect(firstIdAt('aud', new Date(at.getTime() + 1)) > id).toBe(true);
  }
  for (const time of [0, 1, 1_700_000_000_000, 2 ** 48 - 1])
    expect(timeOfId(firstIdAt('aud', new Date(time))).getTime()).toBe(time);
});
