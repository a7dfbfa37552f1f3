import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WapingError } from '../../platform/errors.ts';
import { highlight } from './highlight.ts';
import { parseQuery } from './query.ts';
import { messageTemplate } from './template.ts';
import { fold, tokenize } from './tokens.ts';

const words = (text: string) => tokenize(text).map((token) => token.text);
const read = (text: string) => {
  const { all, none } = parseQuery(text);
  const plain = ({ tokens, prefix }: (typeof none)[number]) =>
    tokens.map((token) => token.text).join(' ') + (prefix ? '*' : '');
  return { all: all.map((terms) => terms.map(plain)), none: none.map(plain) };
};

describe('tokens', () => {
  it('are words without case, accents and points, in every script', () => {
    expect(words('Ça va, GROẞE Straße?')).toEqual(['ca', 'va', 'grosse', 'strasse']);
    expect(words('Ёлка и Йод')).toEqual(['елка', 'и', 'иод']);
    expect(words('مُحَمَّد أحمد')).toEqual(['محمد', 'احمد']);
    expect(words('שָׁלוֹם')).toEqual(['שלום']);
    expect(words('नमस्ते दुनिया')).toEqual(['नमस्ते', 'दुनिया']);
    expect(words('order #12345')).toEqual(['order', '12345']);
  });

  it('are letters where a script has no spaces, whatever stands beside them', () => {
    expect(words('東京2025年')).toEqual(['東', '京', '2025', '年']);
    expect(words('สวัสดี')).toHaveLength([...'สวัสดี'].length);
  });

  it('stand where they say, and no text breaks them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        let end = 0;
        for (const token of tokenize(text)) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(token.end).toBeGreaterThan(token.start);
          end = token.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('fold to the same whether composed or not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        (text) => fold(text.normalize('NFD')) === fold(text.normalize('NFC')),
      ),
    );
  });
});

describe('a query', () => {
  it('has words, phrases, exclusions, alternatives and beginnings', () => {
    expect(read('order "on its way" -draft -"not yet" ship*')).toEqual({
      all: [['order'], ['on its way'], ['ship*']],
      none: ['draft', 'not yet'],
    });
    expect(read('refund OR return late')).toEqual({ all: [['refund', 'return'], ['late']], none: [] });
  });

  it('is read as words where it is no syntax', () => {
    expect(read('OR a')).toEqual({ all: [['a']], none: [] });
    expect(read('a OR')).toEqual({ all: [['a']], none: [] });
    expect(read('"open phrase')).toEqual({ all: [['open phrase']], none: [] });
    expect(read(`- " ' \\ & | ! <-> :* ()`)).toEqual({ all: [], none: [] });
  });

  it('never breaks, whatever stands in it, and makes text with balanced quotes alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          const query = parseQuery(text);
          const template = messageTemplate(query, new Map(), { direction: ['inbound'] });
          expect((template ?? '').replace(/''|\\\\/g, '').split("'").length % 2).toBe(1);
        } catch (error) {
          expect(error).toBeInstanceOf(WapingError);
        }
      }),
    );
  });

  it('is refused with more than 16 terms, naming the field', () => {
    const many = Array.from({ length: 17 }, (_, i) => `w${i}`).join(' ');
    expect(() => parseQuery(many)).toThrow(expect.objectContaining({ code: 'VALIDATION_ERROR', param: 'q' }));
  });
});

describe('highlights', () => {
  const found = (text: string, query: string) =>
    highlight([{ field: 'text.body', text }], parseQuery(query), new Map([['running', ['run']]])).map(
      ({ snippet, ranges }) => ranges.map(({ start, length }) => snippet.slice(start, start + length)),
    );

  it('are where words, stems, beginnings, phrases and parts of unspaced text stand', () => {
    expect(found('We run. Running shoes <b>run</b>', 'running')).toEqual([['run', 'Running', 'run']]);
    expect(found('Shipping soon', 'ship*')).toEqual([['Shipping']]);
    expect(found('is on its way, on my way', '"on its way"')).toEqual([['on its way']]);
    expect(found('私は東京都に住んでいます', '東京')).toEqual([['東京']]);
    expect(found('Straße', 'strasse')).toEqual([['Straße']]);
  });

  it('cut a long text around the first, and never through a letter', () => {
    const [one] = highlight(
      [{ field: 'text.body', text: `${'😀'.repeat(200)} needle ${'😀'.repeat(200)}` }],
      parseQuery('needle'),
      new Map(),
    );
    expect(one?.snippet.length).toBeLessThanOrEqual(201);
    expect(one?.snippet).not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
    expect(one?.snippet.slice(one.ranges[0]?.start).startsWith('needle')).toBe(true);
  });
});
