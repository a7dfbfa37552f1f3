import { type ErrorDetail, WapingError } from '../../../platform/errors.ts';
import { isMediaKind } from '../media-content.ts';
import { TEMPLATE_TYPES, type TemplateType } from './content.ts';
import { placeholdersOf, textsIn } from './placeholders.ts';
import { hasFile, render } from './render.ts';
import { completed, mismatch, sampleTexts, type Variable } from './variables.ts';

type Given = Parameters<typeof completed>[0];

/** What a template is to hold. */
export interface Definition {
  type: TemplateType;
  /** By the name of its type. */
  contents: Partial<Record<TemplateType, unknown>>;
  variables: readonly Given[];
}

export function refuse(found: readonly ErrorDetail[]): WapingError {
  const first = found[0];
  return new WapingError('VALIDATION_ERROR', first ? `${first.param}: ${first.message}` : 'not a valid template', {
    ...(first ? { param: first.param } : {}),
    details: [...found],
  });
}

/** The content of the template's type, and of no other. */
function contentOf({ type, contents }: Definition): unknown {
  const found = TEMPLATE_TYPES.flatMap((one) => {
    const isGiven = contents[one] !== undefined;
    if (isGiven === (one === type)) return [];
    return [{ param: one, message: isGiven ? `is not for type ${type}` : `is needed for type ${one}` }];
  });
  if (found.length > 0) throw refuse(found);
  return contents[type];
}

/** Places for variables in one template: each is looked at again for every message that is made of it. */
const MAX_PLACES = 1_000;

/**
 * Names of the variables in the content, in the order they appear. Throws VALIDATION_ERROR on braces that name none, and
 * on too many places for them.
 */
function namesIn(type: TemplateType, content: unknown): Set<string> {
  const names = new Set<string>();
  const found: ErrorDetail[] = [];
  let places = 0;
  for (const { path, text } of textsIn(content, type)) {
    const { names: here, broken } = placeholdersOf(text);
    places += here.length;
    for (const name of here) names.add(name);
    if (broken) found.push({ param: path, message: 'holds {{ without a variable’s name; write \\{{ for the braces' });
  }
  if (places > MAX_PLACES) found.push({ param: type, message: `has more than ${MAX_PLACES} places for variables` });
  if (found.length > 0) throw refuse(found);
  return names;
}

function checkDeclared(declared: readonly Variable[], names: ReadonlySet<string>): void {
  const seen = new Set<string>();
  const found = declared.flatMap((variable, i): ErrorDetail[] => {
    const at = `variables.${i}`;
    const isTwice = seen.has(variable.name);
    seen.add(variable.name);
    if (isTwice) return [{ param: `${at}.name`, message: 'is listed twice' }];
    if (!names.has(variable.name)) return [{ param: `${at}.name`, message: 'is not used in the content' }];
    if (variable.default === null) return [];
    if (variable.required) return [{ param: `${at}.required`, message: 'is not for a variable with a default' }];
    const wrong = mismatch(variable, variable.default);
    return wrong === null ? [] : [{ param: `${at}.default`, message: wrong }];
  });
  if (found.length > 0) throw refuse(found);
}

const MAX_VARIABLES = 50;
/** Stands for the file that a send will give. */
export const ANY_FILE = { url: 'https://example.com/' };

/**
 * A template as it is kept: its content, and all its variables. It is tried with values that fit, so that what can never
 * become a message is refused now. Throws VALIDATION_ERROR with every finding.
 */
export function checkedDefinition(given: Definition): { content: unknown; variables: Variable[] } {
  const { type } = given;
  const content = contentOf(given);
  const names = namesIn(type, content);
  const declared = given.variables.map(completed);
  checkDeclared(declared, names);
  const listed = new Set(declared.map(({ name }) => name));
  const others = [...names].filter((name) => !listed.has(name));
  const variables = [...declared, ...others.map((name) => completed({ name, type: 'text' }))];
  if (variables.length > MAX_VARIABLES)
    throw refuse([{ param: type, message: `holds more than ${MAX_VARIABLES} variables` }]);
  const file = isMediaKind(type) && !hasFile(content) ? ANY_FILE : undefined;
  const { found } = render(type, content, sampleTexts(variables), file);
  if (found.length > 0) throw refuse(found);
  return { content: { [type]: content }, variables };
}
