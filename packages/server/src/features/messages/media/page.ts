/** What a page says of itself in its head. */
export interface PageHead {
  title: string | null;
  description: string | null;
  /** Address of a picture, as it stands there. */
  image: string | null;
}

const MAX_WORDS = 300;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const MAX_CODE = 0x10ffff;

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    const isCharacter = code > 0 && code <= MAX_CODE && !(code >= 0xd800 && code <= 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : '';
  });
}

/** A stranger's words as one line. */
function words(text: string | undefined): string | null {
  const line = decode(text ?? '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line === '' ? null : [...line].slice(0, MAX_WORDS).join('');
}

/** Attributes of one tag, by lower-case name. */
function attributesOf(tag: string): Map<string, string> {
  const found = tag.matchAll(/([a-z:-]{1,40})\s{0,8}=\s{0,8}(?:"([^"]{0,4000})"|'([^']{0,4000})')/gi);
  return new Map(Array.from(found, ([, name = '', double, single]) => [name.toLowerCase(), double ?? single ?? '']));
}

/** Reads the head of an HTML page: Open Graph first (ogp.me), else its title and description. No script, no tree. */
export function readHead(html: string): PageHead {
  const meta = new Map<string, string>();
  for (const [tag] of html.matchAll(/<meta\s[^<>]{1,8000}>/gi)) {
    const attributes = attributesOf(tag);
    const name = (attributes.get('property') ?? attributes.get('name'))?.toLowerCase();
    const content = attributes.get('content');
    if (name !== undefined && content !== undefined && !meta.has(name)) meta.set(name, content);
  }
  const title = /<title(?:\s[^>]{0,500})?>([^<]{1,4000})</i.exec(html)?.[1];
  return {
    title: words(meta.get('og:title')) ?? words(title),
    description: words(meta.get('og:description')) ?? words(meta.get('description')),
    image: meta.get('og:image')?.trim() || null,
  };
}
