import { asJson, asList, asText, type Json } from './json.ts';

const REF = '#/components/schemas/';
/** Stands before the name of a component until it is known from where it is named: no text of the description holds it. */
export const COMPONENT = '\u0000';

/** A property's name as TypeScript takes it. */
export const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** A comment before a declaration; nothing where there is nothing to say. */
export function docOf(text: string, indent: string): string {
  if (text === '') return '';
  const lines = text.replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`;
}

const isUnion = (type: string): boolean => / [|&] /.test(type);

function arrayOf(type: string): string {
  return isUnion(type) ? `(${type})[]` : `${type}[]`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

/** The fields of which only one may be there: `type` says which. Empty where the schema has no such choice. */
function alternatives(schema: Json): string[] {
  const properties = asJson(schema['properties']);
  const types = asList(asJson(properties['type'])['enum']).map(asText);
  const required = new Set(asList(schema['required']).map(asText));
  const named = types.filter((one) => one in properties && !required.has(one));
  return named.length > 1 && required.has('type') ? named : [];
}

function field(name: string, schema: unknown, more: { optional: boolean; indent: string }): string {
  const { indent, optional } = more;
  const type = printType(schema, indent);
  const shown = optional ? `?: ${type} | undefined` : `: ${type}`;
  return `${docOf(asText(asJson(schema)['description']), indent)}${indent}${keyOf(name)}${shown};\n`;
}

function printObject(schema: Json, indent: string, without: readonly string[] = []): string {
  const inner = `${indent}  `;
  const required = new Set(asList(schema['required']).map(asText));
  const properties = Object.entries(asJson(schema['properties'])).filter(([name]) => !without.includes(name));
  const more = schema['additionalProperties'];
  if (properties.length === 0) {
    const value = more !== null && typeof more === 'object' ? printType(more, indent) : 'unknown';
    return more === false ? 'Record<string, never>' : `Record<string, ${value}>`;
  }
  const fields = properties.map(([name, one]) => field(name, one, { optional: !required.has(name), indent: inner }));
  return `{\n${fields.join('')}${indent}}`;
}

/** An object whose content stands under its type's name: what all share, and one shape for each type. */
function printAlternatives(schema: Json, among: readonly string[], indent: string): string {
  const properties = asJson(schema['properties']);
  const shapes = among.map((type) => {
    const content = printType(properties[type], `${indent}    `);
    return `${indent}  | { type: ${JSON.stringify(type)}; ${keyOf(type)}: ${content} }`;
  });
  return `${printObject(schema, indent, ['type', ...among])} & (\n${shapes.join('\n')}\n${indent})`;
}

/** A JSON Schema as a TypeScript type. Throws on what the description never holds. */
export function printType(given: unknown, indent = ''): string {
  const schema = asJson(given);
  const ref = asText(schema['$ref']);
  if (ref.startsWith(REF)) return `${COMPONENT}${ref.slice(REF.length)}`;
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return union(schema['enum'].map((one) => JSON.stringify(one)));
  const choices = asList(schema['anyOf'] ?? schema['oneOf']);
  if (choices.length > 0) return union(choices.map((one) => printType(one, indent)));
  const kinds = [schema['type'] ?? []].flat().map(asText);
  if (kinds.length > 1) return union(kinds.map((type) => printType({ ...schema, type }, indent)));
  const among = alternatives(schema);
  if (among.length > 0) return printAlternatives(schema, among, indent);
  return printKind(kinds[0] ?? '', schema, indent);
}

function printKind(kind: string, schema: Json, indent: string): string {
  switch (kind) {
    case 'object':
      return printObject(schema, indent);
    case 'array':
      return arrayOf(printType(schema['items'], indent));
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return kind;
    case '':
      return 'unknown';
    default:
      throw new Error(`a schema of type ${kind}`);
  }
}
