import type { Db } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/log.ts';
import { indexBatch, isOtherIndexer } from './index-batch.ts';
import { sources } from './sources.ts';

/** How long a row waits at the most while there is little to do. */
const EVERY_MS = 1_000;
/** Parts of its time the indexer leaves to the sends while it has a backlog, for each it takes. */
const REST = 9;
const MIN_REST_MS = 20;
/** A node that finds another at work leaves it alone for so long. */
const STAND_BY_MS = 10_000;

/** Indexes whatever there is to index now. For tools and tests; a server's indexer does it by itself. */
export async function indexAll(db: Db): Promise<number> {
  let rows = 0;
  for (const source of sources) {
    for (let more = true; more; ) {
      const batch = await indexBatch(db, source);
      rows += batch.rows;
      more = batch.more;
    }
  }
  return rows;
}

/**
 * Fills the search index beside the sends: a message is found about a second after it is stored, later while more
 * arrive than it takes in a tenth of its time. Of several nodes one works.
 */
export class SearchIndexer implements AsyncDisposable {
  readonly #db: Db;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #over = false;

  constructor({ db, log }: { db: Db; log: Logger }) {
    this.#db = db;
    this.#log = log;
    this.#schedule(EVERY_MS);
  }

  #schedule(ms: number): void {
    if (this.#over) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, ms);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    const from = performance.now();
    let next = EVERY_MS;
    try {
      for (const source of sources) {
        const { more } = await indexBatch(this.#db, source);
        if (more) next = 0;
      }
      if (next === 0) next = Math.min(EVERY_MS, Math.max(MIN_REST_MS, REST * (performance.now() - from)));
    } catch (error) {
      next = STAND_BY_MS;
      if (!isOtherIndexer(error)) this.#log.error({ err: error }, 'indexing for the search failed; trying again');
    }
    this.#schedule(next);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}
