import type { z } from 'zod';
import type { Operation } from '../../operations/define.ts';
import { registry } from '../../operations/registry.ts';
import { ERROR_CODES, type ErrorCode } from '../../platform/errors.ts';
import { EVENT_STREAM } from '../../platform/sse.ts';
import { authRoutes } from './auth/register.ts';
import { components, ERROR_REF, HEADER_REFS, IDEMPOTENCY_REF, RETRY_AFTER_REF } from './openapi-components.ts';
import { INTRODUCTION, TAGS } from './openapi-prose.ts';
import { asType, type Json, SchemaCatalogue } from './openapi-schemas.ts';
import { webhooks } from './openapi-webhooks.ts';

/** Errors any authenticated operation may answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
];
/** Whatever it takes: a body may be sent, and is looked at before the operation. */
const BODY_ERRORS: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
/** Whatever honours an Idempotency-Key: it may have been used with another body, or its first request still runs. */
const IDEMPOTENCY_ERRORS: readonly ErrorCode[] = ['IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_IN_PROGRESS'];
const MAY_RETRY: ReadonlySet<number> = new Set([429, 503]);

/** What is described: an operation, or a route of signing in. */
type Described = Omit<Operation, 'run' | 'scope' | 'roles' | 'mutates' | 'oneStep'>;

function parameters(operation: Described, schemas: SchemaCatalogue): Json[] {
  const of = (schema: z.ZodObject | undefined, place: 'path' | 'query' | 'header'): Json[] =>
    Object.entries(schema?.shape ?? {}).map(([name, field]) => {
      const { description, examples, ...rest } = schemas.inline(asType(field), 'input');
      const required = place === 'path' || !asType(field).safeParse(undefined).success;
      const example = Array.isArray(examples) && place === 'path' ? { example: examples[0] } : {};
      return { name, in: place, required, ...(description ? { description } : {}), ...example, schema: rest };
    });
  const list = [...of(operation.params, 'path'), ...of(operation.query, 'query'), ...of(operation.headers, 'header')];
  if (operation.idempotent) list.push(IDEMPOTENCY_REF);
  return list;
}

function success(operation: Described, schemas: SchemaCatalogue): Json {
  const headers: Json = { ...HEADER_REFS };
  if (operation.location) headers.Location = { $ref: '#/components/headers/Location' };
  if (operation.idempotent) headers['Idempotency-Replayed'] = { $ref: '#/components/headers/IdempotencyReplayed' };
  if (operation.http.status === 204) return { description: 'Done. No body.', headers };
  const schema = schemas.use(operation.output, 'output');
  const content: Json = operation.rawOnly ? {} : { 'application/json': { schema } };
  for (const type of operation.produces ?? []) content[type] = { schema: rawSchema(type, schema) };
  return { description: SUCCESS[operation.http.status], headers, content };
}

/** Text where it is text; of JSON Lines, what each line is; of a stream of events, what the data of each is. */
function rawSchema(type: string, row: Json): Json {
  if (type === 'application/jsonl') return { type: 'string', contentMediaType: type, contentSchema: row };
  if (type === EVENT_STREAM) return { type: 'string', contentMediaType: 'application/json', contentSchema: row };
  return type.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' };
}

const SUCCESS: Record<Operation['http']['status'], string> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted: it goes on by itself.',
  204: 'Done. No body.',
};

function responses(operation: Described, schemas: SchemaCatalogue): Json {
  const out: Json = { [operation.http.status]: success(operation, schemas) };
  for (const [status, description] of Object.entries(operation.rawStatuses ?? {}))
    out[status] = { description, headers: HEADER_REFS };
  const codes = new Set([
    ...COMMON_ERRORS,
    ...(operation.http.method === 'GET' ? [] : BODY_ERRORS),
    ...(operation.idempotent ? IDEMPOTENCY_ERRORS : []),
    ...operation.errors,
  ]);
  for (const status of new Set([...codes].map((code) => ERROR_CODES[code]).sort((a, b) => a - b))) {
    const here = [...codes].filter((code) => ERROR_CODES[code] === status);
    out[status] = {
      description: here.map((code) => `[${code}](/docs/errors#${code})`).join(', '),
      headers: { 'X-Request-Id': HEADER_REFS['X-Request-Id'], ...(MAY_RETRY.has(status) ? RETRY_AFTER_REF : {}) },
      content: { 'application/json': { schema: ERROR_REF } },
    };
  }
  return out;
}

function describe(operation: Described, notes: string, schemas: SchemaCatalogue): Json {
  const bodyType = operation.upload ? 'multipart/form-data' : 'application/json';
  const body = operation.body && { [bodyType]: { schema: schemas.use(operation.body, 'input') } };
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description ? `${operation.description}\n\n${notes}` : notes,
    parameters: parameters(operation, schemas),
    ...(body ? { requestBody: { required: true, content: body } } : {}),
    responses: responses(operation, schemas),
  };
}

/** The OpenAPI 3.1 description, made from the schemas that validate. Throws when two schemas share a name. */
export function buildOpenApi(version: string): Json {
  const schemas = new SchemaCatalogue();
  const paths: Record<string, Json> = {};
  for (const operation of registry) {
    const path = paths[operation.http.path] ?? {};
    const isOperator = operation.audience === 'operator';
    const scope = operation.everyKey ? 'Any key, whatever its scopes' : `Scope \`${operation.scope}\``;
    const devices = operation.perDevice ? '' : ' Not for keys limited to devices.';
    const rights = `${scope}. Roles: ${operation.roles.join(', ')}.${devices}`;
    path[operation.http.method.toLowerCase()] = {
      ...describe(operation, isOperator ? 'Takes the operator key.' : rights, schemas),
      ...(isOperator ? { security: [{ operatorKey: [] }] } : {}),
    };
    paths[operation.http.path] = path;
  }
  for (const route of authRoutes) {
    const notes = route.access === 'public' ? 'Needs no credentials.' : 'For people who are signed in, of any role.';
    const security = route.access === 'public' ? [] : [{ session: [] }];
    const method = route.http.method.toLowerCase();
    paths[route.http.path] = { ...paths[route.http.path], [method]: { ...describe(route, notes, schemas), security } };
  }
  const events = webhooks(schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'WAPing',
      version,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { session: [] }],
    tags: [...new Set([...registry, ...authRoutes].map(({ tag }) => tag))].map((name) => ({
      name,
      description: TAGS[name],
    })),
    paths,
    webhooks: events,
    components: components(schemas.all()),
  };
}
