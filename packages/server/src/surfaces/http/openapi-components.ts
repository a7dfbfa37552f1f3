import type { Json } from './openapi-schemas.ts';

export const ERROR_REF = { $ref: '#/components/schemas/Error' };
export const IDEMPOTENCY_REF = { $ref: '#/components/parameters/IdempotencyKey' };
export const RETRY_AFTER_REF = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };
/** What every authenticated reply carries. */
export const HEADER_REFS = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
};

const errorDetail: Json = {
  type: 'object',
  required: ['param', 'message'],
  properties: {
    param: { type: 'string', description: 'Which input; dots lead into objects.', examples: ['text.body'] },
    message: { type: 'string', description: 'What is wrong with it.', examples: ['unknown field'] },
  },
};

const errorEnvelope: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      description: 'What went wrong.',
      required: ['code', 'message', 'param', 'retryable', 'requestId', 'docs', 'details'],
      properties: {
        code: {
          type: 'string',
          description: 'Stable. Tolerate codes you do not know.',
          examples: ['VALIDATION_ERROR'],
        },
        message: { type: 'string', description: 'For people; may change.', examples: ['to: must be an E.164 number'] },
        param: { type: ['string', 'null'], description: 'The input it is about.', examples: ['to'] },
        retryable: { type: 'boolean', description: 'Whether the same request may succeed later.', examples: [false] },
        requestId: { type: 'string', description: 'Quote it when you ask for help.', examples: [example('req')] },
        docs: { type: 'string', description: 'A page about the code.', examples: ['/docs/errors#VALIDATION_ERROR'] },
        details: {
          type: 'array',
          description: 'Each finding by itself, where there are some.',
          items: { $ref: '#/components/schemas/ErrorDetail' },
        },
      },
    },
  },
};

function example(prefix: string): string {
  return `${prefix}_01jd8k3v5q7w9x2y4z6a8b0c1d`;
}

function header(description: string, value: string): Json {
  return { description, schema: { type: 'string' }, example: value };
}

const headers: Json = {
  RequestId: header('Id of this request in our log.', example('req')),
  RateLimit: header(
    'What is left of each policy: `r` requests for `t` seconds.',
    '"key";r=5999;t=60, "workspace";r=11999;t=21, "read";r=11999;t=42',
  ),
  RateLimitPolicy: header(
    'The policies that apply to this request, each with its limit: `q` requests in `w` seconds.',
    '"key";q=6000;w=60, "workspace";q=12000;w=60, "read";q=12000;w=60',
  ),
  RetryAfter: header('Seconds to wait before trying again.', '1'),
  Location: header('Path of what was made.', `/v1/messages/${example('msg')}`),
  IdempotencyReplayed: header('`true` on the stored answer to a repeated Idempotency-Key.', 'true'),
};

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Makes a retry safe: the same key and body get the first answer again, for 7 days.',
  example: 'order-12345',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

/** The `components` section around the schemas the operations use. */
export function components(schemas: Json): Json {
  return {
    securitySchemes: {
      apiKey: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'wap_…',
        description: 'The API key that was printed on first start.',
      },
      operatorKey: {
        type: 'http',
        scheme: 'bearer',
        description: 'The key in WAPING_OPERATOR_KEY. Without that setting the operator’s paths do not exist.',
      },
      session: {
        type: 'apiKey',
        in: 'cookie',
        name: 'waping_session',
        description:
          'The cookie of a person who signed in; behind TLS its name is `__Host-waping_session`. Writes also carry `X-Waping-Csrf: 1`.',
      },
    },
    parameters: { IdempotencyKey: idempotencyKey },
    headers,
    schemas: { ...schemas, Error: errorEnvelope, ErrorDetail: errorDetail },
  };
}
