import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new signing secret: `whsec_` and 32 random bytes in Base64, as Standard Webhooks 1.0 writes it. */
export function mintSigningSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

const keyOf = (secret: string): Buffer =>
  Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, 'base64');

export interface SignedContent {
  /** `webhook-id`: the same for every attempt of one event. */
  id: string;
  at: Date;
  body: Uint8Array;
}

/**
 * The three headers of Standard Webhooks 1.0, with a signature by each secret, the current one first:
 * `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`.
 */
export function signatureHeaders(secrets: readonly string[], content: SignedContent): Record<string, string> {
  const timestamp = String(Math.floor(content.at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', keyOf(secret)).update(`${content.id}.${timestamp}.`).update(content.body);
    return `v1,${mac.digest('base64')}`;
  });
  return { 'webhook-id': content.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** A challenge that only who holds the secret can have made: for one endpoint at one URL, until a time. */
export function challengeToken(secret: string, of: { webhookId: string; url: string; until: Date }): string {
  const head = `${of.webhookId}.${Math.floor(of.until.getTime() / 1_000)}`;
  const mac = createHmac('sha256', keyOf(secret)).update(`${head}.${of.url}`).digest('base64url');
  return `${head}.${mac}`;
}
