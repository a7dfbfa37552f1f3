import { z } from 'zod';
import type { CallRequest } from '../../src/operations/call.ts';
import type { Operation } from '../../src/operations/define.ts';
import { Draft } from '../../src/platform/blob/drafts.ts';
import type { Json } from './api.ts';

type Input = CallRequest['input'];
type Part = 'params' | 'query' | 'body';

const asJson = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};

/** JSON Schemas with what they refer to in its place. */
function resolved(value: unknown, definitions: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, definitions));
  if (value === null || typeof value !== 'object') return value;
  const { $ref, ...rest } = asJson(value);
  const target = typeof $ref === 'string' ? asJson(definitions[$ref.slice('#/$defs/'.length)]) : {};
  const merged = Object.entries({ ...target, ...rest }).filter(([name]) => name !== '$defs');
  return Object.fromEntries(merged.map(([name, item]) => [name, resolved(item, definitions)]));
}

/** A value a field takes, by its examples, its type and what it is made of. */
function sample(schema: Json): unknown {
  const [example] = [schema['examples'] ?? []].flat();
  if (example !== undefined) return Array.isArray(schema['examples']) ? schema['examples'][0] : example;
  if ('default' in schema) return schema['default'];
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const [choice] = [schema['anyOf'] ?? schema['oneOf'] ?? []].flat();
  if (choice !== undefined) return sample(asJson(choice));
  if (schema['type'] === 'object') return fieldsOf(schema, true);
  if (schema['type'] === 'array') return [sample(asJson(schema['items']))];
  if (schema['type'] === 'boolean') return false;
  if (schema['type'] === 'integer' || schema['type'] === 'number') return schema['minimum'] ?? 1;
  return 'x';
}

function fieldsOf(schema: Json, requiredOnly: boolean): Json {
  const required = [schema['required'] ?? []].flat();
  const fields = Object.entries(asJson(schema['properties']));
  const wanted = requiredOnly ? fields.filter(([name]) => required.includes(name)) : fields;
  return Object.fromEntries(wanted.map(([name, field]) => [name, sample(asJson(field))]));
}

/** Stands for the file of an upload, which a caller of the kit makes anew for each call. */
export const SOME_FILE = new Draft({ path: '', sha256: '', size: 1, mimeType: null, fileName: null });

interface Ids {
  /** A device the caller may use, wherever a valid input needs one. */
  own: string;
  foreign: readonly string[];
}

/** One part of an input with the least and the most it takes, and both with each field set to each foreign id. */
function waysOf(schema: z.ZodObject | undefined, { own, foreign }: Ids): Json[] {
  if (!schema) return [{}];
  const written = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const text = JSON.stringify(resolved(written, asJson(written['$defs']))).replace(/\bdev_[0-9a-z]{26}\b/g, own);
  const described = asJson(JSON.parse(text));
  const [least, most] = [fieldsOf(described, true), fieldsOf(described, false)];
  const ways = [least, most];
  for (const name of Object.keys(asJson(described['properties']))) {
    ways.push({ ...least, [name]: most[name] });
    for (const base of [least, most])
      for (const id of foreign) ways.push({ ...base, [name]: id }, { ...base, [name]: [id] });
  }
  return ways.filter((way) => schema.safeParse('file' in way ? { ...way, file: SOME_FILE } : way).success);
}

/**
 * Inputs an operation takes, made from its schemas and their examples, in which every field has named every foreign
 * id it can name; parameters of the path always do. Throws where no valid input can be made: then a field lacks an example.
 */
export function inputsNaming(operation: Operation, ids: Ids): Input[] {
  const parts: Record<Part, Json[]> = {
    params: waysOf(operation.params, ids),
    query: waysOf(operation.query, ids),
    body: waysOf(operation.body, ids),
  };
  const named = parts.params.filter((way) => Object.values(way).some((value) => ids.foreign.includes(String(value))));
  const params = named.length > 0 ? named : parts.params;
  for (const part of ['query', 'body'] as const)
    if (parts[part].length === 0) throw new Error(`no valid ${part} of ${operation.id}: give its fields examples`);
  const [query = {}] = parts.query;
  const [body = {}] = parts.body;
  const withBody = (input: Input): Input => (operation.body ? { ...input, body: input.body ?? body } : input);
  return params.flatMap((one) => [
    ...parts.query.map((way) => withBody({ params: one, query: way })),
    ...(operation.body ? parts.body.map((way) => ({ params: one, query, body: way })) : []),
  ]);
}
