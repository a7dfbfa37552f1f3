import { z } from 'zod';
import { ONLY_ACCENTED, WORDS_BY_LANGUAGE, type Words } from './words.ts';

/** A message longer than this says more than one word of consent. */
const MAX_LENGTH = 64;

// Marks over Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic, the Arabic stretch, variation selectors.
// Not the vowel signs of Indic scripts, which are letters of the word.
const MARKS = /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]|[\ufe00-\ufe0f]/gu;
/** Invisible ones, such as the marks of the direction of writing. */
const INVISIBLE = /\p{Cf}/gu;
const NO_LETTER = /[\p{P}\p{S}\s]+/gu;
/** Letters that keyboards write for each other: Persian and Urdu ones for Arabic ones among them. */
const SAME: Readonly<Record<string, string>> = {
  ı: 'i',
  ß: 'ss',
  ё: 'е',
  đ: 'd',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ہ: 'ه',
};
const SAME_LETTER = new RegExp(`[${Object.keys(SAME).join('')}]`, 'gu');

/** A text without case, punctuation, emoji or invisible characters. */
function accented(text: string): string {
  const plain = text
    .toLowerCase()
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(/[\ufe00-\ufe0f]/gu, '');
  return plain.replace(NO_LETTER, ' ').trim();
}

/** What is compared of a text: no case, accents, punctuation, emoji or invisible characters. */
export function normalized(text: string): string {
  const plain = text.toLowerCase().normalize('NFKD').replace(MARKS, '').replace(INVISIBLE, '').normalize('NFC');
  return plain
    .replace(SAME_LETTER, (letter) => SAME[letter] ?? letter)
    .replace(NO_LETTER, ' ')
    .trim();
}

/** Where a word stands in the table. Words that count with their accents alone stand apart, behind a mark no text has. */
const placeOf = (keyword: string): string =>
  ONLY_ACCENTED.has(accented(keyword)) ? `=${accented(keyword)}` : normalized(keyword);

export interface Match {
  consent: 'out' | 'in';
  /** The word as the list has it. */
  keyword: string;
}

type Table = ReadonlyMap<string, Match>;

function tableOf({ optOut, optIn }: Words): Table {
  const table = new Map<string, Match>();
  for (const keyword of optIn) table.set(placeOf(keyword), { consent: 'in', keyword });
  // Where a word is in both lists the person wants no more.
  for (const keyword of optOut) table.set(placeOf(keyword), { consent: 'out', keyword });
  table.delete('');
  return table;
}

const DEFAULT_WORDS: Words = {
  optOut: Object.values(WORDS_BY_LANGUAGE).flatMap(({ optOut }) => optOut),
  optIn: Object.values(WORDS_BY_LANGUAGE).flatMap(({ optIn }) => optIn),
};
const DEFAULT_TABLE = tableOf(DEFAULT_WORDS);

/** What a workspace changed of the words; a list that is null is the one that comes with WAPing. */
export const consentWordsSchema = z.object({
  keywords: z.boolean(),
  optOutWords: z.array(z.string()).nullable(),
  optInWords: z.array(z.string()).nullable(),
});

export type ConsentWords = z.output<typeof consentWordsSchema>;

export const DEFAULT_CONSENT_WORDS: ConsentWords = { keywords: true, optOutWords: null, optInWords: null };

/** Reads what a workspace's row holds; null there means the defaults. */
export const consentWordsOf = (stored: unknown): ConsentWords =>
  stored === null ? DEFAULT_CONSENT_WORDS : consentWordsSchema.parse(stored);

/** What a message says of consent, as a whole; null where it says nothing of it. */
export function matchConsent(text: string, stored: unknown): Match | null {
  if (text.length > MAX_LENGTH) return null;
  const { keywords, optOutWords, optInWords } = consentWordsOf(stored);
  if (!keywords) return null;
  const isDefault = optOutWords === null && optInWords === null;
  const table = isDefault
    ? DEFAULT_TABLE
    : tableOf({ optOut: optOutWords ?? DEFAULT_WORDS.optOut, optIn: optInWords ?? DEFAULT_WORDS.optIn });
  return table.get(placeOf(text)) ?? null;
}
