import { describe, expect, it } from 'vitest';
import { isMagic, magicBehaviour } from './magic.ts';

describe('magic numbers', () => {
  it.each(['9990001', '99900000001', '999123456789006'])('%s exists without set-up', (user) => {
    expect(isMagic(user)).toBe(true);
  });

  it.each(['999001', '9990000000000001', '99900000007', '99900000000', '15550000001', '99900000011'])(
    '%s is an ordinary number',
    (user) => {
      expect(isMagic(user)).toBe(false);
      expect(magicBehaviour(user)).toMatchObject({ exists: true, online: true, nack: undefined });
    },
  );

  it('do what their last digit says', () => {
    const of = (digit: number) => magicBehaviour(`99900000${`0${digit}`}`);
    expect(of(1)).toMatchObject({ exists: true, online: true, auto: { deliver: true, read: true } });
    expect(of(2).exists).toBe(false);
    expect(of(3)).toMatchObject({ exists: true, auto: { deliver: true, read: false } });
    expect(of(4).nack).toBe(463);
    expect(of(5).auto.reply).toContain('{text}');
    expect(of(6).online).toBe(false);
  });
});
