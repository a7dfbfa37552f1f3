import { isFaulty } from '../../platform/db/db-error.ts';
import type { DeviceBatch, EngineRecord, EngineStore, SessionSpec } from '../port.ts';
import { backoff } from './backoff.ts';
import { mergeRecords, weight } from './merge-records.ts';
import { standIn } from './stand-in.ts';

type Outcome = 'durable' | 'fenced' | 'lost';

/** Records of one device that must be committed together. */
export interface CommitUnit {
  spec: SessionSpec;
  records: EngineRecord[];
  /** What wrote it, if that writes in an order: after a unit that is lost nothing of the same stream is stored. */
  stream?: object | undefined;
  /** The unit is durable, or never will be. */
  done: (outcome: Outcome) => void;
}

export interface CommitterOptions {
  store: EngineStore;
  maxRecords: number;
  retryMs: number;
  log: (text: string, fields: Record<string, string | number>) => void;
}

const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 2_000;

/** A session's state in its stream. The rest is what happened. */
const STATE: ReadonlySet<EngineRecord['kind']> = new Set(['keys', 'credentials', 'session']);

/**
 * Group commit: one call of the store in flight, everything that arrives meanwhile goes into the next. A store that is
 * away is asked again with the same units, which are idempotent; when it stays away too long they are given up, and
 * their sessions with them. Units it cannot hold are stored in ever smaller pieces: what one stranger sends must not
 * keep the rest of the node from its database.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #waiting: CommitUnit[] = [];
  #running: Promise<void> | undefined;
  /** Units not yet settled, per device. */
  readonly #open = new Map<string, number>();
  readonly #quiet: { deviceId: string; resolve: () => void }[] = [];
  /** Streams of which something was lost in the commit that runs. */
  readonly #cut = new Set<object>();

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
    this.#dropWaiting(({ spec }) => spec.deviceId === deviceId);
  }

  #dropWaiting(isDropped: (unit: CommitUnit) => boolean): void {
    const dropped = this.#waiting.filter(isDropped);
    this.#waiting = this.#waiting.filter((unit) => !isDropped(unit));
    for (const unit of dropped) this.#settle(unit, 'lost');
  }

  async #run(): Promise<void> {
    // Units of the same turn of the event loop go together from the first commit on.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const { retryMs } = this.#options;
      this.#cut.clear();
      await this.#store(this.#next(), Date.now() + retryMs);
    }
    this.#running = undefined;
  }

  #next(): CommitUnit[] {
    const { store, maxRecords } = this.#options;
    const workspaceIds = this.#waiting.map(({ spec }) => spec.workspaceId);
    const most = store.mostRecords?.(workspaceIds, maxRecords) ?? maxRecords;
    let records = 0;
    let count = 0;
    for (const unit of this.#waiting) {
      const more = weight(unit.records);
      if (count > 0 && records + more > most) break;
      records += more;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Brings the units to their outcome, in halves where the store refuses them. */
  async #store(units: readonly CommitUnit[], giveUpAt: number): Promise<void> {
    if (units.length === 0) return;
    const fenced = await this.#commit(deviceBatches(units), giveUpAt);
    const [unit] = units;
    if (fenced === 'refused' && unit) {
      if (units.length === 1) return this.#end(unit, await this.#apart(unit, giveUpAt));
      for (const half of halves(units)) await this.#store(this.#uncut(half), giveUpAt);
      return;
    }
    for (const one of units) this.#end(one, outcomeOf(fenced, one.spec));
  }

  /** The units whose streams lost nothing; the others are lost with what came before them. */
  #uncut(units: readonly CommitUnit[]): CommitUnit[] {
    const isCut = ({ stream }: CommitUnit): boolean => stream !== undefined && this.#cut.has(stream);
    for (const unit of units.filter(isCut)) this.#settle(unit, 'lost');
    return units.filter((unit) => !isCut(unit));
  }

  /**
   * Settles a unit that was tried. With one that is lost goes what its stream wrote after it: keys that become durable
   * without the message they opened make its redelivery one nobody can open.
   */
  #end(unit: CommitUnit, outcome: Outcome): void {
    const { stream } = unit;
    if (outcome === 'lost' && stream !== undefined) {
      this.#cut.add(stream);
      this.#dropWaiting((one) => one.stream === stream);
    }
    this.#settle(unit, outcome);
  }

  /**
   * Stores a refused unit in pieces. State comes last: a message whose keys are not durable is delivered and opened
   * again after a crash, one whose keys alone are durable is lost. Refused state is lost, and its session with it.
   */
  async #apart({ spec, records }: CommitUnit, giveUpAt: number): Promise<Outcome> {
    const merged = mergeRecords(records);
    const happened = merged.filter(({ kind }) => !STATE.has(kind));
    const outcome = await this.#pieces(spec, happened, giveUpAt);
    const state = merged.filter(({ kind }) => STATE.has(kind));
    if (outcome !== 'durable' || state.length === 0) return outcome;
    return outcomeOf(await this.#commit([batchOf(spec, state)], giveUpAt), spec);
  }

  /** Stores records in their order; of one that alone is refused, what can stand for it. */
  async #pieces(spec: SessionSpec, records: readonly EngineRecord[], giveUpAt: number): Promise<Outcome> {
    const [record] = records;
    if (!record) return 'durable';
    const fenced = await this.#commit([batchOf(spec, records)], giveUpAt);
    if (fenced !== 'refused') return outcomeOf(fenced, spec);
    if (records.length > 1) {
      for (const half of halves(records)) {
        const outcome = await this.#pieces(spec, half, giveUpAt);
        if (outcome !== 'durable') return outcome;
      }
      return 'durable';
    }
    const instead = standIn(record);
    const stored = instead && (await this.#commit([batchOf(spec, [instead])], giveUpAt));
    const isLeftOut = stored === undefined || stored === 'refused';
    const what = isLeftOut ? 'left out' : 'stored as unsupported';
    this.#options.log(`a record that cannot be stored was ${what}`, { deviceId: spec.deviceId, kind: record.kind });
    return isLeftOut ? 'durable' : outcomeOf(stored, spec);
  }

  /** Names fenced devices; `refused` where the store cannot hold it, `away` when it stayed away. */
  async #commit(batches: readonly DeviceBatch[], giveUpAt: number): Promise<Answer> {
    const { store, log } = this.#options;
    let faults = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        return new Set((await store.commit(batches)).fenced);
      } catch (error) {
        log('the store refused a commit', { attempt, error: error instanceof Error ? error.message : 'unknown' });
        if (isFaulty(error)) {
          faults += 1;
          if (faults > 1) return 'refused';
          // Once more, at once: it may have been another's write at the same moment.
          continue;
        }
      }
      if (Date.now() >= giveUpAt) return 'away';
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt, RETRY_BASE_MS, RETRY_CAP_MS)));
    }
  }

  #settle(unit: CommitUnit, outcome: Outcome): void {
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

type Answer = Set<string> | 'refused' | 'away';

function outcomeOf(answer: Answer, { deviceId }: SessionSpec): Outcome {
  if (!(answer instanceof Set)) return 'lost';
  return answer.has(deviceId) ? 'fenced' : 'durable';
}

function halves<T>(all: readonly T[]): [readonly T[], readonly T[]] {
  const middle = all.length >> 1;
  return [all.slice(0, middle), all.slice(middle)];
}

const batchOf = ({ workspaceId, deviceId, token }: SessionSpec, records: readonly EngineRecord[]): DeviceBatch => ({
  workspaceId,
  deviceId,
  token,
  records: [...records],
});

/** One batch per device and token. */
function deviceBatches(units: readonly CommitUnit[]): DeviceBatch[] {
  const batches = new Map<string, DeviceBatch>();
  for (const { spec, records } of units) {
    const name = `${spec.deviceId}/${spec.token}`;
    const batch = batches.get(name);
    if (batch) batch.records.push(...records);
    else batches.set(name, batchOf(spec, records));
  }
  return Array.from(batches.values(), (batch) => ({ ...batch, records: mergeRecords(batch.records) }));
}
