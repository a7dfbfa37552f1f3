import { listEvents } from './list.ts';

export { type NewEvent, recordEvents } from './record.ts';
export { eventSchema, toEvent } from './schemas.ts';
export {
  blankMessageEvents,
  deleteEventsOfType,
  EVENT_API_VERSION,
  type EventRow,
  insertEventsSql,
  listEventsAfter,
  listEventsOfSubject,
} from './store.ts';
export const operations = [listEvents];
