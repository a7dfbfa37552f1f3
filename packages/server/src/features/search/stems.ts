import type { Queryable } from '../../platform/db/port.ts';
import { readStems } from './store.ts';
import { fold, type Token } from './tokens.ts';

/** What a word is looked up by besides itself: its stem in each language that could have written it. */
export type Stems = ReadonlyMap<string, readonly string[]>;

const MAX_KNOWN = 50_000;
const MAX_LETTERS = 40;
const LATIN = /^\p{sc=Latn}[\p{sc=Latn}\p{M}]+$/u;
const CYRILLIC = /^\p{sc=Cyrl}[\p{sc=Cyrl}\p{M}]+$/u;
const NONE: readonly string[] = [];

// Words recur: most of a batch is known. The same for every workspace: stems come from dictionaries, not from data.
const known = new Map<string, readonly string[]>();

const scriptOf = (word: string): 'latin' | 'cyrillic' | null =>
  LATIN.test(word) ? 'latin' : CYRILLIC.test(word) ? 'cyrillic' : null;

function remember(word: string, stems: readonly string[]): void {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(word, stems);
}

/** The stems of all words among tokens, those that are the words themselves left out. */
export async function stemsOf(db: Queryable, tokens: readonly Token[]): Promise<Stems> {
  const found = new Map<string, readonly string[]>();
  const asked = new Set<string>();
  for (const { plain, joined } of tokens) {
    if (joined || plain.length > MAX_LETTERS || found.has(plain) || asked.has(plain)) continue;
    const stems = known.get(plain) ?? (scriptOf(plain) === null ? NONE : undefined);
    if (stems) found.set(plain, stems);
    else asked.add(plain);
  }
  if (asked.size === 0) return found;
  const words = [...asked];
  const rows = await readStems(db, { words, latin: words.map((word) => scriptOf(word) === 'latin') });
  for (const { word, stems } of rows) {
    const own = fold(word);
    const others = [...new Set(stems.map(fold))].filter((stem) => stem !== own && stem !== '');
    found.set(word, others);
    remember(word, others);
  }
  return found;
}
