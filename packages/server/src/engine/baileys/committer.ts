import type { DeviceBatch, EngineRecord, EngineStore, SessionSpec } from '../port.ts';
import { backoff } from './backoff.ts';
import { mergeRecords, weight } from './merge-records.ts';

/** Records of one device that must be committed together. */
export interface CommitUnit {
  spec: SessionSpec;
  records: EngineRecord[];
  /** The unit is durable, or never will be. */
  done: (outcome: 'durable' | 'fenced' | 'lost') => void;
}

export interface CommitterOptions {
  store: EngineStore;
  maxRecords: number;
  retryMs: number;
  log: (text: string, fields: Record<string, string | number>) => void;
}

const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 2_000;

/**
 * Group commit: one call of the store in flight, everything that arrives meanwhile goes into the next. A rejecting
 * store is retried with the same units, which are idempotent; when it stays away too long they are given up, and
 * their sessions with them.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #waiting: CommitUnit[] = [];
  #running: Promise<void> | undefined;
  /** Units not yet settled, per device. */
  readonly #open = new Map<string, number>();
  readonly #quiet: { deviceId: string; resolve: () => void }[] = [];

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  add(unit: CommitUnit): void {
    const { deviceId } = unit.spec;
    this.#open.set(deviceId, (this.#open.get(deviceId) ?? 0) + 1);
    this.#waiting.push(unit);
    this.#running ??= this.#run();
  }

  /** Resolves when no unit of the device is open: the database says all that was ever written for it. */
  quiet(deviceId: string): Promise<void> {
    if (!this.#open.has(deviceId)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#quiet.push({ deviceId, resolve });
    });
  }

  /** Gives up what the device still has waiting. A commit that runs is not recalled. */
  drop(deviceId: string): void {
    const dropped = this.#waiting.filter(({ spec }) => spec.deviceId === deviceId);
    this.#waiting = this.#waiting.filter(({ spec }) => spec.deviceId !== deviceId);
    for (const unit of dropped) this.#settle(unit, 'lost');
  }

  async #run(): Promise<void> {
    // Units of the same turn of the event loop go together from the first commit on.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const units = this.#next();
      const fenced = await this.#commit(units);
      for (const unit of units) {
        this.#settle(unit, fenced === null ? 'lost' : fenced.has(unit.spec.deviceId) ? 'fenced' : 'durable');
      }
    }
    this.#running = undefined;
  }

  #next(): CommitUnit[] {
    let records = 0;
    let count = 0;
    for (const unit of this.#waiting) {
      const more = weight(unit.records);
      if (count > 0 && records + more > this.#options.maxRecords) break;
      records += more;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Names fenced devices; null when the store stayed away. */
  async #commit(units: readonly CommitUnit[]): Promise<Set<string> | null> {
    const { store, retryMs, log } = this.#options;
    const batches = deviceBatches(units);
    const giveUpAt = Date.now() + retryMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return new Set((await store.commit(batches)).fenced);
      } catch (error) {
        log('the store refused a commit', { attempt, error: error instanceof Error ? error.message : 'unknown' });
      }
      if (Date.now() >= giveUpAt) return null;
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt, RETRY_BASE_MS, RETRY_CAP_MS)));
    }
  }

  #settle(unit: CommitUnit, outcome: 'durable' | 'fenced' | 'lost'): void {
    const { deviceId } = unit.spec;
    const left = (this.#open.get(deviceId) ?? 1) - 1;
    if (left > 0) this.#open.set(deviceId, left);
    else this.#open.delete(deviceId);
    unit.done(outcome);
    if (left > 0) return;
    for (const waiter of this.#quiet.filter((one) => one.deviceId === deviceId)) {
      this.#quiet.splice(this.#quiet.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

/** One batch per device and token. */
function deviceBatches(units: readonly CommitUnit[]): DeviceBatch[] {
  const batches = new Map<string, DeviceBatch>();
  for (const { spec, records } of units) {
    const name = `${spec.deviceId}/${spec.token}`;
    const batch = batches.get(name);
    if (batch) batch.records.push(...records);
    else {
      const { workspaceId, deviceId, token } = spec;
      batches.set(name, { workspaceId, deviceId, token, records: [...records] });
    }
  }
  return Array.from(batches.values(), (batch) => ({ ...batch, records: mergeRecords(batch.records) }));
}
