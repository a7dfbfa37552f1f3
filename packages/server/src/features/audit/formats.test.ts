import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvCell, FORMATS } from './formats.ts';
import type { AuditEntryResource } from './schemas.ts';

/** Reads RFC 4180 back: the cells of each line. */
function parse(text: string): string[][] {
  const lines: string[][] = [];
  const cells = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  let line: string[] = [];
  for (let match = cells.exec(text); match; match = cells.exec(text)) {
    const [, cell = '', end] = match;
    line.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}

const entry = (label: string): AuditEntryResource => ({
  id: 'aud_01jd8k3v5q7w9x2y4z6a8b0c1d',
  createdAt: '2026-11-27T12:00:00.000Z',
  actor: { kind: 'anonymous', id: null },
  action: 'devices.update',
  outcome: 'done',
  target: { kind: 'device', id: label },
  before: { label },
  after: null,
  address: '192.0.2.7',
  requestId: null,
});

describe('an export as CSV', () => {
  it('reads back as what was written, one line for each entry', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 5 }), (labels) => {
        const text = FORMATS.csv.head + labels.map((label) => FORMATS.csv.line(entry(label))).join('');
        const [head = [], ...lines] = parse(text);
        const at = (name: string) => head.indexOf(name);
        expect(lines.map((line) => JSON.parse(line[at('before')] ?? ''))).toEqual(labels.map((label) => ({ label })));
        expect(lines.map((line) => line[at('targetId')]?.replace(/^'/, ''))).toEqual(
          labels.map((label) => label.replace(/^'/, '')),
        );
        for (const line of lines) expect(line).toHaveLength(head.length);
      }),
    );
  });

  it.each(['=1+1', '+15551234567', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '\n+1'])(
    'makes a text of %j, which a spreadsheet would run',
    (text) => {
      expect(parse(`${csvCell(text)}\r\n`)).toEqual([[`'${text}`]]);
    },
  );

  it('leaves harmless text as it is', () => {
    for (const text of ['', 'Support', 'a=b', 'ada@example.com', '{"a":1}'.replaceAll('"', '')])
      expect(csvCell(text)).toBe(text);
  });
});

it('an export as JSON Lines has one entry a line', () => {
  const one = entry('two\nlines');
  expect(FORMATS.jsonl.line(one).split('\n')).toHaveLength(2);
  expect(JSON.parse(FORMATS.jsonl.line(one))).toEqual(one);
});
