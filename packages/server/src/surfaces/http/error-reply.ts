import { type ErrorCode, type ErrorDetail, WapingError } from '../../platform/errors.ts';

/** The error envelope every failed request gets. */
export interface ErrorEnvelope {
  error: {
    code: ErrorCode;
    message: string;
    param: string | null;
    retryable: boolean;
    requestId: string;
    docs: string;
    details: ErrorDetail[];
  };
}

// Fastify's own refusals, in our words. Anything else of Fastify with a 4xx status is the caller's mistake.
const FASTIFY: Record<string, [ErrorCode, string]> = {
  FST_ERR_BAD_URL: ['VALIDATION_ERROR', 'the path is not a valid URL: check its percent encoding'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND', 'nothing has an id this long'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'the body is larger than 1 MiB'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['VALIDATION_ERROR', 'the body does not have the length its header says'],
};

function field(error: unknown, name: 'code' | 'statusCode'): unknown {
  return error !== null && typeof error === 'object' && name in error ? Reflect.get(error, name) : undefined;
}

/** Maps whatever was thrown to what a caller may see. Internals become SERVER_ERROR without their text. `upload`: of a route that takes a form. */
export function toWapingError(error: unknown, upload = false): WapingError {
  if (error instanceof WapingError) return error;
  if (upload && field(error, 'statusCode') === 415)
    return new WapingError('UNSUPPORTED_MEDIA_TYPE', 'send the body as multipart/form-data', { cause: error });
  const known = FASTIFY[String(field(error, 'code'))];
  if (known) return new WapingError(known[0], known[1], { cause: error });
  const status = field(error, 'statusCode');
  if (status === 400)
    return new WapingError('VALIDATION_ERROR', 'the body is not valid JSON', { param: 'body', cause: error });
  if (status === 413) return new WapingError('PAYLOAD_TOO_LARGE', 'the request is too large', { cause: error });
  if (status === 415)
    return new WapingError('UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json', { cause: error });
  return new WapingError('SERVER_ERROR', 'an internal error occurred; quote the request id', {
    retryable: true,
    cause: error,
  });
}

export function envelope(error: WapingError, requestId: string): ErrorEnvelope {
  return {
    error: {
      code: error.code,
      message: error.message,
      param: error.param ?? null,
      retryable: error.retryable,
      requestId,
      docs: `/docs/errors#${error.code}`,
      details: error.details,
    },
  };
}
