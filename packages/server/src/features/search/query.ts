import { WapingError } from '../../platform/errors.ts';
import { type Token, tokenize } from './tokens.ts';

/** A word or phrase somebody searches: its tokens stand one after the other. */
export interface Term {
  tokens: readonly Token[];
  /** `word*`: the last token may go on. */
  prefix: boolean;
}

/** What somebody searches, understood. Empty `all` and `none`: nothing that can be found. */
export interface Query {
  /** All of these; of each, any. */
  all: readonly (readonly Term[])[];
  none: readonly Term[];
}

export const MAX_QUERY = 200;
export const MAX_TERMS = 16;
/** A phrase in a script without spaces has a token for each letter. */
const MAX_QUERY_TOKENS = 64;

const PIECE = /(-?)"([^"]*)(?:"|$)|([^\s"]+)/g;

interface Piece {
  term: Term;
  exclude: boolean;
}

const OR = 'OR';

function readPiece([whole, minus, phrase, word]: RegExpMatchArray): Piece | typeof OR | null {
  if (whole === OR) return OR;
  const text = phrase ?? word ?? '';
  const exclude = minus === '-' || (word?.startsWith('-') ?? false);
  const tokens = tokenize(text);
  if (tokens.length === 0) return null;
  return { term: { tokens, prefix: word?.endsWith('*') ?? false }, exclude };
}

function checkBounds(query: Query): Query {
  const terms = [...query.all.flat(), ...query.none];
  const refuse = (message: string) => new WapingError('VALIDATION_ERROR', `q: ${message}`, { param: 'q' });
  if (terms.length > MAX_TERMS) throw refuse(`at most ${MAX_TERMS} words and phrases`);
  const tokens = terms.reduce((count, term) => count + term.tokens.length, 0);
  if (tokens > MAX_QUERY_TOKENS)
    throw refuse(`at most ${MAX_QUERY_TOKENS} words, or letters in scripts without spaces`);
  return query;
}

/**
 * Reads a search: words, `"phrases"`, `-excluded`, `either OR other`, `pref*`. Whatever does not fit is read as words;
 * nothing is a syntax error. VALIDATION_ERROR when there are more terms than MAX_TERMS.
 */
export function parseQuery(text: string): Query {
  const all: Term[][] = [];
  const none: Term[] = [];
  let joins = false;
  for (const match of text.normalize('NFC').matchAll(PIECE)) {
    const piece = readPiece(match);
    if (piece === null) continue;
    if (piece === OR) {
      joins = all.length > 0;
      continue;
    }
    const last = all.at(-1);
    if (piece.exclude) none.push(piece.term);
    else if (joins && last) last.push(piece.term);
    else all.push([piece.term]);
    joins = false;
  }
  return checkBounds({ all, none });
}

/** Every token of a query. */
export const tokensIn = (query: Query): Token[] =>
  [...query.all.flat(), ...query.none].flatMap(({ tokens }) => [...tokens]);
