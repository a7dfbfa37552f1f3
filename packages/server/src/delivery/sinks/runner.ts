import { setTimeout as sleep } from 'node:timers/promises';
import { type LogBell, type LogCursor, readWholeLog, type WholeLogRow } from '../../features/events/index.ts';
import {
  claimSink,
  ensureSink,
  moveSink,
  noteSinkFailure,
  noteSinkReached,
  releaseSink,
  renewSink,
  type SinkLease,
  type SinkName,
} from '../../features/sinks/index.ts';
import type { Db } from '../../platform/db/port.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import type { Logger } from '../../platform/log.ts';
import { messageOf } from './message.ts';
import { type OpenSink, type Sink, SinkError } from './port.ts';
import { pauseAfter } from './retry.ts';

/** Without a ring the log is looked at this often. */
const POLL_MS = 1_000;
const PAGE = 100;
const LEASE_TTL_MS = 15_000;
const RENEW_MS = 5_000;
/** A node that does not publish asks so often whether the one that does is gone. */
const CLAIM_MS = 5_000;
/** What is on its way gets so long when this node stops; what is cut off comes again. */
const GRACE_MS = 5_000;
/** A sink that goes on failing is told of so often. */
const WARN_MS = 60_000;

export interface RunnerServices {
  db: Db;
  log: Logger;
  /** This node's lasting name. No other living process bears it. */
  holder: string;
  /** Rings whenever events were committed. */
  bell: LogBell;
  name: SinkName;
  open: OpenSink;
  /** Where a sink begins that this database has not met: at the oldest event kept, or at what is new. */
  fromStart: boolean;
}

/** Another node publishes now, or nobody may know who does: the hold ran out. */
class HoldLost extends Error {}

/** A sink that this node publishes for, with its broker open. */
interface Hold {
  lease: SinkLease;
  sink: Sink;
  /** Ends when the lease or the connection is lost, or this node stops. */
  held: AbortController;
  at: LogCursor;
  isReached: boolean;
}

/**
 * Publishes the log of all workspaces to one broker, in its order, from where the last holder was: the place is moved when
 * the broker has confirmed, never before, so a crash repeats events and loses none. One node at a time does.
 */
export class SinkRunner implements AsyncDisposable {
  readonly #services: RunnerServices;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #sink: Sink | null = null;
  #failures = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(services: RunnerServices) {
    this.#services = services;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { db, name, fromStart } = this.#services;
    let isKnown = false;
    while (!this.#stop.signal.aborted) {
      try {
        if (!isKnown) await ensureSink(db, { name, fromStart });
        isKnown = true;
        const pause = await this.#turn();
        await this.#pause(pause);
      } catch (error) {
        this.#failures += 1;
        this.#warn(error);
        await this.#pause(pauseAfter(this.#failures));
      }
    }
  }

  /** Holds the sink for as long as that goes well; returns how long to wait before the next try. */
  async #turn(): Promise<number> {
    const { db, name, holder } = this.#services;
    const lease = await claimSink(db, { name, holder, ttlMs: LEASE_TTL_MS });
    if (lease === null) return CLAIM_MS * (0.5 + Math.random() / 2);
    const held = new AbortController();
    const renewing = this.#keep(lease, held);
    try {
      await this.#publishAll(lease, held);
      return 0;
    } catch (error) {
      if (this.#stop.signal.aborted) return 0;
      if (error instanceof HoldLost) return CLAIM_MS;
      if (error instanceof SinkError) await noteSinkFailure(db, lease, error.message);
      throw error;
    } finally {
      clearInterval(renewing);
      // Another node may reach the broker where this one does not.
      await releaseSink(db, lease).catch((error: unknown) => this.#warn(error));
    }
  }

  /** Renews a hold until it is given up. `held` ends when it is lost, or may be: two renewals failed. */
  #keep(lease: SinkLease, held: AbortController): NodeJS.Timeout {
    let renewedAt = performance.now();
    return setInterval(() => {
      const from = performance.now();
      renewSink(this.#services.db, lease, LEASE_TTL_MS).then(
        (isHeld) => {
          if (isHeld) renewedAt = from;
          else held.abort(new HoldLost());
        },
        () => {
          if (performance.now() - renewedAt > LEASE_TTL_MS - RENEW_MS) held.abort(new HoldLost());
        },
      );
    }, RENEW_MS);
  }

  async #publishAll(lease: SinkLease, held: AbortController): Promise<void> {
    const sink = await this.#services.open();
    this.#sink = sink;
    const lose = (): void => held.abort(sink.lost.reason);
    const stop = (): void => held.abort();
    sink.lost.addEventListener('abort', lose, { once: true });
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    try {
      if (sink.lost.aborted) lose();
      const hold: Hold = { lease, sink, held, at: lease.at, isReached: false };
      while (!this.#stop.signal.aborted) await this.#publishNext(hold);
    } finally {
      this.#stop.signal.removeEventListener('abort', stop);
      sink.lost.removeEventListener('abort', lose);
      this.#sink = null;
      await sink[Symbol.asyncDispose]();
    }
  }

  /** Publishes the next events of the log, or waits for some. */
  async #publishNext(hold: Hold): Promise<void> {
    const { db, bell } = this.#services;
    const rest = new AbortController();
    const wake = (): void => rest.abort();
    hold.held.signal.addEventListener('abort', wake, { once: true });
    // From before the look on, so that no ring is missed that comes meanwhile.
    const rung = bell.wait(POLL_MS, rest.signal);
    try {
      hold.held.signal.throwIfAborted();
      const patient = db.patient([]);
      const { rows, next } = await readWholeLog(patient, { after: hold.at, limit: patient.rows(PAGE) });
      if (rows.length > 0) await this.#publish(hold, { rows, next });
      else await this.#reached(hold);
      if (rows.length === 0) await rung;
    } finally {
      hold.held.signal.removeEventListener('abort', wake);
      rest.abort();
    }
  }

  async #publish(hold: Hold, { rows, next }: { rows: readonly WholeLogRow[]; next: LogCursor }): Promise<void> {
    faultPoint('sink.read');
    await hold.sink.publish(rows.map(messageOf));
    faultPoint('sink.confirmed');
    if (!(await moveSink(this.#services.db, hold.lease, { to: next, count: rows.length }))) throw new HoldLost();
    hold.at = next;
    faultPoint('sink.moved');
    await this.#reached(hold);
  }

  /** The broker took what there was, or there was nothing for it: it does not fail. */
  async #reached(hold: Hold): Promise<void> {
    if (hold.isReached) return;
    hold.isReached = true;
    await noteSinkReached(this.#services.db, hold.lease);
    if (this.#failures > 0) this.#services.log.info({ sink: hold.lease.name }, 'events reach the broker again');
    this.#failures = 0;
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #warn(error: unknown): void {
    if (performance.now() - this.#warnedAt < WARN_MS && this.#failures > 1) return;
    this.#warnedAt = performance.now();
    const { log, name } = this.#services;
    // A SinkError has been cleared of secrets; its stack tells nothing more.
    const cause = error instanceof SinkError ? { reason: error.message } : { err: error };
    log.warn({ sink: name, ...cause }, 'events do not reach the broker; trying again');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const cut = setTimeout(() => void this.#sink?.[Symbol.asyncDispose](), GRACE_MS);
    await this.#running;
    clearTimeout(cut);
  }
}
