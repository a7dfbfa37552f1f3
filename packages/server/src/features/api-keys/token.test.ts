import { expect, it } from 'vitest';
import { mintToken, parseToken } from './token.ts';

it('reads back the keys it mints', () => {
  const minted = mintToken();
  expect(parseToken(minted.token)).toEqual({ id: minted.id, secretHash: minted.secretHash });
});

it('turns away a key with any one character changed', () => {
  const { token } = mintToken();
  for (let i = 0; i < token.length; i++) {
    const other = token[i] === 'x' ? 'y' : 'x';
    expect(parseToken(token.slice(0, i) + other + token.slice(i + 1))).toBeNull();
  }
});
