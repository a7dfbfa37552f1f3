import { setTimeout as sleep } from 'node:timers/promises';

export type Json = Record<string, unknown>;

export interface Reply {
  status: number;
  headers: Headers;
  /** Empty where the reply is not JSON. */
  body: Json;
  text: string;
}

const POLL_MS = 25;

function asJson(value: unknown): Json {
  return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value)) : {};
}

/** The rows of a list reply. */
export function rowsOf(body: Json): Json[] {
  return Array.isArray(body['data']) ? body['data'].map(asJson) : [];
}

/** The `error` object of an error reply. */
export function errorOf(reply: Reply): Json {
  return asJson(reply.body['error']);
}

/** A field that is an object. */
export function objectOf(body: Json, name: string): Json {
  return asJson(body[name]);
}

/** Reads a response to its end. */
export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.split(';')[0] === 'application/json';
  const body = isJson && text !== '' ? asJson(JSON.parse(text)) : {};
  return { status: response.status, headers: response.headers, body, text };
}

/** Plain HTTP against a server under test: no client library between the rule and the wire. */
export class ApiClient {
  readonly url: string;
  readonly key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return replyOf(response);
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> {
    return this.call('POST', path, body, headers);
  }

  /** Asks again until the answer satisfies; the error shows the last one. */
  async until(path: string, done: (body: Json) => boolean, ms = 60_000): Promise<Json> {
    const end = Date.now() + ms;
    for (;;) {
      const { body } = await this.get(path);
      if (done(body)) return body;
      if (Date.now() > end) throw new Error(`${path} never got there: ${JSON.stringify(body)}`);
      await sleep(POLL_MS);
    }
  }
}

/** Uploads a form, as any client does. */
export async function upload(
  api: ApiClient,
  fields: Record<string, string | Blob>,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const authorization = `Bearer ${api.key}`;
  const init = { method: 'POST', headers: { authorization, ...headers }, body: form };
  return replyOf(await fetch(`${api.url}/v1/media`, init));
}
