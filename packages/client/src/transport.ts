import { WapingApiError } from './error.ts';

export interface WapingOptions {
  /** Address of the server, such as `http://127.0.0.1:3000`. */
  url: string;
  /** `wap_…` */
  apiKey: string;
  /** Milliseconds one try may take. Default 30,000. */
  timeoutMs?: number;
  /** Further tries of a request that is safe to repeat. Default 3. */
  retries?: number;
}

const BASE_MS = 250;
const CAP_MS = 10_000;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Worth another try: the network failed, or the server said "not now". */
function isPassing(error: unknown): boolean {
  if (!(error instanceof WapingApiError)) return true;
  return error.status === 429 || error.status >= 500 || error.code === 'IDEMPOTENCY_IN_PROGRESS';
}

function pause(error: unknown, attempt: number): number {
  if (error instanceof WapingApiError && error.retryAfter !== null) return error.retryAfter * 1000;
  return Math.min(CAP_MS, BASE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** HTTP with the API's rules: a key in the header, typed errors, retries only where they are safe. */
export class Transport {
  readonly #options: Required<WapingOptions>;

  constructor(options: WapingOptions) {
    this.#options = { timeoutMs: 30_000, retries: 3, ...options, url: options.url.replace(/\/+$/, '') };
  }

  get<T>(path: string, query: object = {}): Promise<T> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    const text = search.toString();
    return this.#repeat(() => this.#once<T>('GET', text === '' ? path : `${path}?${text}`));
  }

  /** A creating POST, repeatable because of its key. */
  create<T>(path: string, body: unknown, key: string = crypto.randomUUID()): Promise<T> {
    return this.#repeat(() => this.#once<T>('POST', path, body, { 'idempotency-key': key }));
  }

  /** A request that is tried once. */
  send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.#once(method, path, body);
  }

  async #repeat<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (attempt >= this.#options.retries || !isPassing(error)) throw error;
        await sleep(pause(error, attempt));
      }
    }
  }

  async #once<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.#options.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#options.apiKey}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
    const text = await response.text();
    const parsed = parseJson(text);
    if (!response.ok) throw new WapingApiError(response.status, parsed, response.headers.get('retry-after'));
    return trusted<T>(parsed);
  }
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

// The server writes replies with serializers compiled from the schemas these types follow.
function trusted<T>(value: unknown): T {
  return value as T;
}
