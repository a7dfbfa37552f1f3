import { listEvents } from './list.ts';

export { EVENT_API_VERSION, type NewEvent, recordEvents } from './record.ts';
export { eventSchema, toEvent } from './schemas.ts';
export { listEventsOfSubject } from './store.ts';
export const operations = [listEvents];
