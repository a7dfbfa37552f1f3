import { z } from 'zod';
import type { Operation } from '../../src/operations/define.ts';
import { resolveRef } from '../contract/json-schema.ts';
import { type Json, objectOf } from './api.ts';

/** Ids of one workspace, by their prefix; `phone` is a number of its own. */
export type Ids = Record<string, string>;

const asJson = (value: unknown): Json => objectOf({ value }, 'value');
const firstOf = (list: unknown): unknown => [list ?? []].flat()[0];

/** An example id becomes the id this workspace has of its kind, an example number its own number. */
function own(value: unknown, ids: Ids): unknown {
  if (Array.isArray(value)) return value.map((item) => own(item, ids));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, own(item, ids)]));
  }
  if (typeof value !== 'string') return value;
  const prefix = /^([a-z]+)_[0-9a-z]{26}$/.exec(value)?.[1];
  if (prefix !== undefined) return ids[prefix] ?? value;
  return /^\+1\d{7,14}$/.test(value) ? (ids['phone'] ?? value) : value;
}

function ofType(schema: Json): unknown {
  const type = firstOf(schema['type']);
  if (type === 'boolean') return true;
  if (type === 'number' || type === 'integer') return schema['minimum'] ?? 1;
  if (type === 'array') return [];
  if (type === 'object') return {};
  return 'x'.repeat(Number(schema['minLength'] ?? 1));
}

/** A JSON Schema with the definitions its references lead to. */
class Examples {
  readonly #document: Json;
  readonly #ids: Ids;

  constructor(schema: z.ZodObject, ids: Ids) {
    this.#document = asJson(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
    this.#ids = ids;
  }

  /** What the schema gives as an example of the whole; else all that it requires. */
  whole(): Json {
    const schema = this.#resolved(this.#document);
    const given = firstOf(schema['examples']);
    if (given === undefined) return this.#required(schema);
    return Object.fromEntries(Object.entries(asJson(given)).map(([name, value]) => [name, own(value, this.#ids)]));
  }

  /** All that the schema requires. */
  least(): Json {
    return this.#required(this.#resolved(this.#document));
  }

  #resolved(schema: Json): Json {
    const ref = schema['$ref'];
    return typeof ref === 'string' ? asJson(resolveRef(this.#document, ref)) : schema;
  }

  #required(schema: Json): Json {
    const names = [schema['required'] ?? []].flat().map(String);
    const properties = objectOf(schema, 'properties');
    return Object.fromEntries(names.map((name) => [name, this.#of(this.#resolved(asJson(properties[name])))]));
  }

  /** Its example, else its default, else the least of its type. */
  #of(schema: Json): unknown {
    const given = firstOf(schema['examples']) ?? schema['default'] ?? firstOf(schema['enum']);
    if (given !== undefined) return own(given, this.#ids);
    if (schema['properties'] !== undefined) return this.#required(schema);
    const choice = firstOf(schema['anyOf']);
    return choice === undefined ? ofType(schema) : this.#of(this.#resolved(asJson(choice)));
  }
}

/** A body an operation takes, made of its schema's own examples. Undefined where it takes none. */
export function exampleBody(operation: Operation, ids: Ids): Json | undefined {
  return operation.body ? new Examples(operation.body, ids).whole() : undefined;
}

/** What a schema gives as an example of the whole; else all that it requires. */
export const exampleOf = (schema: z.ZodObject, ids: Ids): Json => new Examples(schema, ids).whole();

/** All that a schema requires. */
export const leastOf = (schema: z.ZodObject, ids: Ids): Json => new Examples(schema, ids).least();

/** What an operation's path holds. */
export function exampleParams(operation: Operation, ids: Ids): Json {
  return operation.params ? new Examples(operation.params, ids).whole() : {};
}
