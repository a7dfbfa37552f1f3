import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import type { UsedTemplate } from '../content-table.ts';
import type { SendInput } from '../send.ts';
import { refuse } from './definition.ts';
import { renderRow } from './rendered.ts';
import type { TemplateUse } from './schemas.ts';
import { findTemplates, type TemplateRow } from './store.ts';

/** Throws NOT_FOUND, and VALIDATION_ERROR where a name alone does not say which. */
function chosen(rows: readonly TemplateRow[], { id, name, language }: TemplateUse): TemplateRow {
  const param = id === undefined ? 'template.name' : 'template.id';
  const named = rows.filter((row) => (id === undefined ? row.name === name : row.id === id));
  const fitting = language === undefined ? named : named.filter((row) => row.language === language);
  const [row] = fitting;
  if (!row) {
    const isKnown = named.length > 0;
    const message = isKnown ? `no such template in ${language}` : 'no such template';
    throw new WapingError('NOT_FOUND', message, { param: isKnown ? 'template.language' : param });
  }
  if (fitting.length === 1) return row;
  const languages = fitting.map((one) => one.language).join(', ');
  throw refuse([{ param: 'template.language', message: `is needed: there is one in ${languages}` }]);
}

/**
 * What the templates of one batch may come to together, in UTF-16 code units. A batch names them in a few bytes each, and
 * all of its messages are in memory at once.
 */
const MAX_BATCH_FILLED = 16 * 1024 * 1024;

interface Filled {
  send: SendInput;
  /** UTF-16 code units of its texts. */
  length: number;
}

function filled(rows: readonly TemplateRow[], input: SendInput, use: TemplateUse): Filled {
  const row = chosen(rows, use);
  const { file, variables: values } = use;
  const { type, content, media, length } = renderRow(row, { values, at: 'template.variables', file });
  const { text, location, contacts, poll } = content;
  const madeFrom: UsedTemplate = { id: row.id, name: row.name, language: row.language };
  // Errors about the file name where it was given.
  const shown = media ? { [type]: media, fileAt: file ? 'template.file' : 'template' } : {};
  return { send: { ...input, type, text, location, contacts, poll, ...shown, template: undefined, madeFrom }, length };
}

function tooMuch(): WapingError {
  const message = `the templates of this batch come to more than ${MAX_BATCH_FILLED} characters: send fewer at once`;
  return new WapingError('VALIDATION_ERROR', message, { param: 'template', details: [{ param: 'template', message }] });
}

async function rowsFor(ctx: OperationContext, uses: readonly TemplateUse[]): Promise<TemplateRow[]> {
  if (uses.length === 0) return [];
  const named = { ids: uses.flatMap(({ id }) => id ?? []), names: uses.flatMap(({ name }) => name ?? []) };
  return findTemplates(ctx.tx, ctx.workspace.id, named);
}

/**
 * A send of type `template` as a send of what the template becomes; any other as it is. Throws NOT_FOUND, and
 * VALIDATION_ERROR with what is wrong with its values.
 */
export async function withTemplate(ctx: OperationContext, input: SendInput): Promise<SendInput> {
  const { template } = input;
  return template ? filled(await rowsFor(ctx, [template]), input, template).send : input;
}

/** The same for many, with all their templates read at once; in the place of one that cannot be, why. */
export async function withTemplates(
  ctx: OperationContext,
  inputs: readonly SendInput[],
): Promise<(SendInput | WapingError)[]> {
  const rows = await rowsFor(
    ctx,
    inputs.flatMap(({ template }) => template ?? []),
  );
  let left = MAX_BATCH_FILLED;
  return inputs.map((input) => {
    if (!input.template) return input;
    if (left < 0) return tooMuch();
    try {
      const { send, length } = filled(rows, input, input.template);
      left -= length;
      return left < 0 ? tooMuch() : send;
    } catch (error) {
      if (error instanceof WapingError) return error;
      throw error;
    }
  });
}
