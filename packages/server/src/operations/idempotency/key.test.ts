import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, fingerprint, parseIdempotencyKey } from './key.ts';

it('reads the quoted and the bare form of a key as one', () => {
  expect(parseIdempotencyKey('"abc"')).toBe('abc');
  expect(parseIdempotencyKey('abc')).toBe('abc');
  expect(parseIdempotencyKey(undefined)).toBeNull();
});

it('refuses keys that are empty, too long or not visible ASCII', () => {
  for (const bad of ['', '""', 'a b', 'é', 'a\n', 'x'.repeat(256)]) {
    expect(() => parseIdempotencyKey(bad)).toThrow(/visible ASCII/);
  }
  expect(parseIdempotencyKey('x'.repeat(255))).toHaveLength(255);
});

it('fingerprints by value: the order of fields does not matter, any other change does', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse());
      expect(fingerprint(reversed)).toEqual(fingerprint(object));
      expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
  expect(fingerprint({ a: 1 })).not.toEqual(fingerprint({ a: '1' }));
});
