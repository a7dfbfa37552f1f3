import { createStreamToken } from './create-stream-token.ts';
import { listEvents } from './list.ts';
import { streamEvents } from './stream.ts';

export { LogBell } from './bell.ts';
export { compareCursors, cursorText, LOG_START, type LogCursor, openCursor } from './cursor.ts';
export { type EventFilter, expandTypes, matches } from './filter.ts';
export { type Backlog, findLogEnd, measureBacklog, type WholeLogRow } from './log-store.ts';
export { type LogPage, readLog, readWholeLog, startOf } from './reader.ts';
export { type NewEvent, recordEvents } from './record.ts';
export { eventSchema, toEvent } from './schemas.ts';
export {
  blankMessageEvents,
  deleteEventsOfType,
  EVENT_API_VERSION,
  type EventRow,
  insertEventsSql,
  listEventsOfSubject,
} from './store.ts';
export { badToken, openStreamToken, type StreamClaims } from './stream-token.ts';
export { LogTail } from './tail.ts';
export { EVENT_TYPES, type EventType } from './types.ts';
export const operations = [listEvents, streamEvents, createStreamToken];
