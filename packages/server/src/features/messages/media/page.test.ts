import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHead } from './page.ts';
import { firstLink } from './preview.ts';

describe('the head of a page', () => {
  it('is what Open Graph says, else its title and description', () => {
    const open = `<meta property='og:title' content="A &amp; B &#128512; &#x41;"><META content='text' name="description">`;
    expect(readHead(`<title>other</title>${open}<meta property="og:image" content=" /p.png ">`)).toEqual({
      title: 'A & B 😀 A',
      description: 'text',
      image: '/p.png',
    });
    expect(readHead('<TITLE lang="en">\n plain\t text </TITLE>')).toEqual({
      title: 'plain text',
      description: null,
      image: null,
    });
    expect(readHead('<html></html>')).toEqual({ title: null, description: null, image: null });
  });

  it('is read of anything, in time and within bounds', () => {
    const part = fc.constantFrom(
      '<meta ',
      'content="',
      '"',
      '<title>',
      '</title>',
      '&#',
      ';',
      '=',
      ' ',
      'og:title',
      '>',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 400 }), (parts) => {
        const { title } = readHead(parts.join(''));
        expect(title === null || [...title].length <= 300).toBe(true);
      }),
    );
    const from = performance.now();
    readHead('<meta content="'.repeat(30_000));
    readHead(`<title>${'&'.repeat(500_000)}`);
    expect(performance.now() - from).toBeLessThan(5_000);
  });
});

describe('the first link of a text', () => {
  it.each([
    ['see https://a.example/x?y=1.', 'https://a.example/x?y=1'],
    ['(http://a.example)', 'http://a.example'],
    ['HTTPS://A.example and https://b.example', 'HTTPS://A.example'],
    ['ftp://a.example', null],
    ['a.example', null],
    ['https://', null],
  ])('%s: %s', (text, link) => {
    expect(firstLink(text)).toBe(link);
  });
});
