import { z } from 'zod';
import { E164 } from '../../../operations/fields.ts';
import type { ErrorDetail } from '../../../platform/errors.ts';
import { VARIABLE_NAME } from './placeholders.ts';

const MAX_VARIABLES = 50;
/** UTF-16 code units of a text's value where the variable says nothing else, and at the most. */
const DEFAULT_LENGTH = 1_024;
const MAX_LENGTH = 4_096;

const TYPES = ['text', 'number', 'url', 'phone'] as const;

const name = z.string().meta({ description: 'Its name, as it stands between the braces.', examples: ['order'] });
const type = z.enum(TYPES).meta({
  description: '`text`; `number`; `url`: http or https; `phone`: an E.164 number. Values are checked against it.',
  examples: ['text'],
});
const required = z.boolean().meta({ description: 'Whether a send must give it.', examples: [true] });
const description = z.string().meta({ description: 'What it is for.', examples: ['Number of the order'] });
const maxLength = z.number().int();

const value = z
  .union([z.string().max(MAX_LENGTH), z.number()])
  .meta({ description: 'A value: a number for a variable of type `number`, else text.', examples: ['12345'] });

export const variablesInput = z
  .array(
    z.strictObject({
      name: name.regex(VARIABLE_NAME, { message: 'must be letters, digits and _, at most 64' }),
      type: type.default('text'),
      required: required.optional().meta({
        description: 'Whether a send must give it. Left out: true, unless it has a default.',
        examples: [true],
      }),
      default: value.optional().meta({ description: 'What stands there when a send gives none.', examples: ['soon'] }),
      maxLength: maxLength
        .min(1)
        .max(MAX_LENGTH)
        .optional()
        .meta({ description: `How long a text may be; ${DEFAULT_LENGTH} where left out.`, examples: [200] }),
      description: description.max(500).optional(),
    }),
  )
  .max(MAX_VARIABLES)
  .meta({
    description: `At most ${MAX_VARIABLES}. A variable of the content that is not listed is a text that every send must give.`,
    examples: [[{ name: 'order', description: 'Number of the order' }]],
  });

const variableShown = z.object({
  name,
  type,
  required,
  default: value.nullable().meta({ description: 'What stands there when a send gives none.' }),
  maxLength: maxLength.nullable().meta({ description: 'How long a text may be; null for other types.' }),
  description: description.nullable(),
});

export const variablesShown = z.array(variableShown).meta({ description: 'Every variable of the content.' });

/** What a send or a preview gives. */
export const valuesInput = z
  .record(z.string().regex(VARIABLE_NAME, { message: 'must be the name of a variable' }), value)
  .refine((values) => Object.keys(values).length <= MAX_VARIABLES, { message: `at most ${MAX_VARIABLES}` })
  .meta({ description: 'A value for each variable, by its name.', examples: [{ order: '12345' }] });

export type Variable = z.output<typeof variableShown>;
export type Values = z.output<typeof valuesInput>;

/** A variable as it is kept, with what its declaration left out. */
export function completed(given: z.output<typeof variablesInput>[number]): Variable {
  return {
    name: given.name,
    type: given.type,
    required: given.required ?? given.default === undefined,
    default: given.default ?? null,
    maxLength: given.type === 'text' ? (given.maxLength ?? DEFAULT_LENGTH) : null,
    description: given.description ?? null,
  };
}

const isHttp = (text: string): boolean => z.url({ protocol: /^https?$/ }).safeParse(text).success;

/** What is wrong with a value; null where it fits its variable. */
export function mismatch(variable: Variable, given: string | number): string | null {
  if (variable.type === 'number') return typeof given === 'number' ? null : 'must be a number';
  if (typeof given === 'number') return 'must be a text';
  if (variable.type === 'phone') return E164.test(given) ? null : 'must be an E.164 number: + and 7 to 15 digits';
  if (variable.type === 'url') return isHttp(given) ? null : 'must be an http or https address';
  const longest = variable.maxLength ?? MAX_LENGTH;
  return given.length <= longest ? null : `must be at most ${longest} characters`;
}

/** The text that stands for each variable, or everything that is wrong with the values. */
export function textsOf(
  variables: readonly Variable[],
  values: Values,
  at: string,
): { texts: ReadonlyMap<string, string>; found: ErrorDetail[] } {
  const texts = new Map<string, string>();
  const found: ErrorDetail[] = [];
  const known = new Set(variables.map((one) => one.name));
  for (const one of Object.keys(values))
    if (!known.has(one)) found.push({ param: `${at}.${one}`, message: 'is not a variable of this template' });
  for (const variable of variables) {
    const given = Object.hasOwn(values, variable.name) ? values[variable.name] : (variable.default ?? undefined);
    const isMissing = given === undefined && variable.required;
    const wrong = isMissing ? 'is needed' : given === undefined ? null : mismatch(variable, given);
    if (wrong !== null) found.push({ param: `${at}.${variable.name}`, message: wrong });
    texts.set(variable.name, String(given ?? ''));
  }
  return { texts, found };
}

const SAMPLES = { number: '0', url: 'https://example.com/', phone: '+15551234567' };

/** Values that a template is tried with before it is kept. Texts differ from each other, as options of a poll must. */
export function sampleTexts(variables: readonly Variable[]): ReadonlyMap<string, string> {
  return new Map(variables.map(({ name: of, type: kind }) => [of, kind === 'text' ? of : SAMPLES[kind]]));
}
