import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentDisposition, safeFileName } from './file-name.ts';

it.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\me\\a.pdf', 'a.pdf'],
  ['a\r\nb"c.pdf', 'abc.pdf'],
  ['  .hidden. ', 'hidden'],
  // What looks like exe.txt would end in exe.
  ['invoice\u202etxt.exe', 'invoicetxt.exe'],
  ['Grüße 😀.pdf', 'Grüße 😀.pdf'],
  ['///', null],
  ['', null],
  [null, null],
])('makes %j a name that can be shown: %j', (name, safe) => expect(safeFileName(name)).toBe(safe));

it('keeps the ending of a name that is too long', () => {
  const name = safeFileName(`${'x'.repeat(400)}.pdf`) ?? '';
  expect([name.length, name.endsWith('.pdf')]).toEqual([255, true]);
});

it('is quick with names that are made to be slow, and keeps their end', () => {
  const from = performance.now();
  const names = [' ', '.', '/', '\u0301'].map((one) => safeFileName(`a${one.repeat(200_000)}b.pdf`));
  expect(names.map((name) => name?.endsWith('.pdf'))).toEqual([true, true, true, true]);
  expect(performance.now() - from).toBeLessThan(1_000);
});

it('writes any name so that it stays inside its header', () => {
  expect(contentDisposition('inline', 'a.png')).toBe('inline; filename="a.png"');
  expect(contentDisposition('attachment', 'Grüße.pdf')).toBe(
    `attachment; filename="Grue.pdf"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf`,
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const name = safeFileName(text);
      if (name === null) return;
      const header = contentDisposition('attachment', name);
      expect(header).toMatch(/^attachment; filename="[^"\\\r\n]*"(; filename\*=UTF-8''[A-Za-z0-9%!#$&+.^_`|~-]+)?$/);
      const exact = /filename\*=UTF-8''(.*)$/.exec(header)?.[1];
      if (exact !== undefined) expect(decodeURIComponent(exact)).toBe(name);
    }),
  );
});
