import { expect } from 'vitest';
import { type ApiClient, type Json, rowsOf } from './api.ts';
import { expectOk } from './sandbox-device.ts';

/** Rows of a list that were not looked at before. */
export class News {
  readonly #seen = new Set<unknown>();
  readonly #api: ApiClient;
  readonly #path: string;
  readonly #is: (row: Json) => boolean;

  constructor(api: ApiClient, path: string, is: (row: Json) => boolean = () => true) {
    this.#api = api;
    this.#path = path;
    this.#is = is;
  }

  async #read(): Promise<Json[]> {
    const rows = rowsOf(await expectOk(this.#api.get(this.#path)));
    return rows.filter((row) => this.#is(row) && !this.#seen.has(row['id']));
  }

  /** From here on only what comes anew is news. */
  async reset(): Promise<void> {
    for (const { id } of await this.#read()) this.#seen.add(id);
  }

  /** The one row that comes. */
  async one(): Promise<Json> {
    await expect.poll(async () => (await this.#read()).length, { timeout: 30_000, interval: 25 }).toBe(1);
    const [row = {}] = await this.#read();
    this.#seen.add(row['id']);
    return row;
  }
}
