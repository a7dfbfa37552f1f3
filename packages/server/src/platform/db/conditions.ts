import type { SqlValue } from './port.ts';

/**
 * The WHERE of a list: only what was asked for is in it. Plans are made once for a text, whatever its values; a
 * condition like `$2 is null or x = $2` would cost every caller the index on `x`.
 */
export class Conditions {
  readonly params: SqlValue[] = [];
  readonly #texts: string[] = [];

  /** Adds a condition with one `?` for its value. Null means it was not asked for. */
  and(condition: string, value: SqlValue): this {
    if (value === null) return this;
    this.params.push(value);
    this.#texts.push(condition.replace('?', `$${this.params.length}`));
    return this;
  }

  /**
   * Adds a condition without a value of a caller where it was asked for. Values known beforehand belong into its text:
   * of `x <> all ($2)` a plan made for any value expects nothing to be left, and then it may read all there is.
   */
  when(asked: boolean, condition: string): this {
    if (asked) this.#texts.push(condition);
    return this;
  }

  get sql(): string {
    return this.#texts.length === 0 ? '' : `where ${this.#texts.join(' and ')}`;
  }
}

const LIMITS = [26, 51, 101, 201, 501];

/**
 * LIMIT as part of the text, for a plan that knows it: rounded up, so that few texts are in use. The caller cuts to
 * what it wants. Throws RangeError above 501.
 */
export function limitSql(rows: number): string {
  const limit = LIMITS.find((one) => one >= rows);
  if (limit === undefined) throw new RangeError(`a list of ${rows} rows`);
  return `limit ${limit}`;
}
