import { setTimeout as sleep } from 'node:timers/promises';

/** Media type of server-sent events. */
export const EVENT_STREAM = 'text/event-stream';

/** One event of a stream. `data` goes as JSON, so it holds no line break. */
export function sseEvent(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Between events, so that proxies and readers know that the stream lives. */
const KEEP_ALIVE = ': keep-alive\n\n';
const KEEP_ALIVE_MS = 15_000;

export interface Watch<T> {
  /** Name of the events. */
  event: string;
  /** Asked before each look: false ends the stream, with nothing more said. */
  mayGoOn?: () => Promise<boolean>;
  /** What is now; null ends the stream. */
  read(): Promise<T | null>;
  /** Whether nothing follows this one. */
  isLast(value: T): boolean;
  everyMs: number;
  /** What is sent of it; without this, all. */
  shown?: (value: T) => unknown;
  /** After so long the stream ends; its reader connects again if it still cares. */
  maxMs: number;
}

/** Looks at something again and again, and sends it whenever it has changed. */
export async function* watchStream<T>({
  event,
  mayGoOn,
  read,
  isLast,
  everyMs,
  maxMs,
  shown,
}: Watch<T>): AsyncGenerator<string> {
  const end = Date.now() + maxMs;
  let sent = '';
  let spokeAt = Date.now();
  while (Date.now() < end) {
    if (mayGoOn && !(await mayGoOn())) return;
    const value = await read();
    if (value === null) return;
    const text = sseEvent(event, shown ? shown(value) : value);
    if (text !== sent) {
      sent = text;
      spokeAt = Date.now();
      yield text;
    } else if (Date.now() - spokeAt >= KEEP_ALIVE_MS) {
      spokeAt = Date.now();
      yield KEEP_ALIVE;
    }
    if (isLast(value)) return;
    await sleep(everyMs);
  }
}
