/** The closed list of error codes a caller can meet. The code is the contract; the text may change. */
export const ERROR_CODES = {
  VALIDATION_ERROR: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  QUOTA_EXCEEDED: 403,
  RECIPIENT_OPTED_OUT: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  IDEMPOTENCY_CONFLICT: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  SESSION_DISCONNECTED: 409,
  CONFLICT: 409,
  CURSOR_EXPIRED: 410,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One finding inside an error: which input it is about and what is wrong with it. */
export interface ErrorDetail {
  param: string;
  message: string;
}

/** What may accompany an error. `retryAfter` is in whole seconds and becomes the `Retry-After` header. */
export interface ErrorOptions {
  param?: string;
  retryable?: boolean;
  retryAfter?: number;
  details?: ErrorDetail[];
  cause?: unknown;
}

/** The one error class that reaches a caller. Anything else is reported as SERVER_ERROR without its text. */
export class WapingError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly details: ErrorDetail[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WapingError';
    this.code = code;
    this.param = options.param;
    this.retryable = options.retryable ?? (code === 'RATE_LIMITED' || code === 'SERVICE_UNAVAILABLE');
    this.retryAfter = options.retryAfter;
    this.details = options.details ?? [];
  }

  get status(): number {
    return ERROR_CODES[this.code];
  }
}

/** A start-up fault a person must mend: what is wrong and what to do. Printed by the CLI without a stack. */
export class StartupError extends Error {
  readonly cure: string;

  constructor(message: string, cure: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StartupError';
    this.cure = cure;
  }
}
