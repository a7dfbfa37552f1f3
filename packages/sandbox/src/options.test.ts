import { describe, expect, it } from 'vitest';
import { isOutdated } from './faults.ts';
import { resolveOptions } from './options.ts';
import { deriveDigits, deriveKeyPair, RandomStream } from './rng.ts';

describe('network options', () => {
  it.each(['0.0.0.0', '::', '::1', 'localhost', '10.0.0.1', '127.0.0.2'])('refuse to listen on %s', (host) => {
    expect(() => resolveOptions({ host })).toThrow(expect.objectContaining({ code: 'NOT_LOOPBACK' }));
  });

  it('accept 127.0.0.1', () => {
    expect(resolveOptions({ host: '127.0.0.1' }).addressing).toBe('pn');
  });
});

describe('seeded keys and ids', () => {
  it('are the same for the same seed and differ for another', () => {
    expect(deriveKeyPair('a', 'root')).toEqual(deriveKeyPair('a', 'root'));
    expect(deriveKeyPair('a', 'root')).not.toEqual(deriveKeyPair('b', 'root'));
    expect(deriveKeyPair('a', 'root')).not.toEqual(deriveKeyPair('a', 'static'));
    expect(new RandomStream('a', 'x').hex(40)).toBe(new RandomStream('a', 'x').hex(40));
  });

  it('do not depend on how a stream is cut', () => {
    const whole = new RandomStream('a', 'x').bytes(100);
    const parts = new RandomStream('a', 'x');
    expect(Buffer.concat([parts.bytes(3), parts.bytes(90), parts.bytes(7)]).equals(whole)).toBe(true);
  });

  it('give numbers with exactly the digits asked for', () => {
    for (const label of ['a', 'b', 'c', 'd']) expect(deriveDigits('seed', label, 15)).toMatch(/^[1-9]\d{14}$/);
  });
});

describe('the oldest version allowed', () => {
  it('refuses what is older and lets the rest in', () => {
    expect(isOutdated([2, 3000, 99], [2, 3000, 100])).toBe(true);
    expect(isOutdated([2, 3000, 100], [2, 3000, 100])).toBe(false);
    expect(isOutdated([2, 3001, 0], [2, 3000, 100])).toBe(false);
    expect(isOutdated([1, 0, 0], undefined)).toBe(false);
  });
});
