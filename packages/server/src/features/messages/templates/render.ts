import type { ErrorDetail } from '../../../platform/errors.ts';
import type { FileInput } from '../../media/index.ts';
import { readContent, type StoredContent } from '../content-table.ts';
import { isMediaKind, type MediaInput } from '../media-content.ts';
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

/** Whether content of a media kind says where its file is. */
export function hasFile(content: unknown): boolean {
  const given = Object(content);
  return Reflect.get(given, 'mediaId') !== undefined || Reflect.get(given, 'url') !== undefined;
}

/** The content with another file than its own. */
function withFile(content: unknown, file: FileInput): unknown {
  const { mediaId: _mediaId, url: _url, ...said } = Object(content);
  return { ...said, ...file };
}

/** A template with values in it. */
export interface Rendered {
  /** As a message keeps it; of a file, nothing. */
  content: StoredContent;
  /** Of a media kind: as a send takes it. */
  media: MediaInput | null;
  /** What a message of its type may not be. */
  found: ErrorDetail[];
}

/** The content with these values in it, and with this file instead of its own. */
export function render(
  type: TemplateType,
  content: unknown,
  texts: ReadonlyMap<string, string>,
  file?: FileInput,
): Rendered {
  const filled = mapTexts(content, (text, field) =>
    fillText(text, (name) => {
      const value = texts.get(name) ?? '';
      return field === 'vcard' ? escapeCard(value) : value;
    }),
  );
  const whole = file === undefined ? withNumbers(type, filled) : withFile(filled, file);
  const { kept, given, issues } = readContent(type, whole);
  const found = issues.map(({ path, message }) => ({ param: [type, ...path].map(String).join('.'), message }));
  return { content: kept, media: isMediaKind(type) ? mediaOf(given) : null, found };
}

/** Guarantee: `readContent` parsed it as the content of a media kind. */
const mediaOf = (given: unknown): MediaInput => given as MediaInput;
