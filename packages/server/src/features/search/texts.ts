import { type Token, tokenize } from './tokens.ts';

/** A text of a message that is searched, under the name it has in the API. */
export interface TextField {
  /** `text.body`, `image.caption` … */
  field: string;
  text: string;
}

// What people wrote, whatever kind of message carries it. Addresses of files, keys and ids are not among them.
const WRITTEN = new Set([
  'body',
  'caption',
  'title',
  'name',
  'displayName',
  'formattedName',
  'organization',
  'address',
  'question',
  'options',
  'description',
  'fileName',
  'filename',
  'footer',
]);
const MAX_FIELDS = 200;
const MAX_DEPTH = 6;
/** Between two fields, so that no phrase runs from one into the next. */
const GAP = 8;

function collect(value: unknown, at: { path: string; name: string; depth: number }, into: TextField[]): void {
  if (into.length >= MAX_FIELDS || at.depth > MAX_DEPTH) return;
  if (typeof value === 'string') {
    if (WRITTEN.has(at.name)) into.push({ field: at.path, text: value });
    return;
  }
  if (value === null || typeof value !== 'object') return;
  const list = Array.isArray(value);
  for (const [key, item] of Object.entries(value)) {
    const path = at.path === '' ? key : `${at.path}.${key}`;
    collect(item, { path, name: list ? at.name : key, depth: at.depth + 1 }, into);
  }
}

/** The searched texts in a message's content, in the order they stand there. */
export function textsOf(content: unknown): TextField[] {
  const found: TextField[] = [];
  collect(content, { path: '', name: '', depth: 0 }, found);
  return found;
}

/** The tokens of several texts, with positions that go on from one to the next. */
export function tokensOf(fields: readonly TextField[]): Token[] {
  const tokens: Token[] = [];
  let after = 0;
  for (const { text } of fields) {
    for (const token of tokenize(text, after)) tokens.push(token);
    after = (tokens.at(-1)?.position ?? 0) + GAP;
  }
  return tokens;
}
