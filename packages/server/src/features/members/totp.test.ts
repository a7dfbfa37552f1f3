import { expect, it } from 'vitest';
import { base32, matchStep, newTotpSecret, stepAt, totpCode } from './totp.ts';

// The last six of the eight digits in RFC 6238, appendix B, for SHA-1.
const RFC_SECRET = base32(Buffer.from('12345678901234567890'));
it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('makes the code of RFC 6238 at %d seconds', (seconds, code) => {
  expect(totpCode(RFC_SECRET, stepAt(new Date(seconds * 1000)))).toBe(code);
});

it('takes a code of the step before and after, and of no other', () => {
  const secret = newTotpSecret();
  const now = new Date();
  const found = [-2, -1, 0, 1, 2].map((off) => matchStep(secret, totpCode(secret, stepAt(now) + off), now));
  expect(found.slice(1, 4)).toEqual([stepAt(now) - 1, stepAt(now), stepAt(now) + 1]);
  expect([found[0], found[4]].filter((step) => step !== null)).toEqual([]);
});

it.each(['', '12345', '1234567', 'abcdef', '１２３４５６'])('refuses %j as a code', (code) => {
  expect(matchStep(RFC_SECRET, code, new Date())).toBeNull();
});
