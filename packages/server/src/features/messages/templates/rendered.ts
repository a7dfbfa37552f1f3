import type { ErrorDetail } from '../../../platform/errors.ts';
import type { StoredContent } from '../content-table.ts';
import type { TemplateType } from './content.ts';
import { refuse } from './definition.ts';
import { render } from './render.ts';
import { toTemplate } from './schemas.ts';
import type { TemplateRow } from './store.ts';
import { textsOf, type Values } from './variables.ts';

/**
 * A template with values in it. Throws VALIDATION_ERROR with everything that speaks against them; `at` is where the
 * values stand in the request.
 */
export function renderRow(
  row: TemplateRow,
  values: Values,
  at: string,
): { type: TemplateType; content: StoredContent } {
  const template = toTemplate(row);
  const { type, variables } = template;
  const { texts, found } = textsOf(variables, values, at);
  if (found.length > 0) throw refuse(found);
  const made = render(type, template[type], texts);
  const told = made.found.map(
    ({ param, message }): ErrorDetail => ({ param: at, message: `with these values ${param} is refused: ${message}` }),
  );
  if (told.length > 0) throw refuse(told);
  return { type, content: made.content };
}
