import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { hurryDeliveries } from './delivery-store.ts';
import { type WebhookRow, writeState } from './store.ts';

/** Where an endpoint stands: it gets events only while it is active. */
export const WEBHOOK_STATES = ['unverified', 'active', 'paused', 'disabled'] as const;

export type WebhookState = (typeof WEBHOOK_STATES)[number];

/** Why it stands there: `failing` is resumed by itself, the others by hand. */
export const WEBHOOK_REASONS = ['by_hand', 'failing', 'gone'] as const;

export type WebhookReason = (typeof WEBHOOK_REASONS)[number];

/** What moves an endpoint: `moved` to another URL, `give_up` after failures alone, `gone` by a 410. */
export type WebhookTrigger = 'verified' | 'moved' | 'pause' | 'give_up' | 'gone' | 'resume' | 'recovered';

const TRANSITIONS: Record<WebhookState, Partial<Record<WebhookTrigger, WebhookState>>> = {
  unverified: { verified: 'active', moved: 'unverified' },
  active: { moved: 'unverified', pause: 'paused', give_up: 'paused', gone: 'disabled' },
  paused: { moved: 'unverified', resume: 'active', recovered: 'active', gone: 'disabled' },
  disabled: { moved: 'unverified', resume: 'active' },
};

const REASONS: Partial<Record<WebhookTrigger, WebhookReason>> = { pause: 'by_hand', give_up: 'failing', gone: 'gone' };

const EVENTS: Partial<Record<WebhookTrigger, string>> = {
  verified: 'webhook.verified',
  pause: 'webhook.paused',
  give_up: 'webhook.paused',
  gone: 'webhook.disabled',
  resume: 'webhook.resumed',
  recovered: 'webhook.resumed',
};

/** Milliseconds until an endpoint that was paused for its failures is tried again. */
export const PROBE_EVERY_MS = 30 * 60_000;

/** What an endpoint becomes; null where the trigger means nothing in its state. */
export function transition(from: WebhookState, trigger: WebhookTrigger): WebhookState | null {
  return TRANSITIONS[from][trigger] ?? null;
}

function probeAt(trigger: WebhookTrigger, now: Date): Date | null {
  if (trigger === 'moved') return now;
  return trigger === 'give_up' ? new Date(now.getTime() + PROBE_EVERY_MS) : null;
}

/** Tells of an endpoint in the transaction that changes it. Neither its URL nor its secret is in an event. */
export async function recordWebhookEvent(
  tx: Queryable,
  row: WebhookRow,
  event: { type: string; more?: Readonly<Record<string, unknown>> },
): Promise<void> {
  const webhook = { id: row.id, description: row.description, state: row.state, stateReason: row.state_reason };
  await recordEvents(tx, [
    {
      workspaceId: row.workspace_id,
      deviceId: null,
      subjectId: row.id,
      type: event.type,
      data: { webhook, ...event.more },
    },
  ]);
}

/**
 * The one writer of states. The caller holds the row's lock. Null when the endpoint is past what the trigger asks for.
 * Whoever becomes active gets what waits at once.
 */
export async function changeWebhook(
  tx: Queryable,
  row: WebhookRow,
  change: { trigger: WebhookTrigger; now: Date },
): Promise<WebhookRow | null> {
  const { trigger, now } = change;
  const state = transition(row.state, trigger);
  if (state === null) return null;
  const isActive = state === 'active';
  const after = await writeState(tx, {
    workspaceId: row.workspace_id,
    id: row.id,
    state,
    reason: REASONS[trigger] ?? null,
    probeAt: probeAt(trigger, now),
    forgive: isActive || trigger === 'moved',
    now,
  });
  if (isActive) await hurryDeliveries(tx, { workspaceId: row.workspace_id, webhookId: row.id, now });
  const type = EVENTS[trigger];
  if (type !== undefined) await recordWebhookEvent(tx, after, { type });
  return after;
}
