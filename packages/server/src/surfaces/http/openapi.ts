import { z } from 'zod';
import { eventSchema } from '../../features/events/index.ts';
import type { Operation } from '../../operations/define.ts';
import { registry } from '../../operations/registry.ts';
import { ERROR_CODES, type ErrorCode } from '../../platform/errors.ts';
import { EVENT_TYPES } from './event-types.ts';

type Json = Record<string, unknown>;

/** Errors any authenticated operation may answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
];

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const {
    $schema: _dialect,
    id: _id,
    ...rest
  } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return rest;
}

function parameters(operation: Operation): Json[] {
  const of = (schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] =>
    Object.entries(schema?.shape ?? {}).map(([name, field]) => {
      const { description, ...rest } = jsonSchema(asType(field), 'input');
      const required = place === 'path' || !asType(field).safeParse(undefined).success;
      return { name, in: place, required, ...(description ? { description } : {}), schema: rest };
    });
  const list = [...of(operation.params, 'path'), ...of(operation.query, 'query')];
  if (operation.idempotent) list.push({ $ref: '#/components/parameters/IdempotencyKey' });
  return list;
}

// zod types a shape's values as its core type; every one of ours is made with the classic builder.
function asType(field: unknown): z.ZodType {
  return field as z.ZodType;
}

function responses(operation: Operation): Json {
  const out: Json = {};
  const success: Json = { description: operation.summary };
  if (operation.http.status !== 204) {
    const content: Json = { 'application/json': { schema: jsonSchema(operation.output, 'output') } };
    for (const type of operation.produces ?? []) content[type] = { schema: { type: 'string', format: 'binary' } };
    success.content = content;
  }
  if (operation.location) success.headers = { Location: { schema: { type: 'string' }, description: 'Where it is.' } };
  out[operation.http.status] = success;
  const codes = [...new Set([...COMMON_ERRORS, ...operation.errors])];
  for (const status of [...new Set(codes.map((code) => ERROR_CODES[code]))].sort()) {
    const here = codes.filter((code) => ERROR_CODES[code] === status);
    out[status] = {
      description: here.join(', '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
  return out;
}

function describe(operation: Operation): Json {
  const notes = `Scope \`${operation.scope}\`. Roles: ${operation.roles.join(', ')}.`;
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description ? `${operation.description}\n\n${notes}` : notes,
    parameters: parameters(operation),
    ...(operation.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(operation.body, 'input') } },
          },
        }
      : {}),
    responses: responses(operation),
  };
}

const errorSchema: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'param', 'retryable', 'requestId', 'docs', 'details'],
      properties: {
        code: {
          type: 'string',
          description: 'Stable. Tolerate codes you do not know.',
          examples: ['VALIDATION_ERROR'],
        },
        message: { type: 'string' },
        param: { type: ['string', 'null'], description: 'The input it is about.' },
        retryable: { type: 'boolean' },
        requestId: { type: 'string' },
        docs: { type: 'string' },
        details: {
          type: 'array',
          items: { type: 'object', properties: { param: { type: 'string' }, message: { type: 'string' } } },
        },
      },
    },
  },
};

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Makes a retry safe: the same key and body get the first answer again, for 7 days.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function webhooks(): Json {
  const schema = jsonSchema(eventSchema, 'output');
  return Object.fromEntries(
    Object.entries(EVENT_TYPES).map(([type, summary]) => [
      type,
      {
        post: {
          operationId: `event.${type}`,
          tags: ['Events'],
          summary,
          requestBody: { content: { 'application/json': { schema } } },
          responses: { '200': { description: 'Taken.' } },
        },
      },
    ]),
  );
}

/** The OpenAPI 3.1 description, made from the schemas that validate. */
export function buildOpenApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const operation of registry) {
    const path = paths[operation.http.path] ?? {};
    path[operation.http.method.toLowerCase()] = describe(operation);
    paths[operation.http.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'WAPing',
      version,
      description: 'Link WhatsApp numbers by QR, send and receive over one API. Every state can be explained.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags: [...new Set(registry.map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    webhooks: webhooks(),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'wap_…' } },
      parameters: { IdempotencyKey: idempotencyKey },
      schemas: { Error: errorSchema },
    },
  };
}
