import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/log.ts';
import { Places } from '../../platform/places.ts';
import { LogBell } from './bell.ts';
import { LOG_START, type LogCursor } from './cursor.ts';
import { LogEntry } from './entry.ts';
import { Inbox, type InboxBounds } from './inbox.ts';
import { findLogEnd, isHeldBack } from './log-store.ts';
import { readWholeLog } from './reader.ts';
import type { EventRow } from './store.ts';

/** Without a ring it looks this often. */
const POLL_MS = 1_000;
/** Between two looks at least: what commits meanwhile is read together. */
const GATHER_MS = 25;
/** An event held back by an open transaction is looked for again after so long, then after twice that, and so on. */
const HELD_MS = 25;
const PAGE = 200;

const STREAMS = { total: 2_000, each: 1_000, refusal: 'too many event streams are open' };
const POLLS = { total: 2_000, each: 200, refusal: 'too many reads wait for events' };

/**
 * The end of the log as it grows, read once for all who follow it in this process: streams and waiting reads. While
 * nobody does, it reads nothing.
 */
export class LogTail implements AsyncDisposable {
  /** Rings whenever events were committed: for readers with a cursor of their own as well. */
  readonly bell = new LogBell();
  /** Bounds of what follows the log at once. */
  readonly streams = new Places(STREAMS);
  readonly polls = new Places(POLLS);
  readonly #db: Db;
  readonly #log: Logger;
  readonly #inboxes = new Map<string, Set<Inbox>>();
  readonly #end = new AbortController();
  #at: LogCursor = LOG_START;
  #begun: Promise<void> = Promise.resolve();
  #running: Promise<void> | null = null;
  #heldMs = HELD_MS;
  #rest = new AbortController();

  constructor(services: { db: Db; log: Logger }) {
    this.#db = services.db;
    this.#log = services.log;
  }

  /** Everything up to here was put into the inboxes. */
  get position(): LogCursor {
    return this.#at;
  }

  /**
   * Has every event of a workspace that `wants` says yes to put into an inbox from now on. Whoever reads the log to its
   * end after this, and then the inbox, misses none; what it finds in both it knows by the place. Rejects where the
   * database does.
   */
  async follow(
    workspaceId: string,
    options: { wants: (row: EventRow) => boolean; bounds: InboxBounds },
  ): Promise<Inbox> {
    const inbox = new Inbox({ from: this.#at, ...options });
    const inboxes = this.#inboxes.get(workspaceId) ?? new Set();
    this.#inboxes.set(workspaceId, inboxes.add(inbox));
    if (this.#end.signal.aborted) inbox.end();
    else if (this.#running === null) this.#start();
    try {
      await this.#begun;
    } catch (error) {
      this.leave(workspaceId, inbox);
      throw error;
    }
    inbox.from = this.#at;
    return inbox;
  }

  leave(workspaceId: string, inbox: Inbox): void {
    const inboxes = this.#inboxes.get(workspaceId);
    if (inboxes?.delete(inbox) && inboxes.size === 0) this.#inboxes.delete(workspaceId);
  }

  /** Ends every stream and every waiting read, so that a server that stops need not wait for them. */
  stop(): void {
    this.#end.abort();
    this.#rest.abort();
    for (const inboxes of this.#inboxes.values()) for (const inbox of inboxes) inbox.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#running;
  }

  #start(): void {
    this.#begun = this.#begin();
    this.#running = this.#run();
  }

  async #begin(): Promise<void> {
    // The place of an event, never of a mere transaction: after a crash PostgreSQL may give numbers of transactions out
    // again that nothing was committed under.
    this.#at = (await findLogEnd(this.#db)) ?? LOG_START;
  }

  async #run(): Promise<void> {
    try {
      await this.#begun;
    } catch {
      // Who follows is told.
      this.#running = null;
      return;
    }
    while (this.#inboxes.size > 0 && !this.#end.signal.aborted) await this.#turn();
    this.#running = null;
  }

  // It waits for a ring from before the look on, so that none is missed that comes meanwhile.
  async #turn(): Promise<void> {
    this.#rest = new AbortController();
    const { signal } = this.#rest;
    const rung = this.bell.wait(POLL_MS, signal);
    const lookedAt = Date.now();
    try {
      const { hasMore, isHeld } = await this.#look();
      if (isHeld) await Promise.race([rung, this.#pause(this.#heldMs)]);
      else if (!hasMore) await rung;
      this.#heldMs = isHeld ? Math.min(this.#heldMs * 2, POLL_MS) : HELD_MS;
      if (!hasMore) await this.#pause(GATHER_MS - (Date.now() - lookedAt));
    } catch (error) {
      this.#log.warn({ err: error }, 'the event log could not be read; trying again');
      await this.#pause(POLL_MS);
    } finally {
      this.#rest.abort();
    }
  }

  /** Ends early where the turn does. */
  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#rest.signal }).catch(() => undefined);
  }

  async #look(): Promise<{ hasMore: boolean; isHeld: boolean }> {
    const only = new Set(this.#inboxes.keys());
    const { rows, next, hasMore } = await readWholeLog(this.#db, { after: this.#at, only: [...only], limit: PAGE });
    if (rows.length > 0) this.#heldMs = HELD_MS;
    for (const { workspace_id: workspaceId, ...row } of rows) {
      // Who has begun to follow since this was read finds it in the log.
      const inboxes = only.has(workspaceId) ? this.#inboxes.get(workspaceId) : undefined;
      if (!inboxes) continue;
      const entry = new LogEntry(workspaceId, row);
      for (const inbox of inboxes) inbox.put(entry);
    }
    this.#at = next;
    // The embedded database runs one transaction at a time.
    const mayBeHeld = !hasMore && this.#db.kind === 'postgres';
    return { hasMore, isHeld: mayBeHeld && (await isHeldBack(this.#db)) };
  }
}
