/** Between two looks at workspaces with news, or at all endpoints: what comes meanwhile gathers. */
const GATHER_MS = 25;
/** Between two looks at endpoints that have answered: what else they answer meanwhile goes into the same statements. */
const AGAIN_MS = 10;
/** Between two pages of one look at all endpoints: many of them cost no more than this lets them. */
const PAGE_MS = 100;
/** Milliseconds between the beginnings of two looks at all endpoints for each of them, and the bounds of that. */
const ALL_MS_EACH = 1;
const MIN_ALL_MS = 250;
const MAX_ALL_MS = 1_000;
/** Ticks are not that exact. */
const SLACK_MS = 100;
/** What is looked at in one statement: so many endpoints, as far as is known, of so many workspaces with news. */
const ENDPOINTS = 1_000;
const WORKSPACES = 500;
/** Workspaces that wait for their look. What else has news is found with all. */
const MAX_WORKSPACES = 10_000;

/** Endpoints to look at: a page of all of them, those of some workspaces, and some by their id. */
export interface Look {
  /** The page after this id; null: none is due. */
  after: string | null;
  workspaces: string[];
  ids: string[];
}

/**
 * Which endpoints are looked at next, and when. Workspaces with news come at once, and a moment later again: an event
 * shows only when no older transaction is open any more. All endpoints are looked at up to four times a second, where
 * they are many once, page by page, for what nobody tells of: retries whose time has come, and what other nodes leave.
 */
export class Lookout {
  /** Workspaces with news; false: they were looked at, and are once more. */
  readonly #news = new Map<string, boolean>();
  readonly #seen = new Set<string>();
  readonly #again = new Set<string>();
  /** Endpoints of each workspace that has some: by the last look at all, and by the one that goes on. */
  #endpoints = new Map<string, number>();
  #counting = new Map<string, number>();
  #count = 0;
  #counted = 0;
  #isPageDue = true;
  #isPaging = false;
  #after = '';
  #lookedAt = Number.NEGATIVE_INFINITY;
  #newsAt = Number.NEGATIVE_INFINITY;
  #pageAt = Number.NEGATIVE_INFINITY;
  #allAt = Number.NEGATIVE_INFINITY;

  get isDue(): boolean {
    return this.#isPageDue || this.#news.size > 0 || this.#again.size > 0;
  }

  /**
   * Something is new in a workspace; null: nobody knows in which. False where no workspace has an endpoint: then it is
   * not worth a look.
   */
  wake(workspaceId: string | null): boolean {
    if (this.#endpoints.size === 0 && !this.#isPaging) return false;
    if (workspaceId !== null) this.#tell(workspaceId, true);
    // The pages that were looked at already are due again.
    else if (this.#isPaging) this.#allAt = Number.NEGATIVE_INFINITY;
    else this.#isPageDue = true;
    return true;
  }

  /** An endpoint may have more to do. */
  again(id: string): void {
    this.#again.add(id);
  }

  /** Some time has passed. */
  tick(now: number): void {
    for (const workspaceId of this.#seen) this.#tell(workspaceId, false);
    this.#seen.clear();
    const every = Math.min(MAX_ALL_MS, Math.max(MIN_ALL_MS, this.#count * ALL_MS_EACH));
    if (now - this.#allAt >= every - SLACK_MS) this.#isPageDue = true;
  }

  /** What to look at now; or in how many milliseconds something is. */
  next(now: number): Look | number {
    const page = this.#isPageDue ? this.#pageAt + (this.#isPaging ? PAGE_MS : GATHER_MS) - now : Infinity;
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

  /** What the page that was due has shown: the workspace of each endpoint, and where the next page begins ('': nowhere). */
  paged(workspaces: readonly string[], next: string): void {
    for (const id of workspaces) this.#counting.set(id, (this.#counting.get(id) ?? 0) + 1);
    this.#counted += workspaces.length;
    this.#after = next;
    if (next !== '') {
      this.#isPageDue = true;
      return;
    }
    this.#endpoints = this.#counting;
    this.#count = this.#counted;
    this.#isPaging = false;
  }

  #tell(workspaceId: string, isNew: boolean): void {
    const known = this.#news.get(workspaceId);
    if (known === undefined && this.#news.size >= MAX_WORKSPACES) return;
    this.#news.set(workspaceId, isNew || known === true);
  }

  #takeNews(now: number): string[] {
    this.#newsAt = now;
    const taken: string[] = [];
    let endpoints = 0;
    for (const [workspaceId, isNew] of this.#news) {
      endpoints += this.#endpoints.get(workspaceId) ?? 0;
      if (taken.length > 0 && (endpoints > ENDPOINTS || taken.length >= WORKSPACES)) break;
      taken.push(workspaceId);
      this.#news.delete(workspaceId);
      if (isNew) this.#seen.add(workspaceId);
    }
    return taken;
  }

  /** Should looking fail, the same page is due again with a later tick. */
  #takePage(now: number): string {
    this.#pageAt = now;
    this.#isPageDue = false;
    if (this.#after === '') {
      this.#allAt = now;
      this.#isPaging = true;
      this.#counting = new Map();
      this.#counted = 0;
    }
    return this.#after;
  }
}
