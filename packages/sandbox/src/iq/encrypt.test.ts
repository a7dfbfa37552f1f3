import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bundleHash } from './encrypt.ts';

it('hashes identity, signed prekey, signature and prekeys in this order, as clients check it', () => {
  const part = (fill: number, length = 32): Buffer => Buffer.alloc(length, fill);
  const keys = {
    registrationId: 7,
    identity: part(1),
    signedPreKey: { id: 1, key: part(2), signature: part(3, 64) },
    preKeys: [
      { id: 1, key: part(4) },
      { id: 2, key: part(5) },
    ],
  };
  const whole = Buffer.concat([part(1), part(2), part(3, 64), part(4), part(5)]);
  expect(bundleHash(keys).equals(createHash('sha1').update(whole).digest())).toBe(true);
});
