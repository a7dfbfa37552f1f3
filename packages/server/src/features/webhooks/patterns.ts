import { newId } from '../../platform/ids.ts';
import type { EventRow } from '../events/index.ts';
import type { NewDelivery } from './delivery-store.ts';
import type { WebhookRow } from './store.ts';

/** `*` (everything), `message.*` (everything of a kind) or `message.received`. */
export const EVENT_PATTERN = /^(\*|[a-z][a-z0-9_]*\.(\*|[a-z][a-z0-9_]*))$/;

/** What an endpoint wants to hear of. */
export interface EventFilter {
  events: readonly string[];
  /** The only devices whose events it gets; null: all, and events of no device. */
  deviceIds: readonly string[] | null;
}

/** Whether one of the patterns stands for a type of event. */
export function matchesType(patterns: readonly string[], type: string): boolean {
  const kind = `${type.slice(0, type.indexOf('.'))}.*`;
  return patterns.some((pattern) => pattern === '*' || pattern === type || pattern === kind);
}

/** Whether an endpoint is to get an event. */
export function isWanted(filter: EventFilter, event: Pick<EventRow, 'type' | 'device_id'>): boolean {
  if (!matchesType(filter.events, event.type)) return false;
  return filter.deviceIds === null || (event.device_id !== null && filter.deviceIds.includes(event.device_id));
}

const textIn = (value: unknown, ...names: readonly string[]): string | null => {
  const found = names.reduce<unknown>(
    (at, name) => (at !== null && typeof at === 'object' ? Reflect.get(at, name) : undefined),
    value,
  );
  return typeof found === 'string' ? found : null;
};

/**
 * What an event is about, for endpoints in ordered mode: its conversation, or else its device, or else the workspace.
 * Events of one lane go out one after the other.
 */
export function laneOf(event: Pick<EventRow, 'device_id' | 'data'>): string {
  const { data } = event;
  const chat =
    textIn(data, 'message', 'conversationId') ??
    textIn(data, 'conversationId') ??
    textIn(data, 'conversation', 'id') ??
    textIn(data, 'call', 'conversationId');
  return chat ?? event.device_id ?? '';
}

/** New deliveries of those of some events that an endpoint is to get, in the same order. */
export function deliveriesOf(hook: WebhookRow, events: readonly EventRow[]): NewDelivery[] {
  const filter = { events: hook.events, deviceIds: hook.device_ids };
  return events
    .filter((event) => isWanted(filter, event))
    .map((event) => ({
      id: newId('wdl'),
      webhookId: hook.id,
      eventId: event.id,
      eventType: event.type,
      lane: laneOf(event),
    }));
}
