import type { ErrorDetail } from '../../../platform/errors.ts';
import type { FileInput } from '../../media/index.ts';
import { readContent, type StoredContent } from '../content-table.ts';
import { isMediaKind, type MediaInput } from '../media-content.ts';
import type { TemplateType } from './content.ts';
import { filledLength, fillText, mapTexts, textsIn } from './placeholders.ts';

/** What all texts of one message may come to, in UTF-16 code units: a short template can repeat a long value. */
const MAX_FILLED = 262_144;

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
  /** UTF-16 code units of all its texts. */
  length: number;
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
  const escaped = new Map<string, string>();
  const textFor = (name: string, inCard: boolean): string => {
    const value = texts.get(name) ?? '';
    if (!inCard) return value;
    const known = escaped.get(name) ?? escapeCard(value);
    escaped.set(name, known);
    return known;
  };
  let length = 0;
  // Told before any of it is built.
  for (const { path, text } of textsIn(content, type)) {
    const inCard = path.endsWith('.vcard');
    length += filledLength(text, (name) => textFor(name, inCard).length);
  }
  if (length > MAX_FILLED) {
    const message = `becomes ${length} characters long: at most ${MAX_FILLED} are sent`;
    return { content: {}, media: null, length, found: [{ param: type, message }] };
  }
  const filled = mapTexts(content, (text, field) => fillText(text, (name) => textFor(name, field === 'vcard')));
  const whole = file === undefined ? withNumbers(type, filled) : withFile(filled, file);
  const { kept, given, issues } = readContent(type, whole);
  const found = issues.map(({ path, message }) => ({ param: [type, ...path].map(String).join('.'), message }));
  return { content: kept, media: isMediaKind(type) ? mediaOf(given) : null, length, found };
}

/** Guarantee: `readContent` parsed it as the content of a media kind. */
const mediaOf = (given: unknown): MediaInput => given as MediaInput;
