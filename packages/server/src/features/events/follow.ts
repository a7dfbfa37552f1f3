import type { Queryable } from '../../platform/db/port.ts';
import { sendEvents, sseEvent } from '../../platform/sse.ts';
import { compareCursors, cursorText, type LogCursor } from './cursor.ts';
import { LogEntry } from './entry.ts';
import { type EventFilter, matches } from './filter.ts';
import type { Inbox } from './inbox.ts';
import { readLog } from './reader.ts';
import type { LogTail } from './tail.ts';

const PAGE = 100;
/** What a reader may be behind, once it has caught up: so much of it waits in memory. */
const BOUNDS = { events: 1_000, characters: 4 * 1024 * 1024 };
/** A reader that let a piece lie for so long, while its inbox ran over, is too slow; one that did not met a mere burst. */
const SLOW_MS = 2_000;
/** Rights are asked for again so often: an end to them is in force within about a second. */
const ASK_MS = 500;
/** A stream is opened anew now and then, so that load moves to other nodes. */
const MAX_MS = 6 * 3_600_000;
/** A browser that lost its stream waits so long before it opens another. */
const RETRY_MS = 2_000;
const TOO_SLOW = 'you read more slowly than events come; go on from the cursor';

export interface FollowOptions {
  tail: LogTail;
  /** The database as the reader may use it. */
  db: Queryable;
  workspaceId: string;
  filter: EventFilter;
  /** Null: from the end of the log on. */
  after: LogCursor | null;
  /** False ends the stream once everything that is there has been sent. */
  isEndless: boolean;
  signal: AbortSignal;
  mayGoOn: () => Promise<boolean>;
}

/**
 * A reader's way through the log: first what is stored, page by page and as fast as it takes it; then, without a seam,
 * what comes. It reads the log once more after its inbox was opened, so between the two nothing is missed, and what is in
 * both is known by its place. What a burst was too much for is read from the log again.
 */
class Follower {
  readonly #options: FollowOptions;
  #at: LogCursor | null;
  #inbox: Inbox | null = null;
  #isLive = false;
  #isOver = false;
  #hasBegun = false;
  #gaveAt = 0;
  /** How long the last piece lay before the reader took it. */
  #tookMs = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#at = options.after;
  }

  async next(): Promise<string | null> {
    const text = await this.#make();
    this.#gaveAt = Date.now();
    return text;
  }

  async #make(): Promise<string | null> {
    if (this.#isOver || this.#options.signal.aborted) return null;
    if (this.#isLive && this.#at !== null) return this.#receive(this.#at);
    this.#at ??= (await this.#open()).from;
    // With a place from the first moment on, also for who has read nothing yet when the connection breaks.
    const opening = this.#hasBegun ? '' : `retry: ${RETRY_MS}\n${this.#place(this.#at)}\n`;
    this.#hasBegun = true;
    return `${opening}${await this.#catchUp(this.#at)}`;
  }

  async rest(): Promise<void> {
    this.#tookMs = Date.now() - this.#gaveAt;
    if (this.#isLive && !this.#isOver) await this.#inbox?.wait(ASK_MS, this.#options.signal);
  }

  /** The place to go on from, where nothing was of interest since the last event. */
  keepAlive(): string {
    const { position } = this.#options.tail;
    const hasAll = this.#isLive && this.#inbox?.isEmpty === true && !this.#inbox.isFull;
    if (hasAll && this.#at !== null && compareCursors(position, this.#at) > 0) this.#at = position;
    return this.#at === null ? '' : this.#place(this.#at);
  }

  close(): void {
    if (this.#inbox) this.#options.tail.leave(this.#options.workspaceId, this.#inbox);
    this.#inbox = null;
  }

  #place(at: LogCursor): string {
    return `id: ${cursorText(this.#options.workspaceId, at)}\n`;
  }

  async #open(): Promise<Inbox> {
    const { tail, workspaceId, filter } = this.#options;
    this.#inbox ??= await tail.follow(workspaceId, { wants: (row) => matches(filter, row), bounds: BOUNDS });
    return this.#inbox;
  }

  async #catchUp(after: LogCursor): Promise<string> {
    const { db, workspaceId, filter, isEndless } = this.#options;
    // It has left something out: there is more to read than waits, and it is opened again when that has been read.
    if (this.#inbox?.isFull) this.close();
    const hadInbox = this.#inbox !== null;
    const { rows, next, hasMore } = await readLog(db, { workspaceId, after, filter, limit: PAGE });
    this.#at = next;
    if (!hasMore && !isEndless) this.#isOver = true;
    else if (!hasMore && hadInbox) this.#isLive = true;
    else if (!hasMore) await this.#open();
    return rows.map((row) => new LogEntry(workspaceId, row).frame).join('');
  }

  #receive(after: LogCursor): string | null {
    const inbox = this.#inbox;
    if (inbox === null || inbox.isOver) return null;
    if (inbox.isFull && this.#tookMs < SLOW_MS) {
      this.#isLive = false;
      return '';
    }
    if (inbox.isFull) {
      this.#isOver = true;
      return sseEvent('slow', { reason: TOO_SLOW, cursor: cursorText(this.#options.workspaceId, after) });
    }
    const fresh = inbox.take().filter((entry) => compareCursors(entry, after) > 0);
    const last = fresh.at(-1);
    if (last) this.#at = { tx: last.tx, sequence: last.sequence };
    return fresh.map(({ frame }) => frame).join('');
  }
}

/** The log as a stream of server-sent events, for as long as its reader may read it. */
export async function* followLog(options: FollowOptions): AsyncGenerator<string> {
  const follower = new Follower(options);
  try {
    yield* sendEvents({
      mayGoOn: options.mayGoOn,
      askMs: ASK_MS,
      maxMs: MAX_MS,
      next: () => follower.next(),
      rest: () => follower.rest(),
      keepAlive: () => follower.keepAlive(),
    });
  } finally {
    follower.close();
  }
}
