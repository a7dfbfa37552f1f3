import { sseEvent } from '../../platform/sse.ts';
import { cursorText, type LogCursor } from './cursor.ts';
import { toEvent } from './schemas.ts';
import type { EventRow } from './store.ts';

/** One event on its way to readers of a stream. All of them share it, and the text that is made of it once. */
export class LogEntry implements LogCursor {
  readonly workspaceId: string;
  readonly row: EventRow;
  #frame: string | null = null;

  constructor(workspaceId: string, row: EventRow) {
    this.workspaceId = workspaceId;
    this.row = row;
  }

  get tx(): string {
    return this.row.tx;
  }

  get sequence(): string {
    return this.row.sequence;
  }

  /** As a stream sends it: without a name, so that an EventSource needs one listener for every type. */
  get frame(): string {
    this.#frame ??= sseEvent(null, toEvent(this.workspaceId, this.row), cursorText(this.workspaceId, this));
    return this.#frame;
  }
}
