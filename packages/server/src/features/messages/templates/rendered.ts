import type { ErrorDetail } from '../../../platform/errors.ts';
import type { FileInput } from '../../media/index.ts';
import { isMediaKind } from '../media-content.ts';
import type { TemplateType } from './content.ts';
import { ANY_FILE, refuse } from './definition.ts';
import { hasFile, type Rendered, render } from './render.ts';
import { toTemplate } from './schemas.ts';
import type { TemplateRow } from './store.ts';
import { textsOf, type Values } from './variables.ts';

/** What a send gives a template. */
export interface Filling {
  values: Values;
  /** Where the values stand in the request. */
  at: string;
  /** The file instead of the template's own. `later`: there is nothing to be sent yet. */
  file?: FileInput | undefined | 'later';
}

/** The file for a template's content; undefined: its own. Throws VALIDATION_ERROR where it has none and should, or the reverse. */
function fileFor(type: TemplateType, content: unknown, file: Filling['file']): FileInput | undefined {
  const param = 'template.file';
  if (!isMediaKind(type)) {
    if (file === undefined || file === 'later') return undefined;
    throw refuse([{ param, message: `is not for a template of type ${type}` }]);
  }
  if (file === 'later') return hasFile(content) ? undefined : ANY_FILE;
  if (file === undefined && !hasFile(content))
    throw refuse([{ param, message: 'is needed: the template has no file of its own' }]);
  return file;
}

/** A template with values in it, and how long its texts are. Throws VALIDATION_ERROR with everything that speaks against them. */
export function renderRow(
  row: TemplateRow,
  { values, at, file }: Filling,
): Omit<Rendered, 'found'> & { type: TemplateType } {
  const template = toTemplate(row);
  const { type, variables } = template;
  const { texts, found } = textsOf(variables, values, at);
  if (found.length > 0) throw refuse(found);
  const made = render(type, template[type], texts, fileFor(type, template[type], file));
  const told = made.found.map(
    ({ param, message }): ErrorDetail => ({ param: at, message: `with these values ${param} is refused: ${message}` }),
  );
  if (told.length > 0) throw refuse(told);
  return { type, content: made.content, media: made.media, length: made.length };
}
