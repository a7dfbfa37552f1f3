import type { Random } from './random.ts';

/** Texts that have broken something somewhere. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud83d',
  '\u202egnp.exe',
  '\ufeffx',
  '\u0085\u2028',
  'e\u0301'.repeat(50),
  '👩‍👩‍👧‍👦'.repeat(30),
  'ﷺ'.repeat(200),
  "'; drop table message; --",
  '" or ""="',
  '$1',
  '../../../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%ff',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '\r\nSet-Cookie: a=b',
  '-1',
  '1e309',
  'NaN',
  'Infinity',
  '0x10',
  'true',
  'null',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(256),
  'x'.repeat(5_000),
  'x'.repeat(70_000),
  '+0000000000',
  '+1'.padEnd(60, '5'),
  'wap_x',
  '2026-02-30T25:61:61Z',
  '275760-09-13T00:00:00.001Z',
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  0.5,
  1e21,
  -1e21,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 63,
  5e-324,
  1.7e308,
  101,
  1_000_000,
];

export const nastyText = (random: Random): string => random.pick(TEXTS);

/** A value of any kind but a sensible one. */
export function nasty(random: Random): unknown {
  return random.pick<() => unknown>([
    () => nastyText(random),
    () => random.pick(NUMBERS),
    () => null,
    () => random.chance(0.5),
    () => [],
    () => ({}),
    () => Array.from({ length: 2_000 }, () => 0),
    () => Object.fromEntries(Array.from({ length: 500 }, (_none, at) => [`k${at}`, nastyText(random)])),
    () => nested(1 + random.below(2_000)),
    () => ({ toString: 1, valueOf: 2, constructor: { prototype: 3 } }),
    () => ({ length: 10 ** 9 }),
  ])();
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}
