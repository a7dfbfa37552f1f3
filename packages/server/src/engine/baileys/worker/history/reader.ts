import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryGroup, HistoryPerson, WaitingHistory } from '../../../history.ts';
import { backoff } from '../../backoff.ts';
import { person } from '../address.ts';
import type { SessionStore, WorkerContext } from '../context.ts';
import { RefusedError } from '../questions.ts';
import { HistoryError, loadHistory } from './download.ts';
import { type ChatToken, type HistoryItem, itemsOf, type LidPair } from './items.ts';
import type { Names } from './message.ts';
import { readReference } from './notification.ts';

function peopleOf(item: HistoryItem): HistoryPerson[] {
  if (item.is === 'person') return [item.person];
  const who = item.is === 'pair' ? person(item.pair.lid, item.pair.pn) : undefined;
  return who ? [{ person: who }] : [];
}

export interface HistoryDeps {
  context: Pick<WorkerContext, 'historySlot' | 'log'>;
  store: Pick<SessionStore, 'nextHistory' | 'storeHistory'>;
  deviceId: string;
  /** Opens what a part's row holds sealed. */
  open: (part: WaitingHistory) => Uint8Array;
  names: () => Names | undefined;
  /** Keeps what sending needs: both names of people, and privacy tokens. */
  learn: (pairs: readonly LidPair[], tokens: readonly ChatToken[]) => Promise<void>;
}

/** Items stored at a time: the database is away from the live traffic for so long. */
const GROUP = 16;
/** Rest after each group, in times of what it took: the live traffic has the rest of the time. */
const REST = 4;
const MIN_REST_MS = 5;
const MAX_REST_MS = 1_000;
/** Readings of a part before it is given up, by what is wrong with it. */
const ATTEMPTS: Record<HistoryError['reason'], number> = { too_large: 1, gone: 2, damaged: 5 };
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 60_000;

/** Which items of which part. */
type Place = Pick<HistoryGroup, 'waId' | 'from' | 'done' | 'end'>;

/**
 * Reads the parts of a device's history that wait, one after the other, while its session is open. How far it is stands
 * in the database: another session goes on where this one ends.
 */
export class HistoryReader {
  readonly #deps: HistoryDeps;
  #open = false;
  #running = false;
  #again = false;
  /** Sequence number with which a part was announced that waits to be read. */
  #announcedAt: number | undefined;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  opened(): void {
    this.#open = true;
    this.wake();
  }

  closed(): void {
    this.#open = false;
  }

  /** A part was announced; the database knows of it once `seq` is durable. */
  announced(seq: number): void {
    this.#announcedAt = seq;
  }

  /** Everything up to `seq` is in the database. */
  durable(seq: number): void {
    if (this.#announcedAt === undefined || seq < this.#announcedAt) return;
    this.#announcedAt = undefined;
    this.wake();
  }

  /** A part may wait. */
  wake(): void {
    if (!this.#open) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
      if (!this.#again) return;
      this.#again = false;
      this.wake();
    });
  }

  async #run(): Promise<void> {
    for (let attempt = 0; this.#open; ) {
      const release = await this.#deps.context.historySlot();
      try {
        const part = this.#open ? await this.#deps.store.nextHistory() : null;
        if (!part) return;
        await this.#try(part, attempt);
        attempt = 0;
      } catch (error) {
        attempt += 1;
        this.#log(error, attempt);
      } finally {
        release();
      }
      if (attempt > 0) await sleep(backoff(attempt, RETRY_BASE_MS, RETRY_CAP_MS), undefined, { ref: false });
    }
  }

  async #try(part: WaitingHistory, attempt: number): Promise<void> {
    try {
      await this.#read(part);
    } catch (error) {
      const hopeless = error instanceof HistoryError && attempt + 1 >= ATTEMPTS[error.reason];
      if (!hopeless || !this.#open) throw error;
      this.#log(error, attempt + 1);
      const nothing = { people: [], chats: [], messages: [] };
      const end = { state: 'failed', reason: error.reason } as const;
      await this.#deps.store.storeHistory({ waId: part.waId, from: part.done, done: part.done, ...nothing, end });
    }
  }

  async #read(part: WaitingHistory): Promise<void> {
    const names = this.#deps.names();
    if (!names) return this.closed();
    const pieces = await loadHistory(this.#referenceOf(part));
    let seen = 0;
    let from = part.done;
    let items: HistoryItem[] = [];
    for await (const item of itemsOf(pieces, names)) {
      seen += 1;
      if (seen <= part.done) continue;
      items.push(item);
      if (items.length < GROUP) continue;
      if (!(await this.#store({ waId: part.waId, from, done: seen }, items))) return;
      from = seen;
      items = [];
    }
    await this.#store({ waId: part.waId, from, done: seen, end: { state: 'done' } }, items);
  }

  /** Throws HistoryError where its seal does not open, as under a key that was replaced. */
  #referenceOf(part: WaitingHistory): ReturnType<typeof readReference> {
    try {
      return readReference(this.#deps.open(part));
    } catch (error) {
      throw new HistoryError('damaged', error instanceof Error ? error.message : 'unknown');
    }
  }

  /** False when reading has to stop: the session is over, or the part is not this session's any more. */
  async #store(place: Place, items: readonly HistoryItem[]): Promise<boolean> {
    if (!this.#open) return false;
    const from = performance.now();
    await this.#deps.learn(
      items.flatMap((item) => ('pair' in item && item.pair ? [item.pair] : [])),
      items.flatMap((item) => (item.is === 'chat' && item.token ? [item.token] : [])),
    );
    const stored = await this.#put(place, items);
    if (!stored) this.closed();
    const rest = Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, REST * (performance.now() - from)));
    if (stored && !place.end) await sleep(rest, undefined, { ref: false });
    return stored;
  }

  /** Items the database refuses are stored in halves, and the one that alone is refused is passed over. */
  async #put(place: Place, items: readonly HistoryItem[]): Promise<boolean> {
    const people = items.flatMap(peopleOf);
    const chats = items.flatMap((item) => (item.is === 'chat' ? [item.chat] : []));
    const messages = items.flatMap((item) => (item.is === 'message' ? [item.message] : []));
    try {
      return await this.#deps.store.storeHistory({ ...place, people, chats, messages });
    } catch (error) {
      if (!(error instanceof RefusedError) || items.length === 0) throw error;
      this.#log(error, 1);
    }
    if (items.length === 1) return this.#put(place, []);
    const middle = items.length >> 1;
    const { waId, from } = place;
    const first = await this.#put({ waId, from, done: from + middle }, items.slice(0, middle));
    return first && this.#put({ ...place, from: from + middle }, items.slice(middle));
  }

  #log(error: unknown, attempt: number): void {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
    this.#deps.context.log('warn', 'history could not be read', { deviceId: this.#deps.deviceId, why, attempt });
  }
}
