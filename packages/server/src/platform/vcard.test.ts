import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCard, readCard, writeCard } from './vcard.ts';

const line = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .filter((text) => /^\S(.*\S)?$/su.test(text) && !/\r/.test(text));

describe('visiting cards', () => {
  it('come back with the fields they were written with', () => {
    const card = fc.record(
      {
        name: line,
        phones: fc.array(fc.constantFrom('+15551234567', '030 123456', '+49 30 1234'), { maxLength: 4 }),
        organization: line.filter((text) => !/;$/.test(text)),
        email: line,
      },
      { requiredKeys: ['name', 'phones'] },
    );
    fc.assert(
      fc.property(card, (one) => {
        expect(readCard(writeCard(one))).toEqual(one);
      }),
    );
  });

  it('keep their text where fields do not say it all', () => {
    const text = 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nitem1.TEL;type=WORK:+1 555\r\n 123\r\nNOTE:x\r\nEND:VCARD';
    expect(isCard(text)).toBe(true);
    expect(readCard(text)).toEqual({ name: 'Ada', phones: ['+1 555123'], vcard: text });
    expect(writeCard(readCard(text))).toBe(text);
  });

  it('of strangers are read in no time, however they are made, and keep their text', () => {
    const from = performance.now();
    const slow = [
      `ORG:${';'.repeat(3_000)}x\n`.repeat(20),
      'TEL:1\n'.repeat(200_000),
      `FN:${'a'.repeat(200_000)}`,
      `ORG:a${';'.repeat(1_000_000)}x`,
    ].map((lines) => `BEGIN:VCARD\nFN:Ada\n${lines}\nEND:VCARD`);
    for (const text of slow) expect(readCard(text)).toMatchObject({ name: 'Ada', vcard: text });
    expect(readCard(slow[1] ?? '').phones).toHaveLength(50);
    expect(performance.now() - from).toBeLessThan(1_000);
  });

  it('keep a value with a line separator in it that is none of a card', () => {
    const card = { name: 'Ada', phones: [], email: 'a\u2028b' };
    expect(readCard(writeCard(card))).toEqual(card);
  });

  it('lose the semicolons at the end of a company, but not one that is a letter', () => {
    const of = (org: string) => readCard(`BEGIN:VCARD\nFN:Ada\nORG:${org}\nEND:VCARD`).organization;
    expect(['A;;', 'A\\;;;', ';;', 'A;B'].map(of)).toEqual(['A', 'A;', undefined, 'A;B']);
  });

  it('have the name they were shown under where they hold none, and are read whatever they hold', () => {
    expect(readCard('nonsense', 'Ada')).toEqual({ name: 'Ada', phones: [], vcard: 'nonsense' });
    expect(readCard('BEGIN:VCARD\nN:Lovelace;Ada;;;\nEND:VCARD').name).toBe('Ada Lovelace');
  });
});
