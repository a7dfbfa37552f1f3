import { type Json, objectOf } from '../kit/api.ts';

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function allows(type: unknown, actual: string): boolean {
  const types = [type].flat();
  return types.includes(actual) || (actual === 'integer' && types.includes('number'));
}

const asJson = (value: unknown): Json => objectOf({ value }, 'value');

/** What `#/components/…` points at in an OpenAPI document; undefined where it points at nothing. */
export function resolveRef(document: Json, ref: string): Json | undefined {
  let at: Json | undefined = document;
  for (const part of ref.slice(2).split('/')) at = at && part in at ? asJson(at[part]) : undefined;
  return at;
}

function checkObject(document: Json, schema: Json, value: Json, path: string): string[] {
  const properties = objectOf(schema, 'properties');
  const missing = [schema['required'] ?? []].flat().filter((name) => !(String(name) in value));
  const found = missing.map((name) => `${path}.${name} is missing`);
  for (const [name, item] of Object.entries(value)) {
    const rule = properties[name] ?? schema['additionalProperties'];
    if (rule === undefined) found.push(`${path}.${name} is not described`);
    else if (rule !== true) found.push(...mismatches(document, asJson(rule), item, `${path}.${name}`));
  }
  return found;
}

/** Where a value differs from a schema, in the subset of JSON Schema our description uses. A field it does not name is a difference. */
export function mismatches(document: Json, schema: Json, value: unknown, path = '$'): string[] {
  if (Object.keys(schema).length === 0) return [];
  const ref = schema['$ref'];
  if (typeof ref === 'string') return mismatches(document, resolveRef(document, ref) ?? { not: ref }, value, path);
  const choices = schema['anyOf'];
  if (Array.isArray(choices)) {
    const tries = choices.map((choice) => mismatches(document, asJson(choice), value, path));
    return tries.find((found) => found.length === 0) ?? tries.flat();
  }
  if (schema['not'] !== undefined) return [`${path}: nothing is at ${schema['not']}`];
  const actual = typeOf(value);
  if (schema['type'] !== undefined && !allows(schema['type'], actual)) return [`${path} is ${actual}`];
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value)) return [`${path} is ${String(value)}`];
  if (schema['format'] === 'date-time' && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(value)))
    return [`${path} is no time`];
  if (typeof schema['pattern'] === 'string' && !new RegExp(schema['pattern']).test(String(value)))
    return [`${path} does not match`];
  if (Array.isArray(value))
    return value.flatMap((item, i) => mismatches(document, objectOf(schema, 'items'), item, `${path}[${i}]`));
  return actual === 'object' ? checkObject(document, schema, asJson(value), path) : [];
}

/** Every object inside a value, with the path to it. */
export function* nodes(value: unknown, path: string): Generator<[string, Json]> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* nodes(item, `${path}[${i}]`);
  else if (value !== null && typeof value === 'object') {
    yield [path, objectOf({ value }, 'value')];
    for (const [name, item] of Object.entries(value)) yield* nodes(item, `${path}.${name}`);
  }
}
