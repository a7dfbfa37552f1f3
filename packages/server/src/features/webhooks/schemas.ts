import { z } from 'zod';
import { idField, isoOrNull, shownId, timeField } from '../../operations/fields.ts';
import { storable } from '../../platform/storable.ts';
import { headersField } from './custom-headers.ts';
import { DELIVERY_STATES, type DeliveryRow } from './delivery-store.ts';
import { EVENT_PATTERN } from './patterns.ts';
import { WEBHOOK_REASONS, WEBHOOK_STATES } from './state.ts';
import type { WebhookRow } from './store.ts';

const MAX_URL = 2_048;
const MAX_PATTERNS = 100;
const MAX_DEVICES = 500;
/** Seconds. */
export const DEFAULT_OVERLAP = 24 * 3_600;
export const MAX_OVERLAP = 30 * 24 * 3_600;

const EVENTS_TEXT = '`*`, all of a kind (`message.*`) or single types (`message.received`).';
const DEVICES_TEXT = 'The only devices whose events it gets; null: all, and events of no device.';
const ORDERED_TEXT =
  'Whether events of one conversation go out one after the other: each waits until the one before it was delivered or given up.';

export const urlField = z
  .string()
  .min(1)
  .max(MAX_URL)
  .meta({
    description:
      'Where events are sent: https, and no private address; http and private ones only where the operator allows the host.',
    examples: ['https://hooks.example.com/waping'],
  });

export const descriptionField = z
  .string()
  .trim()
  .max(200)
  .meta({ description: 'What it is for.', examples: ['Order system'] });

export const eventsField = z
  .array(z.string().max(100).regex(EVENT_PATTERN, { message: 'must be *, kind.* or kind.type' }))
  .min(1)
  .max(MAX_PATTERNS)
  .meta({ description: `What it gets: ${EVENTS_TEXT}`, examples: [['message.*', 'device.logged_out']] });

export const deviceIdsField = z
  .array(idField('dev', 'A device.'))
  .min(1)
  .max(MAX_DEVICES)
  .nullable()
  .meta({ description: DEVICES_TEXT, examples: [['dev_01jd8k3v5q7w9x2y4z6a8b0c1d']] });

export const orderedField = z.boolean().meta({ description: ORDERED_TEXT, examples: [false] });

export const createBody = z
  .strictObject({
    url: urlField,
    description: descriptionField.default(''),
    events: eventsField.default(['*']),
    deviceIds: deviceIdsField.default(null),
    headers: headersField.default({}),
    ordered: orderedField.default(false),
  })
  .meta({ id: 'CreateWebhook' });

export const updateBody = z
  .strictObject({
    url: urlField.optional(),
    description: descriptionField.optional(),
    events: eventsField.optional(),
    deviceIds: deviceIdsField.optional(),
    headers: headersField.optional(),
    ordered: orderedField.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { message: 'give at least one field to change' })
  .meta({ id: 'UpdateWebhook' });

export const webhookSchema = z
  .object({
    id: shownId('whk', 'Id of the endpoint.'),
    url: z.string().meta({ description: 'Where events are sent.', examples: ['https://hooks.example.com/waping'] }),
    description: z.string().meta({ description: 'What it is for.', examples: ['Order system'] }),
    events: z.array(z.string()).meta({ description: EVENTS_TEXT, examples: [['message.*']] }),
    deviceIds: z.array(z.string()).nullable().meta({ description: DEVICES_TEXT }),
    ordered: z.boolean().meta({ description: ORDERED_TEXT, examples: [false] }),
    headerNames: z
      .array(z.string())
      .meta({ description: 'Names of the headers you gave it; their values are not shown.', examples: [['X-Shop']] }),
    state: z.enum(WEBHOOK_STATES).meta({
      description:
        'Events are sent while it is `active`. `unverified`: it has not answered its challenge yet. `paused`: events wait in the log. `disabled`: it answered 410.',
      examples: ['active'],
    }),
    stateReason: z
      .enum(WEBHOOK_REASONS)
      .nullable()
      .meta({
        description: 'Why it is paused or disabled. `failing` resumes by itself once the endpoint answers well again.',
        examples: ['failing'],
      }),
    stateAt: timeField,
    failingSince: timeField
      .nullable()
      .meta({ description: 'Since when every attempt has failed; null: none is known.' }),
    lastSuccessAt: timeField.nullable().meta({ description: 'When an attempt last went well, to about a minute.' }),
    lastFailureAt: timeField.nullable().meta({ description: 'When an attempt last failed.' }),
    lastError: z
      .string()
      .nullable()
      .meta({ description: 'What went wrong last, the challenge included.', examples: ['answered 500'] }),
    nextTryAt: timeField
      .nullable()
      .meta({ description: 'When the next challenge or probe goes out, where one does by itself.' }),
    rotatedAt: timeField.nullable().meta({ description: 'When it last got a new secret.' }),
    oldSecretUntil: timeField
      .nullable()
      .meta({ description: 'How long the secret before the rotation signs too; null: it does not.' }),
    createdBy: z.string().meta({
      description: 'The key or person that made it.',
      examples: ['key_01jd8k3v5q7w9x2y4z6a8b0c1d'],
    }),
    createdAt: timeField,
    updatedAt: timeField,
  })
  .meta({ id: 'Webhook' });

export const issuedWebhookSchema = webhookSchema
  .extend({
    secret: z
      .string()
      .nullable()
      .meta({
        description: 'The signing secret, shown this once: null when an Idempotency-Key is repeated.',
        examples: ['whsec_…'],
      }),
  })
  .meta({ id: 'IssuedWebhook' });

export type WebhookResource = z.output<typeof webhookSchema>;

export function toWebhook(row: WebhookRow, now: Date): WebhookResource {
  const overlaps = row.previous_expires_at !== null && row.previous_expires_at > now;
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    deviceIds: row.device_ids,
    ordered: row.ordered,
    headerNames: row.header_names,
    state: row.state,
    stateReason: row.state_reason,
    stateAt: row.state_at.toISOString(),
    failingSince: isoOrNull(row.failing_since),
    lastSuccessAt: isoOrNull(row.last_success_at),
    lastFailureAt: isoOrNull(row.last_failure_at),
    lastError: row.last_error,
    nextTryAt: isoOrNull(row.probe_at),
    rotatedAt: isoOrNull(row.rotated_at),
    oldSecretUntil: overlaps ? isoOrNull(row.previous_expires_at) : null,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

const attemptSchema = z
  .object({
    at: timeField,
    status: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'What was answered; null: nothing.', examples: [500] }),
    latencyMs: z
      .number()
      .int()
      .meta({ description: 'Milliseconds until it was answered, or failed.', examples: [84] }),
    error: z
      .string()
      .nullable()
      .meta({ description: 'Why it counts as failed; null: it went well.', examples: ['answered 500'] }),
    answer: z
      .string()
      .nullable()
      .meta({ description: 'The first kilobyte of the answer, as text.', examples: ['Internal Server Error'] }),
  })
  .meta({ id: 'WebhookAttempt' });

/** What the sender writes of one attempt. */
export type Attempt = z.output<typeof attemptSchema>;

const attempts = z.array(attemptSchema);

/** An attempt as JSON that any database can hold, whatever the receiver answered. */
export const attemptJson = (attempt: Attempt): string => JSON.stringify([storable(attempt)]);

export const deliverySchema = z
  .object({
    id: shownId('wdl', 'Id of the delivery.'),
    webhookId: shownId('whk', 'The endpoint.'),
    eventId: shownId('evt', 'The event: the header `webhook-id` of every attempt.'),
    eventType: z.string().meta({ description: 'What the event tells of.', examples: ['message.received'] }),
    state: z
      .enum(DELIVERY_STATES)
      .meta({ description: '`failed`: given up after the last attempt of the schedule.', examples: ['delivered'] }),
    failures: z
      .number()
      .int()
      .meta({ description: 'Attempts of the schedule that failed.', examples: [0] }),
    nextAttemptAt: timeField.nullable().meta({ description: 'When it is tried (again); null: it is over.' }),
    attempts: z.array(attemptSchema).meta({ description: 'Oldest first, the last 20 of them.' }),
    createdAt: timeField,
    endedAt: timeField.nullable().meta({ description: 'When it was delivered or given up.' }),
  })
  .meta({ id: 'WebhookDelivery' });

export type DeliveryResource = z.output<typeof deliverySchema>;

export function toDelivery(row: DeliveryRow): DeliveryResource {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    eventType: row.event_type,
    state: row.state,
    failures: row.failures,
    nextAttemptAt: row.state === 'pending' ? row.next_at.toISOString() : null,
    attempts: attempts.parse(row.attempts),
    createdAt: row.created_at.toISOString(),
    endedAt: isoOrNull(row.ended_at),
  };
}
