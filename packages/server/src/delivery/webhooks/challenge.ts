import { challengeToken, changeWebhook, lockWebhook, type WebhookRow } from '../../features/webhooks/index.ts';
import type { Db } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import type { SafeFetch } from '../../platform/safe-fetch/index.ts';
import { type Outcome, post } from './post.ts';
import { type OpenSealed, secretsOf, signedHeaders } from './request.ts';
import { retryDelayMs } from './schedule.ts';
import { noteChallenge } from './store.ts';

/** A challenge is answered at once or not at all. */
const VALID_MS = 10 * 60_000;
/** More than any token; JSON around it included. */
const ANSWER_BYTES = 4_096;

interface ChallengeServices {
  db: Db;
  fetcher: SafeFetch;
  open: OpenSealed;
  signal: AbortSignal;
}

/** Whether an answer echoes the token: as it is, or as `challenge` of a JSON object. */
export function echoes(answer: string, token: string): boolean {
  const text = answer.trim();
  if (text === token) return true;
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && Reflect.get(value, 'challenge') === token;
  } catch {
    return false;
  }
}

async function ask(
  services: ChallengeServices,
  hook: WebhookRow,
  now: Date,
): Promise<{ outcome: Outcome; token: string }> {
  const { fetcher, open, signal } = services;
  const secrets = await secretsOf(open, hook, now);
  const until = new Date(now.getTime() + VALID_MS);
  const token = challengeToken(secrets[0] ?? '', { webhookId: hook.id, url: hook.url, until });
  const id = newId('evt');
  const body = Buffer.from(JSON.stringify({ id, type: 'webhook.challenge', challenge: token }));
  const headers = await signedHeaders(open, hook, { id, body, at: now, secrets });
  return { token, outcome: await post(fetcher, { url: hook.url, headers, body, keep: ANSWER_BYTES, signal }, now) };
}

/**
 * Has an endpoint show that its owner wants events there: it must echo a token signed with its secret. True when it did;
 * otherwise the next try is noted, on the schedule of deliveries.
 */
export async function challenge(services: ChallengeServices, hook: WebhookRow, now: Date): Promise<boolean> {
  const { outcome, token } = await ask(services, hook, now);
  if (services.signal.aborted) return false;
  const isAnswered = outcome.ok && echoes(outcome.answer ?? '', token);
  return services.db.tx(async (tx) => {
    const { workspace_id: workspaceId, id, url, probes } = hook;
    if (isAnswered) {
      const row = await lockWebhook(tx, workspaceId, id);
      // Another URL meanwhile: that one has not answered.
      if (row?.url !== url) return false;
      return (await changeWebhook(tx, row, { trigger: 'verified', now })) !== null;
    }
    const delay = retryDelayMs(probes);
    const probeAt = delay === null ? null : new Date(now.getTime() + delay);
    const error = `challenge: ${outcome.error ?? 'the answer does not echo it'}`;
    await noteChallenge(tx, { workspaceId, id, url, at: now, error, probeAt });
    return false;
  });
}
