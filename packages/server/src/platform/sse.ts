import { setTimeout as sleep } from 'node:timers/promises';

/** Media type of server-sent events. */
export const EVENT_STREAM = 'text/event-stream';

/**
 * One event of a stream. `data` goes as JSON, so it holds no line break. Without a name (null) a browser hands it to
 * `onmessage`; with an `id` it can go on from there.
 */
export function sseEvent(event: string | null, data: unknown, id?: string): string {
  const lines = [...(id === undefined ? [] : [`id: ${id}`]), ...(event === null ? [] : [`event: ${event}`])];
  return `${[...lines, `data: ${JSON.stringify(data)}`].join('\n')}\n\n`;
}

/** Between events, so that proxies and readers know that the stream lives. */
const KEEP_ALIVE = ': keep-alive\n';
const KEEP_ALIVE_MS = 15_000;

/** A stream as it is made: by turns of asking, sending and resting. */
export interface EventStream {
  /** Asked before what is sent, but not more often than each `askMs`: false ends the stream, with nothing more said. */
  mayGoOn?: () => Promise<boolean>;
  askMs: number;
  /** What is to be sent now; empty for nothing, null at the end. */
  next(): Promise<string | null>;
  /** Resolves when it is time to look again. */
  rest(): Promise<void>;
  /** Fields that go along with a keep-alive, each on a line with its end. */
  keepAlive?: () => string;
  /** After so long the stream ends; its reader connects again if it still cares. */
  maxMs: number;
}

/** Sends a stream for as long as somebody reads it and may, and says every 15 seconds that it lives. */
export async function* sendEvents(stream: EventStream): AsyncGenerator<string> {
  const { mayGoOn, askMs, maxMs, keepAlive } = stream;
  const end = Date.now() + maxMs;
  let spokeAt = Date.now();
  let askedAt = Number.NEGATIVE_INFINITY;
  while (Date.now() < end) {
    if (mayGoOn && Date.now() - askedAt >= askMs) {
      if (!(await mayGoOn())) return;
      askedAt = Date.now();
    }
    const text = await stream.next();
    if (text === null) return;
    const isQuiet = text === '' && Date.now() - spokeAt >= KEEP_ALIVE_MS;
    if (text !== '' || isQuiet) {
      spokeAt = Date.now();
      yield isQuiet ? `${KEEP_ALIVE}${keepAlive?.() ?? ''}\n` : text;
    }
    await stream.rest();
  }
}

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
export function watchStream<T>(watch: Watch<T>): AsyncGenerator<string> {
  const { event, mayGoOn, read, isLast, everyMs, maxMs, shown } = watch;
  let sent = '';
  let isOver = false;
  return sendEvents({
    ...(mayGoOn ? { mayGoOn } : {}),
    askMs: 0,
    maxMs,
    async next() {
      const value = isOver ? null : await read();
      if (value === null) return null;
      isOver = isLast(value);
      const text = sseEvent(event, shown ? shown(value) : value);
      if (text === sent) return '';
      sent = text;
      return text;
    },
    rest: () => (isOver ? Promise.resolve() : sleep(everyMs)),
  });
}
