/** A visiting card, read. `vcard` is the text it came as, where writing the fields again would not give it back. */
export interface Card {
  name: string;
  phones: string[];
  organization?: string | undefined;
  email?: string | undefined;
  vcard?: string | undefined;
}

const MAX_PHONES = 50;
/** Cards come from strangers. UTF-16 code units that are read of one, and of a line: what is longer is a picture. */
const MAX_READ = 65_536;
const MAX_LINE = 4_096;
// Of a value any sign may be part: line separators that are not those of a card are letters in it.
const LABEL = /^(?:[\w-]+\.)?([\w-]+)(?:;[^:]*)?:(.*)$/s;

const escaped = (text: string): string => text.replace(/[\\,;]/g, '\\$&').replace(/\r?\n/g, '\\n');

const plain = (text: string): string =>
  text.replace(/\\(.)/g, (_all, letter: string) => (letter.toLowerCase() === 'n' ? '\n' : letter));

/** RFC 2426 as WhatsApp writes it; `waid` makes a number a chat that can be opened. */
export function writeCard(card: Card): string {
  if (card.vcard !== undefined) return card.vcard;
  const phones = card.phones.map((phone) => {
    const digits = phone.replace(/\D/g, '');
    return phone.startsWith('+') ? `TEL;type=CELL;waid=${digits}:${phone}` : `TEL;type=CELL:${escaped(phone)}`;
  });
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(card.name)};;;`,
    `FN:${escaped(card.name)}`,
    ...(card.organization === undefined ? [] : [`ORG:${escaped(card.organization)};`]),
    ...(card.email === undefined ? [] : [`EMAIL:${escaped(card.email)}`]),
    ...phones,
    'END:VCARD',
  ].join('\n');
}

/** The fields of a card, as far as it has them. A text that is no card becomes one with a name alone. */
export function readCard(text: string, displayName = ''): Card {
  const values = new Map<string, string[]>();
  const read = text.slice(0, MAX_READ).replace(/\r?\n[ \t]/g, '');
  for (const line of read.split(/\r?\n/)) {
    if (line.length > MAX_LINE) continue;
    const [, label, value] = LABEL.exec(line) ?? [];
    if (label === undefined || value === undefined) continue;
    const name = label.toUpperCase();
    const others = values.get(name);
    if (others) others.push(value.trim());
    else values.set(name, [value.trim()]);
  }
  const first = (label: string): string => values.get(label)?.[0] ?? '';
  const organization = plain(withoutEnd(first('ORG')));
  const email = plain(first('EMAIL'));
  const card: Card = {
    name: plain(first('FN')) || displayName || nameOf(first('N')),
    phones: (values.get('TEL') ?? []).slice(0, MAX_PHONES).map(plain),
    ...(organization === '' ? {} : { organization }),
    ...(email === '' ? {} : { email }),
  };
  return writeCard(card) === text ? card : { ...card, vcard: text };
}

/** Without the semicolons at its end, which part what is not there; one after a backslash is a letter. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === ';' && text[end - 2] !== '\\') end -= 1;
  return text.slice(0, end);
}

/** `family;given;middle;prefix;suffix` → `given family`. */
function nameOf(parts: string): string {
  const [family = '', given = ''] = parts.split(/(?<!\\);/).map(plain);
  return `${given} ${family}`.trim();
}

/** Whether a text has the frame of a card. */
export function isCard(text: string): boolean {
  return /^BEGIN:VCARD\r?\n[\s\S]*\r?\nEND:VCARD\s*$/i.test(text.trim());
}
