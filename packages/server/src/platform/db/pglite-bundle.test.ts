import { expect, it } from 'vitest';
import { bundle } from './pglite-bundle.ts';
import { ROWS } from './port.ts';
import { encodeValues } from './values.ts';

const rows = (...columns: (string | null)[]) => ({
  statements: [{ sql: `${ROWS} insert`, values: encodeValues(columns.map((value) => [value])) }],
});

it('joins the rows of statements of one text, whatever is in them', () => {
  const [a, b] = [rows('x,"y}', null), rows('{\\', 'z')];
  expect(bundle([a, b])).toEqual([
    { requests: [a, b], statements: [{ sql: `${ROWS} insert`, values: ['{"x,\\"y}","{\\\\"}', '{NULL,"z"}'] }] },
  ]);
});

it('leaves others alone and keeps the order of the first of each', () => {
  const plain = { statements: [{ sql: 'update', values: [] }] };
  const mixed = { statements: [...rows('a').statements, ...plain.statements] };
  const [a, b] = [rows('a'), rows('b')];
  expect(bundle([plain, a, mixed, b]).map(({ requests }) => requests)).toEqual([[plain], [a, b], [mixed]]);
});

it('leaves a statement alone whose parameters are no arrays of rows', () => {
  const wrong = () => ({ statements: [{ sql: `${ROWS} insert`, values: ['{}', 'x'] }] });
  expect(bundle([wrong(), wrong()])).toHaveLength(2);
});
