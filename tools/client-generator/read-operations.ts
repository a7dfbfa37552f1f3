import { asJson, asList, asText, type Json } from './json.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const EVENT_STREAM = 'text/event-stream';

export interface QueryParameter {
  name: string;
  required: boolean;
  description: string;
  schema: unknown;
}

/** An operation as a method of the client needs it. */
export interface ClientOperation {
  /** `resource.verb` */
  id: string;
  resource: string;
  verb: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  /** Names in the path, in order. */
  params: string[];
  query: QueryParameter[];
  /** Schema of the JSON body; null where it takes none. */
  body: unknown;
  /** Media types of a body that is not JSON. */
  rawBody: string[];
  /** Schema of the JSON reply; null where there is none. */
  output: unknown;
  /** Media types of a reply that is not JSON, streams of events aside. */
  rawOutput: string[];
  /** Schema of the data of each event; null where the reply is no stream. */
  events: unknown;
  idempotent: boolean;
  isPage: boolean;
}

function follow(document: Json, given: unknown): Json {
  const ref = asText(asJson(given)['$ref']);
  if (ref === '') return asJson(given);
  return ref
    .slice(2)
    .split('/')
    .reduce((at, part) => asJson(at[part]), document);
}

/** Whether a program with a key may call it; routes of signing in take a browser's cookie. */
function isForKeys(spec: Json): boolean {
  const { security } = spec;
  if (security === undefined) return true;
  return asList(security).some((one) => 'operatorKey' in asJson(one) || 'apiKey' in asJson(one));
}

function read(document: Json, path: string, method: string): ClientOperation {
  const spec = asJson(asJson(asJson(document['paths'])[path])[method]);
  const id = asText(spec['operationId']);
  const [resource = '', verb = ''] = id.split('.');
  const parameters = asList(spec['parameters']).map((one) => follow(document, one));
  const [, success] = Object.entries(asJson(spec['responses'])).find(([status]) => status.startsWith('2')) ?? [];
  const replies = asJson(asJson(success)['content']);
  const bodies = asJson(asJson(spec['requestBody'])['content']);
  const output = asJson(replies['application/json'])['schema'] ?? null;
  const query = parameters.filter((one) => one['in'] === 'query');
  const isPage = query.some((one) => one['name'] === 'cursor') && output !== null;
  return {
    id,
    resource,
    verb,
    method: method.toUpperCase(),
    path,
    summary: asText(spec['summary']),
    description: asText(spec['description']),
    params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    query: query.map((one) => ({
      name: asText(one['name']),
      required: one['required'] === true,
      description: asText(one['description']),
      schema: one['schema'],
    })),
    body: asJson(bodies['application/json'])['schema'] ?? null,
    rawBody: Object.keys(bodies).filter((type) => type !== 'application/json'),
    output,
    rawOutput: Object.keys(replies).filter((type) => type !== 'application/json' && type !== EVENT_STREAM),
    events: asJson(asJson(replies[EVENT_STREAM])['schema'])['contentSchema'] ?? null,
    idempotent: parameters.some((one) => one['in'] === 'header' && one['name'] === 'Idempotency-Key'),
    isPage,
  };
}

/** Every operation a key can call, in the order of the description. */
export function readOperations(document: Json): ClientOperation[] {
  return Object.entries(asJson(document['paths'])).flatMap(([path, methods]) =>
    METHODS.filter((method) => method in asJson(methods))
      .filter((method) => isForKeys(asJson(asJson(methods)[method])))
      .map((method) => read(document, path, method)),
  );
}
