import type { Json } from './openapi-schemas.ts';

/** Deep enough for every schema of ours, and an end to one that contains itself. */
const MAX_DEPTH = 12;

const asJson = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
const firstOf = (list: unknown): unknown => (Array.isArray(list) ? list[0] : list);

function ofType(schema: Json): unknown {
  const type = firstOf(schema.type);
  if (schema.format === 'date-time') return '2026-01-31T12:00:00.000Z';
  if (type === 'boolean') return false;
  if (type === 'number' || type === 'integer') return schema.minimum ?? 1;
  if (type === 'array') return [];
  if (type === 'object') return {};
  return type === 'null' ? null : 'x';
}

// Of fields that may be null, those that say something by example are shown; the others are as they mostly are.
function ofChoice(choices: unknown[], schemas: Json, depth: number): unknown {
  const mayBeNull = choices.some((choice) => asJson(choice).type === 'null');
  const told = choices.find((choice) => Array.isArray(asJson(choice).examples));
  if (told) return firstOf(asJson(told).examples);
  return mayBeNull ? null : exampleOf(asJson(choices[0]), schemas, depth);
}

// The content of a type stands under the type's name, and no other beside it.
function withContent(made: Json, properties: Json, told: { schemas: Json; depth: number }): Json {
  const type = made.type;
  if (typeof type !== 'string' || made[type] !== null) return made;
  const { anyOf } = asJson(properties[type]);
  const content = Array.isArray(anyOf) ? anyOf.find((choice) => asJson(choice).type !== 'null') : undefined;
  return content === undefined ? made : { ...made, [type]: exampleOf(asJson(content), told.schemas, told.depth) };
}

/** An example of a schema, made of the examples of its parts. `schemas` is what `#/components/schemas/` leads to. */
export function exampleOf(schema: Json, schemas: Json, depth = 0): unknown {
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(schema.examples)) return schema.examples[0];
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return exampleOf(asJson(schemas[name]), schemas, depth + 1);
  }
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (Array.isArray(schema.anyOf)) return ofChoice(schema.anyOf, schemas, depth + 1);
  if (schema.properties === undefined) return ofType(schema);
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = asJson(schema.properties);
  const fields = Object.entries(properties).filter(([name]) => required.has(name));
  const made = fields.map(([name, field]) => [name, exampleOf(asJson(field), schemas, depth + 1)] as const);
  return withContent(Object.fromEntries(made), properties, { schemas, depth: depth + 1 });
}
