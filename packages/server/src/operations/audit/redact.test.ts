import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mintToken } from '../../features/api-keys/token.ts';
import { newId } from '../../platform/ids.ts';
import { redact, redactText } from './redact.ts';

const shown = (side: Record<string, unknown>): unknown => JSON.parse(redact(side) ?? 'null');

/** Secrets by their look, each made anew so that finding one in a text is no accident. */
const SECRETS: Record<string, () => string> = {
  'an API key': () => mintToken().token,
  'the secret of a link or cookie': () => randomBytes(32).toString('base64url'),
  'a hash in hex': () => randomBytes(32).toString('hex'),
  'a master key in base64': () => randomBytes(32).toString('base64'),
  'a seed of an authenticator app': () =>
    [...randomBytes(32)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join(''),
  'an otpauth link': () => `otpauth://totp/WAPing:a%40b.c?secret=${randomBytes(5).toString('hex')}`,
  'a URL with a password': () => `postgres://waping:${randomBytes(6).toString('hex')}@db/waping`,
};

const NAMES = [
  'secret',
  'clientSecret',
  'token',
  'resetToken',
  'password',
  'newPassword',
  'apiKey',
  'api_key',
  'code',
  'recoveryCodes',
  'pairingCode',
  'qr',
  'sealed',
  'totpSealed',
  'passwordHash',
  'authorization',
  'cookie',
  'privateKey',
  'signature',
  'otp',
  'pin',
  'link',
  'body',
];

const name = fc.string({ maxLength: 12 });
const harmless = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.boolean(), fc.constant(null));
/** Puts a value somewhere inside objects and arrays. */
const buried = (value: unknown) =>
  fc
    .array(fc.tuple(fc.constantFrom('object', 'array'), name, harmless), { maxLength: 5 })
    .map((layers) =>
      layers.reduce<unknown>(
        (inner, [kind, key, beside]) => (kind === 'array' ? [beside, inner] : { [key]: inner, [`${key}.`]: beside }),
        value,
      ),
    );

describe('what the audit log keeps of a change', () => {
  it.each(Object.entries(SECRETS))('never holds %s, however deep and within whatever text', (_what, mint) => {
    const text = fc.tuple(fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }));
    fc.assert(
      fc.property(text, fc.boolean(), fc.context(), ([before, after], asName, log) => {
        const secret = mint();
        const planted = `${before} ${secret} ${after}`;
        const value = fc.sample(buried(asName ? { [planted]: 1 } : planted), 1)[0];
        log.log(JSON.stringify(value));
        expect(redact({ value })).not.toContain(secret);
      }),
    );
  });

  it.each(NAMES)('never holds what is called %s, whatever it looks like', (secretName) => {
    const value = fc.oneof(fc.constant('739162'), fc.constant(['739162']), fc.constant({ deep: { value: '739162' } }));
    fc.assert(
      fc.property(value, (secret) => {
        const side = fc.sample(buried({ [secretName]: secret }), 1)[0];
        expect(redact({ side })).not.toContain('739162');
      }),
    );
  });

  it('never holds bytes', () => {
    const sealed = randomBytes(40);
    expect(shown({ a: sealed, b: [new Uint8Array(sealed)] })).toEqual({ a: '[redacted]', b: ['[redacted]'] });
  });

  it('keeps what people look for: ids, roles, names, scopes, numbers, times', () => {
    const side = {
      role: 'admin',
      email: 'ada.lovelace@example.com',
      label: 'Support desk, 2nd floor',
      scopes: ['messages:send', 'contacts:*'],
      keyId: newId('key'),
      personId: newId('usr'),
      moved: `from ${newId('cnv')} to template_${newId('dev').slice(4)}`,
      devices: 8,
      suspended: false,
      expiresAt: '2030-01-31T12:00:00.000Z',
      overrides: { outboundPerMonth: null },
    };
    expect(shown(side)).toEqual(side);
    expect(redactText('+15551234567')).toBe('+15551234567');
  });

  it('is bounded and can be stored, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.anything({ withBigInt: true, withDate: true })),
        (side) => {
          const json = redact(side);
          expect(json?.length).toBeLessThanOrEqual(16_384);
          expect(json).not.toMatch(/\\u0000|\\ud[89a-f]/i);
        },
      ),
    );
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(redact(cycle)?.length).toBeLessThan(500);
    expect(
      shown({
        list: Array.from({ length: 5_000 }, () => 'x'.repeat(20)).map((x) => ({ [x]: x, y: `${x} ${x} ${x}` })),
      }),
    ).toHaveProperty('list');
    const wide = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`n${i}`, 'word '.repeat(200)]));
    expect(shown(wide)).toEqual({ truncated: true });
  });

  it('is nothing where a verb says nothing', () => {
    expect(redact(undefined)).toBeNull();
    expect(shown({ a: undefined })).toEqual({});
  });
});
