import { z } from 'zod';
import { idField, shownId, timeField } from '../../../operations/fields.ts';
import { fileFields, oneSource } from '../../media/index.ts';
import { shownTemplateContent, TEMPLATE_TYPES, templateContentInput, templateContentShown } from './content.ts';
import type { TemplateRow } from './store.ts';
import { valuesInput, variablesInput, variablesShown } from './variables.ts';

export const nameField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,99}$/, { message: 'must be lower-case letters, digits, _, . and -, at most 100' })
  .meta({ description: 'Its name, unique in its language.', examples: ['order_confirmed'] });

export const languageField = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, { message: 'must be a language tag, such as en or pt-BR' })
  .meta({ description: 'Language of its text, as a BCP 47 tag.', examples: ['en'] });

const typeField = z.enum(TEMPLATE_TYPES).meta({
  description: 'Kind of message it becomes. Its content stands under the field of the same name.',
  examples: ['text'],
});

const EXAMPLE = {
  name: 'order_confirmed',
  language: 'en',
  type: 'text',
  text: { body: 'Your order {{order}} is confirmed.' },
  variables: [{ name: 'order', description: 'Number of the order' }],
};

export const createBody = z
  .strictObject({
    name: nameField,
    language: languageField,
    type: typeField,
    ...templateContentInput,
    variables: variablesInput.optional(),
  })
  .meta({ id: 'CreateTemplate', examples: [EXAMPLE] });

export const updateBody = z
  .strictObject({
    name: nameField.optional(),
    language: languageField.optional(),
    type: typeField.optional(),
    ...templateContentInput,
    variables: variablesInput.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { message: 'give at least one field to change' })
  .meta({ id: 'UpdateTemplate', examples: [{ text: { body: 'Order {{order}} is on its way.' } }] });

export const templateSchema = z
  .object({
    id: shownId('tpl', 'Id of the template.'),
    name: nameField,
    language: languageField,
    type: typeField,
    ...templateContentShown,
    variables: variablesShown,
    createdAt: timeField,
    updatedAt: timeField,
  })
  .meta({ id: 'Template' });

export type TemplateResource = z.output<typeof templateSchema>;

export function toTemplate(row: TemplateRow): TemplateResource {
  return {
    id: row.id,
    name: row.name,
    language: row.language,
    type: typeField.parse(row.type),
    ...shownTemplateContent(row.content),
    variables: variablesShown.parse(row.variables),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** What a send of type `template` holds: the template by id or by name, and its values. */
export const templateUse = z
  .strictObject({
    id: idField('tpl', 'The template by its id.').optional(),
    name: nameField.optional().meta({ description: 'The template by its name.', examples: ['order_confirmed'] }),
    language: languageField.optional().meta({
      description: 'Needed with a name that has a template in more than one language.',
      examples: ['en'],
    }),
    variables: valuesInput.default({}),
    file: z.strictObject(fileFields).superRefine(oneSource).optional().meta({
      description: 'For a template of a file: the file, instead of the one it may hold.',
    }),
  })
  .refine(({ id, name }) => (id === undefined) !== (name === undefined), {
    path: ['name'],
    message: 'give either name or id',
  })
  .refine(({ id, language }) => id === undefined || language === undefined, {
    path: ['language'],
    message: 'goes with a name: an id says which one it is',
  });

export type TemplateUse = z.output<typeof templateUse>;
