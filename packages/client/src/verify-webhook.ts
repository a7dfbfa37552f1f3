/** What arrived is not, or not surely, from your gateway: answer 400 and do nothing with it. */
export class WebhookVerificationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WebhookVerificationError';
  }
}

/** What a webhook sends: the envelope of every event. */
export interface WebhookEvent {
  /** The same for every attempt: by it you know an event you have had. */
  id: string;
  type: string;
  createdAt: string;
  workspaceId: string;
  deviceId: string | null;
  /** Grows with every event; of one device, in the order things happened. */
  sequence: number;
  apiVersion: string;
  data: Record<string, unknown>;
}

/** Headers as any server hands them over: an object by lower-case names, or the `Headers` of fetch. */
export type WebhookHeaders =
  | Readonly<Record<string, string | string[] | undefined>>
  | { get(name: string): string | null };

export interface WebhookRequest {
  /** The body as it came, not parsed and written again: one other space and the signature is wrong. */
  body: string | Uint8Array;
  headers: WebhookHeaders;
  /** The secret of the endpoint, or several of them while you change over from one to another. */
  secret: string | readonly string[];
  /** Seconds by which the time of sending may lie off your clock; 300 unless another is given. */
  toleranceSeconds?: number;
  /** Milliseconds since 1970, for tests; the clock unless given. */
  now?: number;
}

const PREFIX = 'whsec_';
const TOLERANCE_SECONDS = 300;

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isHeaders(headers) ? headers.get(name) : headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  if (!text) throw new WebhookVerificationError(`the header ${name} is missing`);
  return text;
}

function isHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers['get'] === 'function';
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    throw new WebhookVerificationError('the secret is none: it begins with whsec_');
  }
}

async function macOf(secret: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = bytesOf(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', imported, content));
  return btoa(String.fromCharCode(...mac));
}

/** Takes the same time wherever two texts differ. */
function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

function checkTime(
  timestamp: string,
  { now = Date.now(), toleranceSeconds = TOLERANCE_SECONDS }: WebhookRequest,
): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('webhook-timestamp is no time');
  const off = Math.abs(Math.floor(now / 1_000) - Number(timestamp));
  if (off > toleranceSeconds) throw new WebhookVerificationError(`webhook-timestamp lies ${off} seconds off`);
}

function contentOf(head: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const [first, rest] = [encoder.encode(head), typeof body === 'string' ? encoder.encode(body) : body];
  const content = new Uint8Array(first.length + rest.length);
  content.set(first);
  content.set(rest, first.length);
  return content;
}

/** Whether one of the signatures is by one of the secrets. Each is compared: the time tells nothing of which was close. */
async function isSigned(signatures: readonly string[], secrets: readonly string[], content: Uint8Array<ArrayBuffer>) {
  let found = false;
  for (const secret of secrets) {
    const expected = `v1,${await macOf(secret, content)}`;
    for (const signature of signatures) if (isSame(signature, expected)) found = true;
  }
  return found;
}

/**
 * Checks that a request comes from your gateway, unchanged and lately (Standard Webhooks 1.0), and answers its event.
 * A challenge passes too: its `type` is `webhook.challenge`, and your answer has to echo its `challenge`.
 * Rejects with WebhookVerificationError.
 */
export async function verifyWebhook(request: WebhookRequest): Promise<WebhookEvent & { challenge?: string }> {
  const { body, headers, secret } = request;
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ');
  checkTime(timestamp, request);
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (!(await isSigned(signatures, secrets, contentOf(`${id}.${timestamp}.`, body))))
    throw new WebhookVerificationError('no signature is by this secret');
  return asEvent(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

// The signature shows that the gateway wrote it, and this is what the gateway writes.
function asEvent(text: string): WebhookEvent & { challenge?: string } {
  return JSON.parse(text);
}
