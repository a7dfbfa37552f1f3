/** Between two looks at workspaces with news, or at all endpoints: what comes meanwhile gathers. */
const GATHER_MS = 25;
/** Between two looks at endpoints that have answered: what else they answer meanwhile goes into the same statements. */
const AGAIN_MS = 10;
/** Between two pages of one look at all endpoints: many of them cost no more than this lets them. */
const PAGE_MS = 100;
/** Between the beginnings of two looks at all endpoints, where there are some and where there are none. */
const ALL_MS = 1_000;
const NONE_MS = 250;
/** Workspaces looked at together: each has fifty endpoints at the most. */
const WORKSPACES = 20;
/** Workspaces that wait for their look. What else has news is found with all. */
const MAX_WORKSPACES = 10_000;
/** Endpoints without a place that are looked at when one is left: some may want that of another workspace. */
const FOR_EACH_PLACE = 4;

/** Endpoints to look at: a page of all of them, those of some workspaces, and some by their id. */
export interface Look {
  /** The page after this id; null: none is due. */
  after: string | null;
  workspaces: string[];
  ids: string[];
}

/**
 * Which endpoints are looked at next, and when. Workspaces with news come at once, and a moment later again: an event
 * shows only when no older transaction is open any more. All endpoints are looked at every second, page by page, for what
 * nobody tells of: retries whose time has come, and what other nodes leave behind.
 */
export class Lookout {
  /** Workspaces with news; false: they were looked at, and are once more. */
  readonly #news = new Map<string, boolean>();
  readonly #seen = new Set<string>();
  readonly #again = new Set<string>();
  readonly #crowded = new Set<string>();
  #isPageDue = true;
  #after = '';
  #seesHooks = false;
  #hasHooks = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #newsAt = Number.NEGATIVE_INFINITY;
  #pageAt = Number.NEGATIVE_INFINITY;
  #allAt = Number.NEGATIVE_INFINITY;

  get isDue(): boolean {
    return this.#isPageDue || this.#news.size > 0 || this.#again.size > 0;
  }

  /** Something is new in a workspace; null: nobody knows in which. Where there are no endpoints it is not worth a look. */
  wake(workspaceId: string | null): void {
    if (!this.#hasHooks) return;
    if (workspaceId !== null) this.#tell(workspaceId, true);
    else if (this.#after === '') this.#isPageDue = true;
    // The pages that were looked at already are due again.
    else this.#allAt = Number.NEGATIVE_INFINITY;
  }

  /** An endpoint may have more to do. */
  again(id: string): void {
    this.#again.add(id);
  }

  /** An endpoint has something to do and gets no place, for others have them all. */
  crowded(id: string): void {
    this.#crowded.add(id);
  }

  /** A place was left: those that have waited longest may have it. */
  freed(): void {
    for (const id of [...this.#crowded.values()].slice(0, FOR_EACH_PLACE)) {
      this.#crowded.delete(id);
      this.#again.add(id);
    }
  }

  /** Some time has passed. */
  tick(now: number): void {
    for (const workspaceId of this.#seen) this.#tell(workspaceId, false);
    this.#seen.clear();
    if (now - this.#allAt >= (this.#hasHooks ? ALL_MS : NONE_MS)) this.#isPageDue = true;
  }

  /** What to look at now; or in how many milliseconds something is. */
  next(now: number): Look | number {
    const page = this.#isPageDue ? this.#pageAt + (this.#after === '' ? GATHER_MS : PAGE_MS) - now : Infinity;
    const news = this.#news.size > 0 ? this.#newsAt + GATHER_MS - now : Infinity;
    const again = this.#again.size > 0 ? this.#lookedAt + AGAIN_MS - now : Infinity;
    const wait = Math.min(page, news, again);
    if (wait > 0) return wait;
    this.#lookedAt = now;
    const ids = [...this.#again];
    this.#again.clear();
    return {
      ids,
      workspaces: news <= 0 ? this.#takeNews(now) : [],
      after: page <= 0 ? this.#takePage(now) : null,
    };
  }

  /** What the page that was due has shown: how many endpoints, and where the next page begins; '' after the last. */
  paged(count: number, next: string): void {
    this.#seesHooks ||= count > 0;
    this.#after = next;
    if (next === '') this.#hasHooks = this.#seesHooks;
    else this.#isPageDue = this.#hasHooks = true;
  }

  #tell(workspaceId: string, isNew: boolean): void {
    const known = this.#news.get(workspaceId);
    if (known === undefined && this.#news.size >= MAX_WORKSPACES) return;
    this.#news.set(workspaceId, isNew || known === true);
  }

  #takeNews(now: number): string[] {
    this.#newsAt = now;
    const taken = [...this.#news].slice(0, WORKSPACES);
    for (const [workspaceId, isNew] of taken) {
      this.#news.delete(workspaceId);
      if (isNew) this.#seen.add(workspaceId);
    }
    return taken.map(([workspaceId]) => workspaceId);
  }

  /** Should looking fail, the same page is due again with the next tick but some. */
  #takePage(now: number): string {
    this.#pageAt = now;
    this.#isPageDue = false;
    if (this.#after === '') {
      this.#allAt = now;
      this.#seesHooks = false;
    }
    return this.#after;
  }
}
