import type { ErrorCode } from './generated/names.ts';

export interface ErrorDetail {
  /** Which input; dots lead into objects. */
  param: string;
  message: string;
}

function field(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined;
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function detailsOf(value: unknown): ErrorDetail[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry) => ({
    param: text(field(entry, 'param')) ?? '',
    message: text(field(entry, 'message')) ?? '',
  }));
}

/** What the API answered instead of a result. `code` is the contract; tolerate codes you do not know. */
export class WapingApiError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** One of `ErrorCode`, or of a newer server. */
  readonly code: string;
  /** The input it is about. */
  readonly param: string | null;
  readonly retryable: boolean;
  /** Quote it to whoever runs the server: their log has the rest. */
  readonly requestId: string | null;
  readonly details: ErrorDetail[];
  /** Path of a page about the code, on the server. */
  readonly docs: string | null;
  /** Seconds to wait before the next try, where the server said so. */
  readonly retryAfter: number | null;

  constructor(status: number, body: unknown, retryAfter: string | null) {
    const error = field(body, 'error');
    super(text(field(error, 'message')) ?? `the server answered ${status}`);
    this.name = 'WapingApiError';
    this.status = status;
    this.code = text(field(error, 'code')) ?? 'UNKNOWN';
    this.param = text(field(error, 'param'));
    this.retryable = field(error, 'retryable') === true;
    this.requestId = text(field(error, 'requestId'));
    this.details = detailsOf(field(error, 'details'));
    this.docs = text(field(error, 'docs'));
    this.retryAfter = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
  }

  /** Whether it is an error of this code. */
  is(code: ErrorCode): boolean {
    return this.code === code;
  }
}

/** Whether something caught is an answer of the API, of this code where one is given. */
export function isWapingError(error: unknown, code?: ErrorCode): error is WapingApiError {
  return error instanceof WapingApiError && (code === undefined || error.is(code));
}
