/** A variable's name, as in `{{orderNumber}}` or `{{1}}`. */
export const VARIABLE_NAME = /^[A-Za-z0-9][A-Za-z0-9_]{0,63}$/;

// What begins with a backslash is text: `\{{` stands for two braces.
const TOKEN = /\\\{\{|\{\{\s*([A-Za-z0-9][A-Za-z0-9_]{0,63})\s*\}\}|\{\{/g;

/** What stands in a text for a variable, in order. `broken` tells of braces that name none. */
export function placeholdersOf(text: string): { names: string[]; broken: boolean } {
  const names: string[] = [];
  let broken = false;
  for (const [token, name] of text.matchAll(TOKEN)) {
    if (name !== undefined) names.push(name);
    else if (token === '{{') broken = true;
  }
  return { names, broken };
}

/** The text with its variables filled in, in one pass: what a value holds is never read as a variable itself. */
export function fillText(text: string, textFor: (name: string) => string): string {
  return text.replace(TOKEN, (token: string, name: string | undefined) => {
    if (name !== undefined) return textFor(name);
    return token.startsWith('\\') ? '{{' : token;
  });
}

/** How long `fillText` makes the text, told without making it: UTF-16 code units. */
export function filledLength(text: string, lengthFor: (name: string) => number): number {
  let length = text.length;
  for (const [token, name] of text.matchAll(TOKEN)) {
    if (name !== undefined) length += lengthFor(name) - token.length;
    else if (token.startsWith('\\')) length -= 1;
  }
  return length;
}

/** Every text in parsed content, with where it stands. Content is as deep as its schema, so this ends. */
export function* textsIn(value: unknown, path: string): Generator<{ path: string; text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* textsIn(item, `${path}.${i}`);
  else if (value !== null && typeof value === 'object')
    for (const [name, item] of Object.entries(value)) yield* textsIn(item, `${path}.${name}`);
}

/** The content with `change` made to every text in it. */
export function mapTexts(value: unknown, change: (text: string, field: string) => string, field = ''): unknown {
  if (typeof value === 'string') return change(value, field);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, field));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, change, name)]));
}
