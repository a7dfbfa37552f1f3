import type { Queryable } from './port.ts';

interface Asker<Row> {
  resolve(row: Row | null): void;
  reject(error: unknown): void;
}

interface Asked<Key, Row> {
  key: Key;
  askers: Asker<Row>[];
}

interface LookupSpec<Key, Row> {
  /** What tells two keys apart. */
  name(key: Key): string;
  /** Reads the rows of these keys in one statement; each row with the place of its key in the list, from 0. */
  find(db: Queryable, keys: readonly Key[]): Promise<readonly (Row & { at: number })[]>;
}

/** Most keys one statement looks up. */
const MAX_KEYS = 200;

/**
 * Answers the look-ups of one kind asked for in the same turn of the loop with one statement: under load a statement
 * costs more than the rows it finds. Only what was asked through the same `db` (one workspace's) goes together.
 */
export class Lookup<Key, Row> {
  readonly #spec: LookupSpec<Key, Row>;
  readonly #open = new WeakMap<Queryable, Map<string, Asked<Key, Row>>>();

  constructor(spec: LookupSpec<Key, Row>) {
    this.#spec = spec;
  }

  /** The row of a key; null when there is none. Others who ask may get the same object: read it only. */
  get(db: Queryable, key: Key): Promise<Row | null> {
    return new Promise((resolve, reject) => {
      const batch = this.#batch(db);
      const name = this.#spec.name(key);
      const asked = batch.get(name) ?? { key, askers: [] };
      asked.askers.push({ resolve, reject });
      batch.set(name, asked);
      if (batch.size >= MAX_KEYS) this.#open.delete(db);
    });
  }

  #batch(db: Queryable): Map<string, Asked<Key, Row>> {
    const known = this.#open.get(db);
    if (known) return known;
    const batch = new Map<string, Asked<Key, Row>>();
    this.#open.set(db, batch);
    setImmediate(() => {
      if (this.#open.get(db) === batch) this.#open.delete(db);
      void this.#answer(db, [...batch.values()]);
    });
    return batch;
  }

  async #answer(db: Queryable, batch: readonly Asked<Key, Row>[]): Promise<void> {
    try {
      const rows = await this.#spec.find(
        db,
        batch.map(({ key }) => key),
      );
      const found = new Map(rows.map((row) => [row.at, row]));
      for (const [at, { askers }] of batch.entries()) for (const { resolve } of askers) resolve(found.get(at) ?? null);
    } catch (error) {
      for (const { askers } of batch) for (const { reject } of askers) reject(error);
    }
  }
}
