export interface SendBounds {
  /** Requests in hand that are not slow yet: of all, and of one workspace. */
  total: number;
  each: number;
  /** Requests in hand that have been for `slowMs`: of all, and of one workspace. They take no place of the others. */
  slow: number;
  slowEach: number;
  slowMs: number;
  /** Requests to one endpoint that answers well. */
  window: number;
}

export interface Endpoint {
  id: string;
  workspace_id: string;
}

/** One request's place. It is left once, by `leave` after an attempt or by `free` when there was none. */
export interface SendPlace {
  leave(ok: boolean): void;
  free(): void;
}

/** Endpoints whose windows are remembered; a forgotten one begins anew. */
const MAX_WINDOWS = 10_000;

class Counts {
  readonly #of = new Map<string, number>();
  total = 0;

  get(key: string): number {
    return this.#of.get(key) ?? 0;
  }

  add(key: string, by: 1 | -1): void {
    const count = this.get(key) + by;
    if (count > 0) this.#of.set(key, count);
    else this.#of.delete(key);
    this.total += by;
  }
}

/** Endpoints without a place that hear of one that is left: some of them may not have that one. */
const HEAR = 4;
/** Places that endpoints which failed may have, of those that all may have: the others are for endpoints that answer. */
const FAILED_SHARE = 0.5;

/**
 * Shares out the requests one node has in hand. An endpoint begins with one at a time, gets twice as many with every
 * success, and one again after a failure or while a request hangs. What hangs is counted apart from what does not, and
 * endpoints whose last request failed have a part of the places only: however many are dead, others get theirs.
 */
export class SendPlaces {
  readonly #bounds: SendBounds;
  readonly #fast = new Counts();
  readonly #slow = new Counts();
  readonly #inHand = new Counts();
  readonly #hanging = new Counts();
  readonly #windows = new Map<string, number>();
  /** Endpoints whose last request failed. */
  readonly #failed = new Set<string>();
  /** Places of those, of the ones that are not slow. */
  readonly #fastOfFailed = new Counts();

  /** Endpoints that wait for a place, in the order they came: those that failed, and the others. */
  readonly #waiting = { failed: new Set<string>(), others: new Set<string>() };
  readonly #onRoom: (id: string) => void;

  /** `onRoom` hears which endpoint that was crowded out may find a place now. */
  constructor(bounds: SendBounds, onRoom: (id: string) => void) {
    this.#bounds = bounds;
    this.#onRoom = onRoom;
  }

  /** Requests in hand. */
  get inHand(): number {
    return this.#inHand.total;
  }

  /** How many more requests may go to an endpoint now. */
  room(endpoint: Endpoint): number {
    const { id } = endpoint;
    const window = this.#hanging.get(id) > 0 ? 1 : (this.#windows.get(id) ?? 1);
    return Math.max(0, Math.min(window - this.#inHand.get(id), this.#left(endpoint)));
  }

  /** Notes an endpoint with no room: where that is for others have all places, it hears when one is left. */
  waits(endpoint: Endpoint): void {
    if (this.#left(endpoint) > 0) return;
    this.#waiting[this.#failed.has(endpoint.id) ? 'failed' : 'others'].add(endpoint.id);
  }

  /** A place was left, by an endpoint that had failed or by another. */
  #tellWaiting(byFailed: boolean): void {
    const { failed, others } = this.#waiting;
    for (const waiting of byFailed ? [failed, others] : [others]) {
      let left = HEAR;
      for (const id of waiting) {
        if (left-- === 0) break;
        waiting.delete(id);
        this.#onRoom(id);
      }
    }
  }

  #left({ id, workspace_id: workspaceId }: Endpoint): number {
    const { total, each } = this.#bounds;
    const left = Math.min(total - this.#fast.total, each - this.#fast.get(workspaceId));
    if (!this.#failed.has(id)) return left;
    const most = (bound: number): number => Math.ceil(bound * FAILED_SHARE);
    return Math.min(left, most(total) - this.#fastOfFailed.total, most(each) - this.#fastOfFailed.get(workspaceId));
  }

  /** Takes a place; the caller has looked whether there is room. */
  take({ id, workspace_id: workspaceId }: Endpoint): SendPlace {
    let isSlow = false;
    let hangs = false;
    let held = true;
    const hasFailed = this.#failed.has(id);
    this.#fast.add(workspaceId, 1);
    if (hasFailed) this.#fastOfFailed.add(workspaceId, 1);
    const leaveFast = (): void => {
      this.#fast.add(workspaceId, -1);
      if (hasFailed) this.#fastOfFailed.add(workspaceId, -1);
      this.#tellWaiting(hasFailed);
    };
    this.#inHand.add(id, 1);
    const timer = setTimeout(() => {
      this.#hanging.add(id, 1);
      hangs = true;
      // Where even the slow ones have no place left it stays where it is: the whole is bounded.
      const { slow, slowEach } = this.#bounds;
      if (this.#slow.total >= slow || this.#slow.get(workspaceId) >= slowEach) return;
      isSlow = true;
      this.#slow.add(workspaceId, 1);
      leaveFast();
    }, this.#bounds.slowMs);
    timer.unref();
    const free = (): void => {
      if (!held) return;
      held = false;
      clearTimeout(timer);
      this.#inHand.add(id, -1);
      if (hangs) this.#hanging.add(id, -1);
      if (isSlow) this.#slow.add(workspaceId, -1);
      else leaveFast();
    };
    return {
      free,
      leave: (ok) => {
        if (held) this.#learn(id, { ok, hung: hangs });
        free();
      },
    };
  }

  #learn(id: string, { ok, hung }: { ok: boolean; hung: boolean }): void {
    if (this.#failed.size >= MAX_WINDOWS) this.#failed.clear();
    if (ok) this.#failed.delete(id);
    else this.#failed.add(id);
    const window = ok && !hung ? Math.min(this.#bounds.window, 2 * (this.#windows.get(id) ?? 1)) : 1;
    this.#windows.delete(id);
    if (this.#windows.size >= MAX_WINDOWS) this.#windows.delete(this.#windows.keys().next().value ?? '');
    if (window > 1) this.#windows.set(id, window);
  }
}
