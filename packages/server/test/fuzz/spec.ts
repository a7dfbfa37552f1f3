import { type Json, objectOf } from '../kit/api.ts';

export const asJson = (value: unknown): Json => objectOf({ value }, 'value');
export const asList = (value: unknown): Json[] => (Array.isArray(value) ? value.map(asJson) : []);

/** A parameter of a path, a query or a header. */
export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: Json;
}

/** One operation as the description tells of it. */
export interface Described {
  id: string;
  method: string;
  path: string;
  parameters: Parameter[];
  /** Schema of the JSON body; null where it takes none. */
  body: Json | null;
  /** Replies by status. */
  responses: Json;
  access: 'tenant' | 'person' | 'operator' | 'public';
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** An OpenAPI document, its references followed. */
export class Description {
  readonly document: Json;
  readonly operations: readonly Described[];

  constructor(document: Json) {
    this.document = document;
    this.operations = Object.entries(asJson(document['paths'])).flatMap(([path, methods]) =>
      Object.entries(asJson(methods)).flatMap(([method, value]) =>
        METHODS.has(method) ? [this.#describe(path, method, asJson(value))] : [],
      ),
    );
  }

  /** The schema itself, or what its reference points at. */
  follow(schema: Json): Json {
    const ref = schema['$ref'];
    if (typeof ref !== 'string') return schema;
    let at: Json = this.document;
    for (const part of ref.slice(2).split('/')) at = asJson(at[part]);
    return at;
  }

  #describe(path: string, method: string, spec: Json): Described {
    const parameters = asList(spec['parameters']).map((given) => {
      const one = this.follow(given);
      const schema = {
        ...asJson(one['schema']),
        ...(one['example'] === undefined ? {} : { examples: [one['example']] }),
      };
      return { name: String(one['name']), in: String(one['in']), required: one['required'] === true, schema };
    });
    const json = asJson(asJson(asJson(spec['requestBody'])['content'])['application/json']);
    return {
      id: String(spec['operationId']),
      method: method.toUpperCase(),
      path,
      parameters,
      body: json['schema'] === undefined ? null : this.follow(asJson(json['schema'])),
      responses: asJson(spec['responses']),
      access: accessOf(spec['security']),
    };
  }
}

function accessOf(security: unknown): Described['access'] {
  if (security === undefined) return 'tenant';
  const schemes = asList(security).flatMap((one) => Object.keys(one));
  if (schemes.length === 0) return 'public';
  if (schemes.includes('operatorKey')) return 'operator';
  return schemes.includes('apiKey') ? 'tenant' : 'person';
}
