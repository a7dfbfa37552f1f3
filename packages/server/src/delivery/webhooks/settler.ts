import type { WebhookRow } from '../../features/webhooks/index.ts';
import type { Db } from '../../platform/db/port.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import { type Result, settleResults } from './settle.ts';

/** Results that are written together at most. */
const BATCH = 100;

interface Waiting {
  result: Result;
  done: () => void;
  failed: (error: unknown) => void;
}

interface SettlerServices {
  db: Db;
  now: () => Date;
  pauseAfterMs: number;
  onChange(rows: readonly WebhookRow[]): void;
}

/** Writes results one batch after the other: while one is being written the next gathers, and needs one commit as well. */
export class ResultWriter {
  readonly #services: SettlerServices;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;

  constructor(services: SettlerServices) {
    this.#services = services;
  }

  /** Resolves once the result is on disk; rejects where it was not written: its delivery is then made again. */
  write(result: Result): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ result, done, failed });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#commit(batch.map(({ result }) => result));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = null;
  }

  async #commit(results: readonly Result[]): Promise<void> {
    const { db, now, pauseAfterMs, onChange } = this.#services;
    const workspaces = new Set(results.map(({ row }) => row.workspace_id));
    const changed = await db.patient(workspaces).tx((tx) => settleResults(tx, results, { pauseAfterMs, now: now() }));
    faultPoint('webhook.settled');
    if (changed.length > 0) onChange(changed);
  }
}
