import type { QuotaMemory, SpentMonth } from '../../operations/context.ts';
import type { Db } from '../../platform/db/port.ts';

/** The embedded database has one connection: nobody waits for a row there. */
const SHARDS: Record<Db['kind'], number> = { pglite: 1, postgres: 8 };
const MAX_SPENT = 10_000;
const SPENT_MS = 10_000;

/** Rows that share a workspace's count on this kind of database. */
export const shardsOn = (db: Pick<Db, 'kind'>): number => SHARDS[db.kind];

/** The part of `total` that one of `shards` gets; the parts sum up to it, and a larger total has no smaller part. */
export function shareOf(total: number, shard: number, shards: number): number {
  return Math.floor(total / shards) + (shard < total % shards ? 1 : 0);
}

/** Remembers for a while which months are used up, so that who sends on is refused without writing. Bounded. */
export class SpentMonths implements QuotaMemory {
  readonly shards: number;
  readonly #until = new Map<string, number>();

  constructor(shards: number) {
    this.shards = shards;
  }

  isSpent(month: SpentMonth): boolean {
    return this.#until.size > 0 && (this.#until.get(keyOf(month)) ?? 0) > Date.now();
  }

  noteSpent(month: SpentMonth): void {
    if (this.#until.size >= MAX_SPENT) this.#until.clear();
    this.#until.set(keyOf(month), Date.now() + SPENT_MS);
  }

  noteFreed(month: SpentMonth): void {
    this.#until.delete(keyOf(month));
  }
}

// With the limit in it: what a larger limit leaves is for the database to say.
const keyOf = ({ workspaceId, month, limit }: SpentMonth): string => `${workspaceId} ${month} ${limit}`;
