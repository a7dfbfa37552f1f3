/** Every limit is a number of requests in so long. */
export const WINDOW_MS = 60_000;
/** Counters kept at most; the ones unused for longest go first. About 15 MB when full. */
const MAX_COUNTERS = 50_000;
/** What a node admits before it has told the others: a part of the limit, or this many, whichever is more. */
const AHEAD_SHARE = 0.05;
const AHEAD_LEAST = 20;

/** What is counted: one policy on one subject. */
export interface Counter {
  /** Whose it is; empty where it is no workspace's. */
  workspaceId: string;
  /** Policy and subject; unique together with the workspace. */
  name: string;
  /** Requests in a window. */
  limit: number;
  /** How many one request counts for, 1 by default. */
  cost?: number;
}

/** Where a counter stands. */
export interface Reading {
  remaining: number;
  /** Until the window ends. */
  resetMs: number;
  /** Whether there is nothing left, or nothing until the other nodes have been told. */
  refused: 'spent' | 'ahead' | null;
}

/** One counter's count, as the nodes tell it to each other. */
export interface Count {
  workspaceId: string;
  name: string;
  /** Unix time in ms. The same on every node: windows begin at a moment that follows from the name. */
  windowEnd: number;
  used: number;
}

interface Entry {
  workspaceId: string;
  name: string;
  phase: number;
  windowEnd: number;
  /** All nodes' admissions as last heard, this one's included. */
  known: number;
  /** Admitted here, on the way to the other nodes. */
  sending: number;
  /** Admitted here, not told yet. */
  untold: number;
  limit: number;
}

// Windows of different counters end at different moments: clients that wait for the end do not all come back at once.
function phaseOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash % WINDOW_MS;
}

const windowEndAt = (now: number, phase: number): number =>
  (Math.floor((now - phase) / WINDOW_MS) + 1) * WINDOW_MS + phase;

/** How much a node admits of a limit before the others know. */
export const aheadOf = (limit: number): number => Math.max(AHEAD_LEAST, Math.floor(limit * AHEAD_SHARE));

const keyOf = ({ workspaceId, name }: Pick<Counter, 'workspaceId' | 'name'>): string => `${workspaceId} ${name}`;

/**
 * Counts requests in windows of a minute, in memory. A node among several also holds back: what it has admitted and not
 * told stays below `aheadOf`, which is what bounds how far all of them together can exceed a limit.
 */
export class Windows {
  readonly #now: () => number;
  readonly #max: number;
  /** In order of use. */
  readonly #entries = new Map<string, Entry>();
  readonly #untold = new Set<Entry>();
  /** True where other nodes are to be told what is admitted here. */
  shared = false;
  /** True while they can be told. */
  holdsBack = false;
  /** Called when a counter has used up half of what it may admit untold. */
  onUrgent: () => void = () => {};

  constructor(now: () => number, max = MAX_COUNTERS) {
    this.#now = now;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Where counters stand, with nothing taken. */
  read(counters: readonly Counter[]): Reading[] {
    const now = this.#now();
    return counters.map((counter) => this.#reading(this.#entry(counter, now), now, 1));
  }

  /** Takes its cost from each, or, where one of them has not that much left, from none. */
  take(counters: readonly Counter[]): Reading[] {
    const now = this.#now();
    const entries = counters.map((counter) => ({ entry: this.#entry(counter, now), cost: counter.cost ?? 1 }));
    const before = entries.map(({ entry, cost }) => this.#reading(entry, now, cost));
    if (before.some(({ refused }) => refused !== null)) return before;
    for (const { entry, cost } of entries) this.#add(entry, cost);
    return entries.map(({ entry }) => ({ ...this.#reading(entry, now, 1), refused: null }));
  }

  /** What other nodes have not been told, at most `max` counters of it. Each is to be `heard` or `unsent` afterwards. */
  collect(max: number): Count[] {
    const counts: Count[] = [];
    for (const entry of this.#untold) {
      if (counts.length >= max) break;
      this.#untold.delete(entry);
      const { workspaceId, name, windowEnd, untold } = entry;
      counts.push({ workspaceId, name, windowEnd, used: untold });
      entry.sending += untold;
      entry.untold = 0;
    }
    return counts;
  }

  /** The other nodes know `sent`; `totals` is what all have admitted together. */
  heard(sent: readonly Count[], totals: readonly Count[]): void {
    for (const count of sent) this.#settle(count, (entry) => this.#sent(entry, count));
    for (const count of totals) {
      this.#settle(count, (entry) => {
        entry.known = Math.max(entry.known, count.used);
      });
    }
  }

  /** `sent` did not arrive, as far as anyone can tell: it is told again, and so perhaps counted twice. */
  unsent(sent: readonly Count[]): void {
    for (const count of sent) {
      this.#settle(count, (entry) => {
        this.#sent(entry, count);
        entry.untold += count.used;
        this.#untold.add(entry);
      });
    }
  }

  #sent(entry: Entry, count: Count): void {
    entry.sending = Math.max(0, entry.sending - count.used);
  }

  #settle(count: Count, change: (entry: Entry) => void): void {
    const entry = this.#entries.get(keyOf(count));
    if (entry?.windowEnd === count.windowEnd) change(entry);
  }

  #entry(counter: Counter, now: number): Entry {
    const key = keyOf(counter);
    const found = this.#entries.get(key);
    if (found) {
      this.#entries.delete(key);
      if (found.windowEnd <= now) this.#restart(found, now);
      found.limit = counter.limit;
      this.#entries.set(key, found);
      return found;
    }
    if (this.#entries.size >= this.#max) this.#forgetOldest();
    const phase = phaseOf(key);
    const { workspaceId, name, limit } = counter;
    const fresh = {
      workspaceId,
      name,
      phase,
      windowEnd: windowEndAt(now, phase),
      known: 0,
      sending: 0,
      untold: 0,
      limit,
    };
    this.#entries.set(key, fresh);
    return fresh;
  }

  // What was not told of a window that is over no longer matters to anyone.
  #restart(entry: Entry, now: number): void {
    this.#untold.delete(entry);
    Object.assign(entry, { windowEnd: windowEndAt(now, entry.phase), known: 0, sending: 0, untold: 0 });
  }

  #forgetOldest(): void {
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      this.#untold.delete(entry);
      return;
    }
  }

  #add(entry: Entry, cost: number): void {
    entry.untold += cost;
    if (!this.shared) return;
    this.#untold.add(entry);
    if (entry.untold + entry.sending >= aheadOf(entry.limit) / 2) this.onUrgent();
  }

  // What costs more than a node may be ahead goes when everything else has been told.
  #reading(entry: Entry, now: number, cost: number): Reading {
    const here = entry.untold + entry.sending;
    const remaining = Math.max(0, entry.limit - entry.known - here);
    const ahead = this.holdsBack && here > 0 && here + cost > aheadOf(entry.limit) ? 'ahead' : null;
    return { remaining, resetMs: entry.windowEnd - now, refused: remaining < cost ? 'spent' : ahead };
  }
}
