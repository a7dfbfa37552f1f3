import { quote } from './lexemes.ts';
import type { Query, Term } from './query.ts';
import type { Stems } from './stems.ts';
import { areJoined, type Token } from './tokens.ts';

// Every lexeme begins with `@`, in whose place `search_hits` puts the segment.
const lexeme = (kind: string, text: string, prefix = false) => quote(`@${kind}${text}`) + (prefix ? ':*' : '');
const anyOf = (parts: readonly string[]) => (parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' | ')})`);

/** How one word is asked for: messages by its forms, contacts by how it begins and by digits. */
type WordOf = (token: Token, options: { prefix: boolean; exact: boolean }) => string;

/** The lexemes of a phrase with their places: letters of a run without spaces go by twos. */
function* phraseParts(term: Term, wordOf: WordOf): Generator<{ position: number; part: string }> {
  const { tokens } = term;
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1];
    const before = tokens[i - 1];
    const last = next === undefined;
    if (next !== undefined && areJoined(token, next))
      yield { position: token.position, part: lexeme('w', token.text + next.text) };
    else if (before === undefined || !areJoined(before, token)) {
      const options = { prefix: term.prefix && last, exact: tokens.length > 1 };
      yield { position: token.position, part: token.joined ? lexeme('w', token.text) : wordOf(token, options) };
    }
  }
}

function termText(term: Term, wordOf: WordOf): string {
  let text = '';
  let at = 0;
  for (const { position, part } of phraseParts(term, wordOf)) {
    text += text === '' ? part : ` <${position - at}> ${part}`;
    at = position;
  }
  return `(${text})`;
}

function assemble(query: Query, wordOf: WordOf, filters: readonly string[]): string | null {
  if (query.all.length === 0 && query.none.length === 0) return null;
  const wanted = query.all.map((terms) => anyOf(terms.map((term) => termText(term, wordOf))));
  const unwanted = query.none.map((term) => `!${termText(term, wordOf)}`);
  return [...wanted, ...filters, ...unwanted].join(' & ');
}

/** What a message is narrowed by, each a choice of values. */
export interface MessageTags {
  devices?: readonly string[] | undefined;
  /** Conversations with a contact, or that one wrote in. */
  people?: { conversations: readonly string[]; sender: string } | undefined;
  conversation?: string | undefined;
  type?: string | undefined;
  direction: readonly ('inbound' | 'outbound')[];
}

/** The lexemes of a message that filters ask for. */
export const tag = {
  device: (id: string) => `d${id}`,
  conversation: (id: string) => `c${id}`,
  sender: (id: string) => `s${id}`,
  type: (type: string) => `t${type}`,
  direction: (direction: 'inbound' | 'outbound') => `o${direction}`,
};

/** On every contact, so that a search of exclusions alone has something to take away from. */
export const CONTACT_TAG = 'ocontact';

// Of no choice at all: what is on no row.
const oneOf = (tags: readonly string[]) =>
  tags.length === 0 ? lexeme('', 'd') : anyOf(tags.map((text) => lexeme('', text)));

function messageFilters(tags: MessageTags, isBare: boolean): string[] {
  const filters: string[] = [];
  // Both are on every message: they narrow nothing, and cost a look-up in each segment.
  if (isBare || tags.direction.length === 1) filters.push(oneOf(tags.direction.map(tag.direction)));
  if (tags.devices) filters.push(oneOf(tags.devices.map(tag.device)));
  if (tags.conversation) filters.push(oneOf([tag.conversation(tags.conversation)]));
  if (tags.type) filters.push(oneOf([tag.type(tags.type)]));
  if (tags.people)
    filters.push(oneOf([tag.sender(tags.people.sender), ...tags.people.conversations.map(tag.conversation)]));
  return filters;
}

/** The template of a search over messages for `search_hits`; null when nothing can be found. */
export function messageTemplate(query: Query, stems: Stems, tags: MessageTags): string | null {
  const wordOf: WordOf = (token, { prefix, exact }) => {
    const forms = exact ? [] : (stems.get(token.plain) ?? []);
    return anyOf([lexeme('w', token.text, prefix), ...forms.map((form) => lexeme('w', form))]);
  };
  return assemble(query, wordOf, messageFilters(tags, query.all.length === 0));
}

const DIGITS = /^\d+$/;

/** The same over contacts: words by how they begin, digits wherever they stand in a number. */
export function contactTemplate(query: Query): string | null {
  const wordOf: WordOf = (token) => {
    const forms = [lexeme('w', token.text, true)];
    if (DIGITS.test(token.text)) {
      forms.push(lexeme('n', token.text, true));
      // As dialled inside a country, or abroad with 00.
      const bare = token.text.replace(/^0+/, '');
      if (bare !== token.text && bare !== '') forms.push(lexeme('n', bare, true));
    }
    return anyOf(forms);
  };
  return assemble(query, wordOf, [oneOf([CONTACT_TAG])]);
}
