import { EngineAskError, MEDIA_REFUSED } from '../engine/asks.ts';
import type { Address, Engine } from '../engine/port.ts';
import { MAX_MEDIA_BYTES, type MediaFiles } from '../features/media/index.ts';
import {
  dueFetches,
  type FetchRow,
  fileArrived,
  fileFailed,
  type MediaFailure,
  type NextFetch,
  parseStored,
  postponeFetch,
  type StoredMedia,
  staleFetches,
} from '../features/messages/index.ts';
import type { Db } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';

const POLL_MS = 1_000;
/** Files of this node on their way at once, of one workspace (what is left stays for the others), and of one device. */
const AT_ONCE = 8;
const AT_ONCE_OF_WORKSPACE = 6;
const AT_ONCE_EACH = 3;
/** Phones asked at once, each for one file: that holds nothing but its place here. */
const PHONES_AT_ONCE = 64;
/** Back-off of one file's attempts. */
const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30 * 60_000;
/** The session is away: its file waits for it, and that is no attempt. */
const AWAY_MS = 2_000;
/** With the back-off these are a day and a half. */
const MAX_ATTEMPTS = 80;
/** A phone that is silent sleeps: with the pauses between them, which grow, these are most of a day. */
const MAX_PHONE_ASKS = 8;
const PHONE_BASE_MS = 60_000;
const PHONE_CAP_MS = 6 * 3600_000;
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

/** What an attempt came to: done, never to be had, or what is to be done next. */
type Verdict = { is: 'done' } | { is: 'next'; next: Partial<NextFetch> } | { is: 'never'; reason: MediaFailure };

const again = (next: Partial<NextFetch>): Verdict => ({ is: 'next', next });
const UNAVAILABLE: Verdict = { is: 'never', reason: 'unavailable' };

/** The phone's turn: at once the first time, and not for ever. */
function phoneNext(asks: number): Verdict {
  if (asks >= MAX_PHONE_ASKS) return UNAVAILABLE;
  return again({ asks_phone: true, phone_asks: asks, ms: asks === 0 ? 0 : phonePauseMs(asks - 1) });
}

function judge(error: unknown, row: FetchRow): Verdict {
  const attempts = row.attempts + 1;
  if (error instanceof EngineAskError) {
    if (error.reason === 'not_open' || error.reason === 'too_fast') return again({ ms: AWAY_MS });
    if (error.code === MEDIA_REFUSED.notOnHost) return phoneNext(row.phone_asks);
    if (error.code === MEDIA_REFUSED.tooLarge) return { is: 'never', reason: 'too_large' };
    if (error.code === MEDIA_REFUSED.gone) return UNAVAILABLE;
    if (row.asks_phone) return phoneNext(row.phone_asks + 1);
    if (error.code === MEDIA_REFUSED.corrupt && attempts >= MAX_CORRUPT) return { is: 'never', reason: 'corrupt' };
  }
  // What the store refuses today it refuses tomorrow: a file without a byte, a workspace that is gone.
  if (error instanceof WapingError && error.status < 500)
    return { is: 'never', reason: error.code === 'PAYLOAD_TOO_LARGE' ? 'too_large' : 'corrupt' };
  return attempts >= MAX_ATTEMPTS ? UNAVAILABLE : again({ attempts, ms: pauseMs(row.attempts) });
}

/** Half of it is chance, so that files that failed together do not come back together. */
const withChance = (ms: number): number => ms * (0.5 + Math.random() / 2);
const pauseMs = (attempts: number): number =>
  withChance(Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempts, 20)));
const phonePauseMs = (asks: number): number =>
  withChance(Math.min(PHONE_CAP_MS, PHONE_BASE_MS * 4 ** Math.min(asks, 10)));

/** For whom there is room beside what is in hand. */
function roomBeside(running: readonly FetchRow[]) {
  const asked = running.filter((row) => row.asks_phone);
  const loading = running.filter((row) => !row.asks_phone);
  const count = (name: 'device_id' | 'workspace_id', id: string) => loading.filter((row) => row[name] === id).length;
  return {
    mayLoad: (deviceId: string) => loading.length < AT_ONCE && count('device_id', deviceId) < AT_ONCE_EACH,
    mayAsk: (deviceId: string) => asked.length < PHONES_AT_ONCE && !asked.some((row) => row.device_id === deviceId),
    isFull: (workspaceId: string) => count('workspace_id', workspaceId) >= AT_ONCE_OF_WORKSPACE,
    workspaces: [...new Set(loading.map((row) => row.workspace_id))],
  };
}

/**
 * Downloads the files of received messages through the sessions this node holds, into the store of media. What it is to
 * do stands in rows written with the messages: a crash or a restart only has it begin a file anew.
 */
export class Downloads implements AsyncDisposable {
  readonly #services: Services;
  readonly #online = new Set<string>();
  /** What is in hand, by message id. */
  readonly #running = new Map<string, FetchRow>();
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
    // What waits for room on the disk has not been tried.
    const devices = (await this.#services.files.hasRoom()) ? [...this.#online] : [];
    if (devices.length === 0) return;
    const { mayLoad, mayAsk, isFull, workspaces } = roomBeside([...this.#running.values()]);
    const rows = await dueFetches(this.#services.db, {
      deviceIds: devices.filter(mayLoad),
      fullIds: workspaces.filter(isFull),
      phoneIds: devices.filter(mayAsk),
      without: [...this.#running.keys()],
      limit: PAGE,
    });
    for (const row of rows) {
      // Each that was begun leaves less room for the next.
      const room = roomBeside([...this.#running.values()]);
      const { device_id: deviceId, workspace_id: workspaceId } = row;
      if (row.asks_phone ? room.mayAsk(deviceId) : room.mayLoad(deviceId) && !room.isFull(workspaceId))
        this.#start(row);
    }
  }

  #start(row: FetchRow): void {
    this.#running.set(row.message_id, row);
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
    const { workspace_id: workspaceId, message_id: messageId, device_id: deviceId, attempts } = row;
    const verdict = await this.#attempt(row).catch((error: unknown) => {
      log.warn({ err: error, messageId, deviceId, attempts }, 'a file was not downloaded');
      return judge(error, row);
    });
    if (verdict.is === 'never') await this.#fail(workspaceId, messageId, verdict.reason);
    else if (verdict.is === 'next') await postponeFetch(db, row, { ...row, ms: 0, ...verdict.next });
  }

  async #attempt(row: FetchRow): Promise<Verdict> {
    const { engine } = this.#services;
    const { media } = parseStored(row.content);
    const chat = chatOf(row);
    // Taken back meanwhile: it says nothing any more, its file is nobody's.
    if (!media || !chat) return UNAVAILABLE;
    if (!row.asks_phone) return this.#download(row, media);
    const fromMe = row.direction === 'outbound';
    const sender = personOf(row.sender_phone, row.sender_lid) ?? chat;
    const asked = { sealed: row.sealed, waId: row.wa_id, chat, sender, fromMe };
    const { sealed } = await engine.ask(row.device_id, 'reuploadMedia', asked);
    return again({ sealed, asks_phone: false, phone_asks: row.phone_asks + 1 });
  }

  async #download(row: FetchRow, media: StoredMedia): Promise<Verdict> {
    const { engine, files, db } = this.#services;
    const { workspace_id: workspaceId, message_id: messageId, device_id: deviceId, sealed } = row;
    const { mimeType, fileName = null } = media;
    return files.atNewPath(async (path) => {
      await engine.ask(deviceId, 'downloadMedia', { sealed, path, maxBytes: MAX_MEDIA_BYTES });
      await using draft = await files.receive({ from: path, mimeType, fileName });
      const file = await files.keep(workspaceId, draft, 'received');
      const arrived = { workspaceId, deviceId, messageId, mediaId: media.id, file, now: new Date() };
      await db.tx((tx) => fileArrived(tx, arrived));
      return { is: 'done' };
    });
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
