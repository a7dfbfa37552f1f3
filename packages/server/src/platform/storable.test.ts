import { expect, it } from 'vitest';
import { isStorable, storable } from './storable.ts';

it('replaces what no database holds, wherever it is, and nothing else', () => {
  const at = new Date();
  const bytes = new Uint8Array([0]);
  const given = { a: 'x\0y', list: ['\ud800', 'ok 😀'], deep: { n: 1, none: null }, at, bytes };
  expect(storable(given)).toEqual({ a: 'x\uFFFDy', list: ['\uFFFD', 'ok 😀'], deep: { n: 1, none: null }, at, bytes });
});

it('tells whole characters from halves', () => {
  expect(['😀', 'plain', '\uFFFD', '\n'].every(isStorable)).toBe(true);
  expect(['\0', 'a\ud83d', '\ude00b'].some(isStorable)).toBe(false);
});
