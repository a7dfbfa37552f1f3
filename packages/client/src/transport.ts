import { WapingApiError } from './error.ts';
import { readEvents, type StreamEvent } from './event-stream.ts';
import { type RetryRules, withRetries } from './retry.ts';

export type { StreamEvent } from './event-stream.ts';

export interface WapingOptions {
  /** Address of the server, such as `http://127.0.0.1:3000`. */
  url: string;
  /** `wap_…`; for operations of the operator, the operator key. */
  apiKey: string;
  /** Milliseconds one try may take. Default 30,000. Streams of events have no such end. */
  timeoutMs?: number;
  /** Further tries of a request that may be repeated. Default 3. */
  retries?: number;
  /** Longest pause that a `Retry-After` may ask for, in milliseconds; beyond it the error is thrown. Default 60,000. */
  maxWaitMs?: number;
}

/** What a single call may have of its own. */
export interface CallOptions {
  /** Ends the call and its retries. */
  signal?: AbortSignal | undefined;
  /** Milliseconds one try may take, in place of the client's. */
  timeoutMs?: number | undefined;
}

/** For operations that create. */
export interface CreateOptions extends CallOptions {
  /** Marks the request: a retry with the same key does nothing twice. Default: a fresh one for each call, kept over its own retries. */
  idempotencyKey?: string | undefined;
}

/** Bytes to upload. A stream is read once, so a call with one is tried once. */
export type RequestBody = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** One request, as the generated methods describe it. */
export interface Request {
  method: string;
  path: string;
  query?: object;
  body?: unknown;
  idempotent?: true;
  /** Media type asked for. */
  accept?: string;
}

/** Whether the same request may go out again without doing anything twice. */
const isRepeatable = ({ method, idempotent, body }: Request): boolean =>
  !(body instanceof ReadableStream) && (method === 'GET' || idempotent === true);

/** A part of a path. */
export const segment = (text: string): string => encodeURIComponent(text);

function searchOf(query: object | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function bodyOf(body: unknown): {
  body?: NonNullable<RequestInit['body']>;
  duplex?: 'half';
  headers: Record<string, string>;
} {
  if (body === undefined) return { headers: {} };
  if (body instanceof ReadableStream) return { body, duplex: 'half', headers: {} };
  if (body instanceof Blob || body instanceof Uint8Array) return { body, headers: {} };
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

const given = ({ signal }: CallOptions): AbortSignal[] => (signal ? [signal] : []);

// Made once for each call: its retries are the same request to the server.
function keyOf({ idempotent }: Request, { idempotencyKey }: CreateOptions): string | null {
  return idempotent ? (idempotencyKey ?? crypto.randomUUID()) : null;
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

// The server writes replies with serializers compiled from the schemas these types are made from.
function trusted<T>(value: unknown): T {
  return value as T;
}

/** HTTP with the API's rules: a key in the header, typed errors, retries only where they are safe. */
export class Transport {
  readonly #url: string;
  readonly #apiKey: string;
  readonly #timeoutMs: number;
  readonly #rules: RetryRules;

  constructor(options: WapingOptions) {
    this.#url = options.url.replace(/\/+$/, '');
    this.#apiKey = options.apiKey;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#rules = { retries: options.retries ?? 3, maxWaitMs: options.maxWaitMs ?? 60_000 };
  }

  /** A call that answers JSON, or nothing. */
  call<T>(request: Request, options: CreateOptions): Promise<T> {
    const key = keyOf(request, options);
    return this.#repeat(request, options, async () => {
      const signal = AbortSignal.any([...given(options), AbortSignal.timeout(options.timeoutMs ?? this.#timeoutMs)]);
      const response = await this.#send(request, key, signal);
      return trusted<T>(parseJson(await response.text()));
    });
  }

  /** A call whose reply is taken as it comes, with a time limit until it begins. Read its body, or cancel it. */
  raw(request: Request, options: CreateOptions): Promise<Response> {
    const key = keyOf(request, options);
    return this.#repeat(request, options, async () => {
      const late = new AbortController();
      const reason = new DOMException('the server did not answer in time', 'TimeoutError');
      const timer = setTimeout(() => late.abort(reason), options.timeoutMs ?? this.#timeoutMs);
      try {
        return await this.#send(request, key, AbortSignal.any([...given(options), late.signal]));
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /** A stream of events, to its end; leave the loop to close it. What breaks off midway throws. */
  async *stream<T>(request: Request, options: CallOptions): AsyncGenerator<StreamEvent<T>> {
    const response = await this.raw({ ...request, accept: 'text/event-stream' }, options);
    if (response.body) yield* readEvents<T>(response.body);
  }

  #repeat<T>(request: Request, { signal }: CallOptions, run: () => Promise<T>): Promise<T> {
    return withRetries(run, { ...this.#rules, isRepeatable: isRepeatable(request), signal });
  }

  async #send(request: Request, key: string | null, signal: AbortSignal): Promise<Response> {
    const { headers, ...sent } = bodyOf(request.body);
    const response = await fetch(`${this.#url}${request.path}${searchOf(request.query)}`, {
      method: request.method,
      headers: {
        authorization: `Bearer ${this.#apiKey}`,
        accept: request.accept ?? 'application/json',
        ...headers,
        ...(key === null ? {} : { 'idempotency-key': key }),
      },
      ...sent,
      redirect: 'error',
      signal,
    });
    if (response.ok) return response;
    throw new WapingApiError(response.status, parseJson(await response.text()), response.headers.get('retry-after'));
  }
}
