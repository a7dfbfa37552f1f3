import { expect, it } from 'vitest';
import { bundle } from './pglite-bundle.ts';
import { ROWS } from './port.ts';
import { encodeValues } from './values.ts';

const rows = (...columns: (string | null)[]) => ({
  as: 'ws_1',
  statements: [{ sql: `${ROWS} insert`, values: encodeValues(columns.map((value) => [value])) }],
});

it('joins the rows of statements of one text, whatever is in them', () => {
  const [a, b] = [rows('x,"y}', null), rows('{\\', 'z')];
  expect(bundle([a, b])).toEqual([
    {
      as: 'ws_1',
      requests: [a, b],
      statements: [{ sql: `${ROWS} insert`, values: ['{"x,\\"y}","{\\\\"}', '{NULL,"z"}'] }],
    },
  ]);
});

it('never joins what two workspaces ask for', () => {
  expect(bundle([rows('a'), { ...rows('b'), as: 'ws_2' }])).toHaveLength(2);
});

it('leaves others alone and keeps the order of the first of each', () => {
  const plain = { as: null, statements: [{ sql: 'update', values: [] }] };
  const mixed = { as: 'ws_1', statements: [...rows('a').statements, ...plain.statements] };
  const [a, b] = [rows('a'), rows('b')];
  expect(bundle([plain, a, mixed, b]).map(({ requests }) => requests)).toEqual([[plain], [a, b], [mixed]]);
});

it('leaves a statement alone whose parameters are no arrays of rows', () => {
  const wrong = () => ({ as: null, statements: [{ sql: `${ROWS} insert`, values: ['{}', 'x'] }] });
  expect(bundle([wrong(), wrong()])).toHaveLength(2);
});
