import { setTimeout as sleep } from 'node:timers/promises';

const CALL_MS = 30_000;
const POLL_MS = 50;

const limits = () => ({ signal: AbortSignal.timeout(CALL_MS) });

/** The demo's view of the API: what any program would write with fetch. */
export class DemoClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<DemoReply> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...this.#headers(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...limits(),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return { status: response.status, headers: response.headers, data: asRecord(answer) };
  }

  /** Uploads a file as a form does. */
  async upload(path: string, file: Buffer, name: string): Promise<Record<string, unknown>> {
    const body = new FormData();
    body.set('file', new Blob([new Uint8Array(file)]), name);
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: this.#headers(),
      body,
      ...limits(),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return asRecord(answer);
  }

  /** The bytes of a file. */
  async bytes(path: string): Promise<Buffer> {
    const response = await fetch(`${this.#url}${path}`, { headers: this.#headers(), ...limits() });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#key}` };
  }

  /** Asks again until `done` is content with the answer. */
  async until(
    path: string,
    done: (data: Record<string, unknown>) => boolean,
    ms = CALL_MS,
  ): Promise<Record<string, unknown>> {
    const end = Date.now() + ms;
    for (;;) {
      const { data } = await this.call('GET', path);
      if (done(data)) return data;
      if (Date.now() > end) throw new Error(`${path} did not get there in ${ms / 1000} s: ${JSON.stringify(data)}`);
      await sleep(POLL_MS);
    }
  }
}

export interface DemoReply {
  status: number;
  headers: Headers;
  data: Record<string, unknown>;
}

/** A JSON object's fields; anything else has none. */
export function asRecord(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value)) : {};
}

/** The rows of a list reply. */
export function rows(data: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(data.data) ? data.data.map(asRecord) : [];
}
