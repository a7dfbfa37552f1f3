import type { Stems } from './stems.ts';
import { areJoined, type Token } from './tokens.ts';

/** Where in the index a row stands: its lexemes all begin with this. */
export interface Place {
  workspaceId: string;
  kind: 'message' | 'contact';
  segment: number;
}

/** What kind of thing a lexeme names, its first letter: a word, digits of a number, or what filters ask for. */
export type LexemeKind = 'w' | 'n' | 'd' | 'c' | 's' | 't' | 'o';

/** PostgreSQL holds lexemes of one row up to 1 MiB. */
const MAX_BYTES = 900_000;

/** As migration 14 makes it in `search_hits`. Eight letters of an id are chance enough: rows name their workspace too. */
export const prefixOf = ({ workspaceId, kind, segment }: Place): string =>
  `${workspaceId.slice(-8)}.${kind.slice(0, 1)}${segment}.`;

/** A lexeme as texts of tsvector and tsquery write it. */
export const quote = (lexeme: string): string => `'${lexeme.replace(/['\\]/g, '$&$&')}'`;

/** What a token is found by: itself, with its neighbour, and by its stems. */
export function* formsOf(token: Token, next: Token | undefined, stems: Stems): Generator<string> {
  yield token.text;
  if (next !== undefined && areJoined(token, next)) yield token.text + next.text;
  if (!token.joined) yield* stems.get(token.plain) ?? [];
}

/** The text of a row's tsvector. `tags` are lexemes without a position, with their kind. */
export function vectorOf(
  place: Place,
  content: { tokens: readonly Token[]; stems: Stems; tags: readonly string[] },
): string {
  const prefix = prefixOf(place);
  const positions = new Map<string, number[]>();
  let bytes = 0;
  const add = (lexeme: string, position: number | null) => {
    let at = positions.get(lexeme);
    if (!at) {
      bytes += prefix.length + Buffer.byteLength(lexeme);
      if (bytes > MAX_BYTES) return;
      at = [];
      positions.set(lexeme, at);
    }
    if (position !== null) at.push(position);
  };
  for (const tag of content.tags) add(tag, null);
  content.tokens.forEach((token, i) => {
    for (const form of formsOf(token, content.tokens[i + 1], content.stems)) add(`w${form}`, token.position);
  });
  return [...positions]
    .map(([lexeme, at]) => quote(prefix + lexeme) + (at.length === 0 ? '' : `:${[...new Set(at)].join(',')}`))
    .join(' ');
}
