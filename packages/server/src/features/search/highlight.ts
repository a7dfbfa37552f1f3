import { formsOf } from './lexemes.ts';
import type { Query, Term } from './query.ts';
import type { Stems } from './stems.ts';
import type { TextField } from './texts.ts';
import { areJoined, type Token, tokenize } from './tokens.ts';

/** A part of a text around what was found. Plain text: whoever shows it escapes it as any other. */
export interface Highlight {
  field: string;
  snippet: string;
  /** Where in the snippet, in UTF-16 code units. */
  ranges: { start: number; length: number }[];
}

const SNIPPET = 200;
const BEFORE = 60;
const MAX_FIELDS = 3;
const MAX_RANGES = 20;

interface Span {
  start: number;
  end: number;
}

interface Sides {
  wanted: Token;
  /** Its neighbour in the query, where the two are joined. */
  prefix: boolean;
  exact: boolean;
}

function matches(token: Token, { wanted, prefix, exact }: Sides, stems: Stems): boolean {
  if (token.text === wanted.text) return true;
  if (prefix && token.text.startsWith(wanted.text)) return true;
  if (exact || token.joined || wanted.joined) return false;
  const own = new Set(formsOf(token, undefined, stems));
  for (const form of formsOf(wanted, undefined, stems)) if (own.has(form)) return true;
  return false;
}

function startsAt(tokens: readonly Token[], at: number, { term, stems }: { term: Term; stems: Stems }): Span | null {
  const first = tokens[at];
  if (!first) return null;
  let end = first.end;
  for (const [i, wanted] of term.tokens.entries()) {
    const token = tokens[at + i];
    const before = tokens[at + i - 1];
    const wantedBefore = term.tokens[i - 1];
    if (!token) return null;
    if (before && wantedBefore && areJoined(wantedBefore, wanted) && !areJoined(before, token)) return null;
    const last = i === term.tokens.length - 1;
    const sides = { wanted, prefix: term.prefix && last, exact: term.tokens.length > 1 };
    if (!matches(token, sides, stems)) return null;
    end = token.end;
  }
  return { start: first.start, end };
}

function spansIn(text: string, query: Query, stems: Stems): Span[] {
  const tokens = tokenize(text);
  const terms = query.all.flat();
  const spans: Span[] = [];
  for (let at = 0; at < tokens.length && spans.length < MAX_RANGES; at += 1) {
    for (const term of terms) {
      const span = startsAt(tokens, at, { term, stems });
      if (span === null) continue;
      const last = spans.at(-1);
      if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
      else spans.push(span);
    }
  }
  return spans;
}

const isLowSurrogate = (text: string, at: number) => /[\udc00-\udfff]/.test(text.charAt(at));

function cut(field: TextField, spans: readonly Span[]): Highlight {
  const { text } = field;
  const [first] = spans;
  let from = Math.max(0, (first?.start ?? 0) - BEFORE);
  let to = Math.min(text.length, from + SNIPPET);
  if (isLowSurrogate(text, from)) from -= 1;
  if (isLowSurrogate(text, to)) to -= 1;
  const ranges = spans
    .filter(({ start, end }) => start >= from && end <= to)
    .map(({ start, end }) => ({ start: start - from, length: end - start }));
  return { field: field.field, snippet: text.slice(from, to), ranges };
}

/** Where in these texts what was searched stands, the first fields that hold it. */
export function highlight(fields: readonly TextField[], query: Query, stems: Stems): Highlight[] {
  const found: Highlight[] = [];
  for (const field of fields) {
    if (found.length >= MAX_FIELDS) break;
    const spans = spansIn(field.text, query, stems);
    if (spans.length > 0) found.push(cut(field, spans));
  }
  return found;
}
