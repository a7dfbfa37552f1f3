import type { ErrorDetail } from '../../../platform/errors.ts';
import { readContent, type StoredContent } from '../content-table.ts';
import type { TemplateType } from './content.ts';
import { fillText, mapTexts } from './placeholders.ts';

const escapeCard = (text: string): string =>
  text.replace(/[\\,;]/g, (sign) => `\\${sign}`).replace(/\r\n|\r|\n/g, '\\n');

/** Coordinates may come out of variables, which are texts until here. */
function withNumbers(type: TemplateType, content: unknown): unknown {
  if (type !== 'location' || content === null || typeof content !== 'object') return content;
  const numbers = ['latitude', 'longitude'].map((name) => {
    const given: unknown = Reflect.get(content, name);
    return [name, typeof given === 'string' && given.trim() !== '' ? Number(given) : given] as const;
  });
  return { ...content, ...Object.fromEntries(numbers) };
}

/** The content with these values in it, as a message keeps it; or what a message of its type may not be. */
export function render(
  type: TemplateType,
  content: unknown,
  texts: ReadonlyMap<string, string>,
): { content: StoredContent; found: ErrorDetail[] } {
  const filled = mapTexts(content, (text, field) =>
    fillText(text, (name) => {
      const value = texts.get(name) ?? '';
      return field === 'vcard' ? escapeCard(value) : value;
    }),
  );
  const { kept, issues } = readContent(type, withNumbers(type, filled));
  const found = issues.map(({ path, message }) => ({ param: [type, ...path].map(String).join('.'), message }));
  return { content: kept, found };
}
