import { EngineAskError, MEDIA_REFUSED } from '../engine/asks.ts';
import type { Address, Engine } from '../engine/port.ts';
import { MAX_MEDIA_BYTES, type MediaFiles } from '../features/media/index.ts';
import {
  dueFetches,
  type FetchRow,
  fileArrived,
  fileFailed,
  type MediaFailure,
  parseStored,
  postponeFetch,
  staleFetches,
} from '../features/messages/index.ts';
import type { Db } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';

const POLL_MS = 1_000;
/** Files of this node on their way at once, and of one device. */
const AT_ONCE = 8;
const AT_ONCE_EACH = 3;
/** Back-off of one file's attempts. */
const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30 * 60_000;
/** The session is away: its file waits for it, and that is no attempt. */
const AWAY_MS = 2_000;
/** With the back-off these are a day and a half. */
const MAX_ATTEMPTS = 80;
/** Bytes that do not fit their hash may be a connection's fault; not again and again. */
const MAX_CORRUPT = 4;
/** A file that its device could not even ask for in so long is given up. */
const STALE_MS = 14 * 24 * 3600_000;
const STALE_EVERY_MS = 60_000;
const PAGE = 100;

interface Services {
  db: Db;
  engine: Engine;
  files: MediaFiles;
  log: Logger;
}

function personOf(phone: string | null, lid: string | null): Address | null {
  if (phone === null && lid === null) return null;
  return { kind: 'person', ...(phone === null ? {} : { phone }), ...(lid === null ? {} : { lid }) };
}

function chatOf(row: FetchRow): Address | null {
  if (row.kind === 'status') return { kind: 'status' };
  if (row.kind === 'group') return row.group_id === null ? null : { kind: 'group', id: row.group_id };
  return personOf(row.chat_phone, row.chat_lid);
}

/** What an attempt came to: done, to be tried again, or never to be had. */
type Verdict = { is: 'done' } | { is: 'away' } | { is: 'again' } | { is: 'never'; reason: MediaFailure };

function judge(error: unknown, attempts: number): Verdict {
  if (error instanceof EngineAskError) {
    if (error.reason === 'not_open') return { is: 'away' };
    if (error.code === MEDIA_REFUSED.tooLarge) return { is: 'never', reason: 'too_large' };
    if (error.code === MEDIA_REFUSED.gone) return { is: 'never', reason: 'unavailable' };
    if (error.code === MEDIA_REFUSED.corrupt && attempts >= MAX_CORRUPT) return { is: 'never', reason: 'corrupt' };
  }
  // What the store refuses today it refuses tomorrow: a file without a byte, a workspace that is gone.
  if (error instanceof WapingError && error.status < 500)
    return { is: 'never', reason: error.code === 'PAYLOAD_TOO_LARGE' ? 'too_large' : 'corrupt' };
  return attempts >= MAX_ATTEMPTS ? { is: 'never', reason: 'unavailable' } : { is: 'again' };
}

/** Half of it is chance, so that files that failed together do not come back together. */
function pauseMs(attempts: number): number {
  return Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempts, 20)) * (0.5 + Math.random() / 2);
}

/**
 * Downloads the files of received messages through the sessions this node holds, into the store of media. What it is to
 * do stands in rows written with the messages: a crash or a restart only has it begin a file anew.
 */
export class Downloads implements AsyncDisposable {
  readonly #services: Services;
  readonly #online = new Set<string>();
  /** Message ids in hand, with their devices. */
  readonly #running = new Map<string, string>();
  readonly #work = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> | null = null;
  #again = false;
  #staleAt = 0;
  #stopped = false;

  constructor(services: Services) {
    this.#services = services;
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.#timer.unref();
  }

  online(deviceId: string): void {
    this.#online.add(deviceId);
    this.wake();
  }

  offline(deviceId: string): void {
    this.#online.delete(deviceId);
  }

  /** Looks for files now. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#round ??= this.#look().finally(() => {
      this.#round = null;
    });
  }

  async #look(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#giveUpStale();
        await this.#begin();
      }
    } catch (error) {
      this.#services.log.error({ err: error }, 'looking for files to download failed; trying again');
    }
  }

  async #begin(): Promise<void> {
    const held = new Map<string, number>();
    for (const deviceId of this.#running.values()) held.set(deviceId, (held.get(deviceId) ?? 0) + 1);
    const deviceIds = [...this.#online].filter((id) => (held.get(id) ?? 0) < AT_ONCE_EACH);
    const room = AT_ONCE - this.#running.size;
    if (room <= 0 || deviceIds.length === 0) return;
    const without = [...this.#running.keys()];
    const rows = await dueFetches(this.#services.db, { deviceIds, without, limit: PAGE });
    for (const row of rows) {
      const count = held.get(row.device_id) ?? 0;
      if (this.#running.size >= AT_ONCE) return;
      if (count >= AT_ONCE_EACH) continue;
      held.set(row.device_id, count + 1);
      this.#start(row);
    }
  }

  #start(row: FetchRow): void {
    this.#running.set(row.message_id, row.device_id);
    const work = this.#fetch(row)
      .catch((error: unknown) => {
        this.#services.log.error({ err: error, messageId: row.message_id }, 'what became of a file was not recorded');
      })
      .finally(() => {
        this.#running.delete(row.message_id);
        this.#work.delete(work);
        this.wake();
      });
    this.#work.add(work);
  }

  async #fetch(row: FetchRow): Promise<void> {
    const { db, log } = this.#services;
    const { workspace_id: workspaceId, message_id: messageId, device_id: deviceId } = row;
    const attempts = row.attempts + 1;
    const verdict = await this.#attempt(row).catch((error: unknown) => {
      log.warn({ err: error, messageId, deviceId, attempts }, 'a file was not downloaded');
      return judge(error, attempts);
    });
    if (verdict.is === 'done') return;
    if (verdict.is === 'never') {
      await this.#fail(workspaceId, messageId, verdict.reason);
      return;
    }
    const later =
      verdict.is === 'away' ? { ms: AWAY_MS, attempts: row.attempts } : { ms: pauseMs(row.attempts), attempts };
    await postponeFetch(db, { workspaceId, messageId, ...later });
  }

  async #attempt(row: FetchRow): Promise<Verdict> {
    const { engine, files, db } = this.#services;
    const { workspace_id: workspaceId, message_id: messageId, device_id: deviceId } = row;
    const { media } = parseStored(row.content);
    const chat = chatOf(row);
    // Taken back meanwhile: it says nothing any more, its file is nobody's.
    if (!media || !chat) return { is: 'never', reason: 'unavailable' };
    const fromMe = row.direction === 'outbound';
    const sender = personOf(row.sender_phone, row.sender_lid) ?? chat;
    const path = files.newPath();
    const asked = { sealed: row.sealed, waId: row.wa_id, chat, sender, fromMe, path, maxBytes: MAX_MEDIA_BYTES };
    await engine.ask(deviceId, 'downloadMedia', asked);
    await using draft = await files.receive({ from: path, mimeType: null, fileName: media.fileName ?? null });
    const file = await files.keep(workspaceId, draft, null);
    const arrived = { workspaceId, deviceId, messageId, mediaId: media.id, file, now: new Date() };
    await db.tx((tx) => fileArrived(tx, arrived));
    return { is: 'done' };
  }

  async #fail(workspaceId: string, messageId: string, reason: MediaFailure): Promise<void> {
    await this.#services.db.tx((tx) => fileFailed(tx, { workspaceId, messageId, reason }));
  }

  async #giveUpStale(): Promise<void> {
    const now = Date.now();
    if (now - this.#staleAt < STALE_EVERY_MS) return;
    this.#staleAt = now;
    const stale = await staleFetches(this.#services.db, new Date(now - STALE_MS), PAGE);
    for (const { workspace_id, message_id } of stale) await this.#fail(workspace_id, message_id, 'expired');
  }

  /** Waits for what is being written; a download that is under way begins anew with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#round;
    await Promise.all(this.#work);
  }
}
