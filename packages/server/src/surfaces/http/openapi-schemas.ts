import { z } from 'zod';
import { canonicalJson } from '../../operations/idempotency/key.ts';

export type Json = Record<string, unknown>;
type Io = 'input' | 'output';

/** The named schemas of a description: each is written once and pointed to from wherever it is used. */
export class SchemaCatalogue {
  readonly #named = new Map<string, Json>();

  /** A schema as it stands; the named ones inside it become references. */
  inline(schema: z.ZodType, io: Io): Json {
    const {
      $schema: _dialect,
      $defs,
      ...rest
    } = asJson(
      z.toJSONSchema(schema, {
        target: 'draft-2020-12',
        io,
        unrepresentable: 'any',
        override: ({ jsonSchema }) => simplify(jsonSchema, io),
      }),
    );
    for (const [name, definition] of Object.entries(asJson($defs))) this.#add(name, asJson(definition));
    return pointAtComponents(rest);
  }

  /** A reference where the schema has a name of its own (`.meta({ id })`), the schema itself where it has none. */
  use(schema: z.ZodType, io: Io): Json {
    const json = this.inline(schema, io);
    if (typeof json.id !== 'string') return json;
    this.#add(json.id, json);
    return { $ref: `#/components/schemas/${json.id}` };
  }

  all(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #add(name: string, definition: Json): void {
    const { id: _id, ...schema } = pointAtComponents(definition);
    const known = this.#named.get(name);
    if (known && canonicalJson(known) !== canonicalJson(schema)) throw new Error(`two schemas are named ${name}`);
    this.#named.set(name, schema);
  }
}

// For readers and code generators. Replies stay open: a client must take fields it does not know.
function simplify(schema: z.core.JSONSchema.BaseSchema, io: Io): void {
  if (schema.format === 'date-time') delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

function asJson(value: unknown): Json {
  return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value)) : {};
}

function pointAtComponents(schema: Json): Json {
  return asJson(JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')));
}

/** zod types a shape's values as its core type; every one of ours is made with the classic builder. */
export function asType(field: unknown): z.ZodType {
  return field as z.ZodType;
}
