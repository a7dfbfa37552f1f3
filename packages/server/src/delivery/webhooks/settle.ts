import {
  attemptJson,
  changeWebhook,
  PROBE_EVERY_MS,
  type WebhookRow,
  type WebhookTrigger,
} from '../../features/webhooks/index.ts';
import type { Tx } from '../../platform/db/port.ts';
import { groupBy } from '../../platform/group-by.ts';
import type { Outcome } from './post.ts';
import { MAX_REST_MS, retryDelayMs } from './schedule.ts';
import { type ClaimedDelivery, type HookHealth, noteHealth, type SettledDelivery, settleDeliveries } from './store.ts';

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

const latest = (outcomes: readonly Outcome[]): Outcome | undefined =>
  outcomes.reduce<Outcome | undefined>((last, one) => (last && last.at > one.at ? last : one), undefined);

function restUntil({ at, retryAfterMs }: Outcome): Date | null {
  return retryAfterMs === null ? null : new Date(at.getTime() + Math.min(retryAfterMs, MAX_REST_MS));
}

const jittered = (ms: number): number => ms * (0.9 + 0.2 * Math.random());

/** An attempt that was made. */
type Made = Result & { outcome: Outcome };

interface OfHook {
  health: HookHealth;
  isGone: boolean;
}

/** What attempts say of their endpoint. Where one went well, of the others only "gone" and "not so fast" count. */
function healthOf(made: readonly [Made, ...Made[]]): OfHook {
  const [{ row }] = made;
  const outcomes = made.map(({ outcome }) => outcome);
  const good = latest(outcomes.filter(({ ok }) => ok));
  const gone = latest(outcomes.filter((outcome) => outcome.gone));
  const failed = gone ?? (good ? undefined : latest(outcomes));
  const asked = latest(outcomes.filter(({ retryAfterMs }) => retryAfterMs !== null));
  const health = {
    workspaceId: row.workspace_id,
    id: row.webhook_id,
    goodAt: good?.at ?? null,
    failedAt: failed?.at ?? null,
    error: failed ? (failed.error ?? 'failed') : null,
    restUntil: asked ? restUntil(asked) : null,
    nextProbe: failed ? new Date(failed.at.getTime() + jittered(PROBE_EVERY_MS)) : null,
  };
  return { health, isGone: gone !== undefined };
}

/** What that does to the state of an endpoint; null: nothing. */
function triggerOf(row: WebhookRow, { health, isGone }: OfHook, pauseAfterMs: number): WebhookTrigger | null {
  const { goodAt, failedAt } = health;
  if (isGone) return 'gone';
  if (goodAt) return row.state === 'paused' && row.state_reason === 'failing' ? 'recovered' : null;
  const failingMs = (failedAt?.getTime() ?? 0) - (row.failing_since ?? failedAt ?? new Date(0)).getTime();
  return row.state === 'active' && failingMs >= pauseAfterMs ? 'give_up' : null;
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
  const made = results.flatMap((result) => (result.outcome ? [{ ...result, outcome: result.outcome }] : []));
  const hooks = new Map([...groupBy(made, ({ row }) => row.webhook_id)].map(([id, of]) => [id, healthOf(of)]));
  const health = [...hooks.values()].map((of) => of.health);
  const changed: (WebhookRow | null)[] = [];
  for (const row of await noteHealth(tx, health)) {
    const of = hooks.get(row.id);
    const trigger = of ? triggerOf(row, of, pauseAfterMs) : null;
    const at = of?.health.failedAt ?? of?.health.goodAt ?? now;
    if (trigger) changed.push(await changeWebhook(tx, row, { trigger, now: at }));
  }
  await settleDeliveries(
    tx,
    results.map((result) => settled(result, now)),
  );
  return changed.flatMap((row) => row ?? []);
}
