/** A word, or one letter of a script that writes no spaces between words. */
export interface Token {
  /** As it is looked up: lower case, without accents. */
  text: string;
  /** Lower case with its accents, as stemmers want it. */
  plain: string;
  /** A letter of a run without spaces: it is found with its neighbour too. */
  joined: boolean;
  /** The place among the tokens of a text, from 1. */
  position: number;
  /** Where it stands in the text, in UTF-16 code units. */
  start: number;
  end: number;
}

/** Tokens of one message that can be found; PostgreSQL counts positions up to 16,383. */
export const MAX_TOKENS = 8_000;
const MAX_LETTERS = 64;

// Scripts written without spaces between words. Korean has spaces, but its words carry their particles.
const UNSPACED =
  '\\p{scx=Hani}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Bopo}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}';
const RUN = new RegExp(`(?:(?=[${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+`, 'gu');
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');
// Here marks are accents and vowel points that people leave out; in the scripts of India they are letters.
const OPTIONAL_MARKS = /[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}]/u;
const SAME: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ł: 'l',
  ı: 'i',
  ς: 'σ',
  ة: 'ه',
  ى: 'ي',
  ـ: '',
};
const SAME_LETTER = new RegExp(`[${Object.keys(SAME).join('')}]`, 'gu');
const ASCII = /^[\x20-\x7e]*$/;

/** A word as it is compared: case, width, accents and spellings of one letter make no difference. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (ASCII.test(lower)) return lower;
  const parts = lower.normalize('NFKD').toLowerCase();
  const bare = OPTIONAL_MARKS.test(parts) ? parts.replace(/\p{M}/gu, '') : parts;
  return bare.normalize('NFC').replace(SAME_LETTER, (letter) => SAME[letter] ?? letter);
}

function* lettersOf(run: string, start: number): Generator<{ text: string; start: number; end: number }> {
  let at = start;
  for (const letter of run) {
    yield { text: letter, start: at, end: at + letter.length };
    at += letter.length;
  }
}

/** Cuts a text into its first tokens; `after` is the position of the last token before it. */
export function tokenize(text: string, after = 0): Token[] {
  const tokens: Token[] = [];
  const room = MAX_TOKENS - after;
  const add = (part: string, joined: boolean, start: number, end: number) => {
    const folded = fold(part);
    if (folded === '') return;
    const position = after + tokens.length + 1;
    tokens.push({ text: folded, plain: part.toLowerCase().normalize('NFC'), joined, position, start, end });
  };
  for (const match of text.matchAll(RUN)) {
    if (tokens.length >= room) break;
    const [run] = match;
    if (IS_UNSPACED.test(run)) {
      for (const letter of lettersOf(run, match.index)) {
        if (tokens.length >= room) break;
        add(letter.text, true, letter.start, letter.end);
      }
    } else add(run.slice(0, MAX_LETTERS), false, match.index, match.index + run.length);
  }
  return tokens;
}

/** Whether two tokens are neighbours in a run without spaces. */
export const areJoined = (left: Token, right: Token): boolean =>
  left.joined && right.joined && left.end === right.start;
