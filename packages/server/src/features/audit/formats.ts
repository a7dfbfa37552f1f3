import type { AuditEntryResource } from './schemas.ts';

/** How an export is written. */
export interface Format {
  contentType: string;
  /** What stands before the first entry. */
  head: string;
  line(entry: AuditEntryResource): string;
}

// A spreadsheet takes what begins so for a formula, also after a space and in full-width forms, and runs it.
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/** One cell of RFC 4180. What a spreadsheet would run gets an apostrophe in front. */
export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvLine = (cells: readonly (string | null)[]) => `${cells.map((cell) => csvCell(cell ?? '')).join(',')}\r\n`;

const json = (side: unknown) => (side === null ? null : JSON.stringify(side));

const COLUMNS: readonly (readonly [string, (entry: AuditEntryResource) => string | null])[] = [
  ['id', (entry) => entry.id],
  ['createdAt', (entry) => entry.createdAt],
  ['actorKind', (entry) => entry.actor.kind],
  ['actorId', (entry) => entry.actor.id],
  ['action', (entry) => entry.action],
  ['outcome', (entry) => entry.outcome],
  ['targetKind', (entry) => entry.target?.kind ?? null],
  ['targetId', (entry) => entry.target?.id ?? null],
  ['before', (entry) => json(entry.before)],
  ['after', (entry) => json(entry.after)],
  ['address', (entry) => entry.address],
  ['requestId', (entry) => entry.requestId],
];

export const FORMATS = {
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: csvLine(COLUMNS.map(([name]) => name)),
    line: (entry) => csvLine(COLUMNS.map(([, cell]) => cell(entry))),
  },
  jsonl: {
    contentType: 'application/jsonl; charset=utf-8',
    head: '',
    line: (entry) => `${JSON.stringify(entry)}\n`,
  },
} as const satisfies Record<string, Format>;
