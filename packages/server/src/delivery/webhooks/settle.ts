import { attemptJson, changeWebhook, PROBE_EVERY_MS, type WebhookRow } from '../../features/webhooks/index.ts';
import type { Tx } from '../../platform/db/port.ts';
import type { Outcome } from './post.ts';
import { MAX_REST_MS, retryDelayMs } from './schedule.ts';
import { type ClaimedDelivery, noteFailure, noteSuccess, type SettledDelivery, settleDeliveries } from './store.ts';

/** An attempt that is over. */
export interface Result {
  row: ClaimedDelivery;
  /** Null: nothing was sent, for the log has the event no more. */
  outcome: Outcome | null;
  /** Whether it was made to see if a paused endpoint answers again: it then takes nothing of the schedule. */
  probe: boolean;
}

/** The event that was to be sent was kept no longer. */
const LOST = 'the event is no longer kept';

const attemptOf = (outcome: Outcome | null, at: Date): string =>
  attemptJson({
    at: at.toISOString(),
    status: outcome?.status ?? null,
    latencyMs: outcome?.latencyMs ?? 0,
    error: outcome === null ? LOST : outcome.error,
    answer: outcome?.answer ?? null,
  });

/** What an attempt makes of its delivery. */
function settled({ row, outcome, probe }: Result, now: Date): SettledDelivery {
  const at = outcome?.at ?? now;
  const base = { workspaceId: row.workspace_id, id: row.id, lockToken: row.lock_token, at };
  const common = { ...base, attempt: attemptOf(outcome, at), failures: row.failures, nextAt: row.next_at };
  if (outcome?.ok) return { ...common, state: 'delivered' };
  if (outcome === null || outcome.gone) return { ...common, state: 'failed', failures: row.failures + 1 };
  if (probe) return { ...common, state: 'pending' };
  const failures = row.failures + 1;
  const delay = retryDelayMs(failures);
  if (delay === null) return { ...common, state: 'failed', failures };
  const wait = Math.max(delay, outcome.retryAfterMs ?? 0);
  // From its end: of one that hung, the first pause would be over before it was.
  return { ...common, state: 'pending', failures, nextAt: new Date(at.getTime() + outcome.latencyMs + wait) };
}

interface OfHook {
  workspaceId: string;
  id: string;
  outcomes: Outcome[];
}

/** Outcomes by endpoint, in the order of ids: everybody locks endpoints in this order, and before their deliveries. */
function byHook(results: readonly Result[]): OfHook[] {
  const hooks = new Map<string, OfHook>();
  for (const { row, outcome } of results) {
    if (outcome === null) continue;
    const known = hooks.get(row.webhook_id) ?? { workspaceId: row.workspace_id, id: row.webhook_id, outcomes: [] };
    known.outcomes.push(outcome);
    hooks.set(row.webhook_id, known);
  }
  return [...hooks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const latest = (outcomes: readonly Outcome[]): Outcome | undefined =>
  outcomes.reduce<Outcome | undefined>((last, one) => (last && last.at > one.at ? last : one), undefined);

function restUntil({ at, retryAfterMs }: Outcome): Date | null {
  return retryAfterMs === null ? null : new Date(at.getTime() + Math.min(retryAfterMs, MAX_REST_MS));
}

const jittered = (ms: number): number => ms * (0.9 + 0.2 * Math.random());

async function noteFailing(tx: Tx, hook: OfHook, failed: Outcome, pauseAfterMs: number): Promise<WebhookRow | null> {
  const { at, error } = failed;
  const row = await noteFailure(tx, {
    ...hook,
    at,
    error: error ?? 'failed',
    restUntil: restUntil(failed),
    nextProbe: new Date(at.getTime() + jittered(PROBE_EVERY_MS)),
  });
  if (!row) return null;
  if (hook.outcomes.some(({ gone }) => gone)) return changeWebhook(tx, row, { trigger: 'gone', now: at });
  const since = row.failing_since ?? at;
  if (row.state !== 'active' || at.getTime() - since.getTime() < pauseAfterMs) return null;
  return changeWebhook(tx, row, { trigger: 'give_up', now: at });
}

async function noteHealthy(tx: Tx, hook: OfHook, at: Date): Promise<WebhookRow | null> {
  const row = await noteSuccess(tx, { ...hook, at });
  if (row?.state !== 'paused' || row.state_reason !== 'failing') return null;
  return changeWebhook(tx, row, { trigger: 'recovered', now: at });
}

/**
 * Writes what became of attempts: the health of their endpoints (paused after `pauseAfterMs` of nothing but failures,
 * disabled by a 410, resumed by a probe that went well), then the deliveries. Returns the endpoints whose state changed.
 */
export async function settleResults(
  tx: Tx,
  results: readonly Result[],
  { pauseAfterMs, now }: { pauseAfterMs: number; now: Date },
): Promise<WebhookRow[]> {
  const changed: (WebhookRow | null)[] = [];
  for (const hook of byHook(results)) {
    const failed = latest(hook.outcomes.filter(({ ok }) => !ok));
    const good = latest(hook.outcomes.filter(({ ok }) => ok));
    const gone = hook.outcomes.some((one) => one.gone);
    if (good) changed.push(await noteHealthy(tx, hook, good.at));
    if (failed && (gone || !good)) changed.push(await noteFailing(tx, hook, failed, pauseAfterMs));
  }
  await settleDeliveries(
    tx,
    results.map((result) => settled(result, now)),
  );
  return changed.flatMap((row) => row ?? []);
}
