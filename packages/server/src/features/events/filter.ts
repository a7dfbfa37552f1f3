import { WapingError } from '../../platform/errors.ts';
import { EVENT_TYPES } from './types.ts';

/** What a reader of the log wants to see; null is everything. */
export interface EventFilter {
  types: readonly string[] | null;
  deviceId: string | null;
  /** The only devices it may see, where it is held to some: then nothing of no device either. */
  devices: readonly string[] | null;
}

const KNOWN = Object.keys(EVENT_TYPES);

/** Types that were asked for: `message.received`, or `message.*` for all that begin so. Throws VALIDATION_ERROR for others. */
export function expandTypes(asked: readonly string[]): string[] {
  const found = asked.flatMap((text) => {
    const types = text.endsWith('.*') ? KNOWN.filter((type) => type.startsWith(text.slice(0, -1))) : [];
    if (Object.hasOwn(EVENT_TYPES, text)) types.push(text);
    if (types.length > 0) return types;
    const message = `types: ${JSON.stringify(text.slice(0, 60))} is no type of event, nor the beginning of one with .*`;
    throw new WapingError('VALIDATION_ERROR', message, { param: 'types' });
  });
  return [...new Set(found)];
}

/** Types as they stand in a query, separated by commas; null where none were asked for. */
export function typesOf(text: string | undefined): string[] | null {
  return text === undefined || text === '' ? null : expandTypes(text.split(','));
}

/** Whether an event is one of those wanted. */
export function matches(filter: EventFilter, { type, device_id }: { type: string; device_id: string | null }): boolean {
  const { types, deviceId, devices } = filter;
  if (types !== null && !types.includes(type)) return false;
  if (deviceId !== null && device_id !== deviceId) return false;
  return devices === null || (device_id !== null && devices.includes(device_id));
}
