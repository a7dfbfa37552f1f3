import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { NetworkEndpoint } from '../endpoint.ts';
import { backoff } from './backoff.ts';
import type { EngineOptions } from './options.ts';
import type { FromWorker } from './protocol.ts';
import { WorkerProcess } from './worker-process.ts';

export interface PoolHooks {
  said: (message: FromWorker, worker: WorkerProcess) => void;
  gone: (worker: WorkerProcess, how: string) => void;
}

/** A place in the pool; the process in it may change. */
interface Seat {
  worker: WorkerProcess | undefined;
  sessions: number;
  restarts: number;
  /** Crashes in a row, for the back-off, and when the process may be started again. */
  crashes: number;
  notBefore: number;
  startedAt: number;
}

const STABLE_MS = 20_000;

/** The worker processes of one network: made when first needed, replaced when they die, chosen by load. */
export class WorkerPool {
  readonly endpoint: NetworkEndpoint;
  readonly #options: EngineOptions;
  readonly #hooks: PoolHooks;
  readonly #seats: Seat[] = [];

  constructor(endpoint: NetworkEndpoint, options: EngineOptions, hooks: PoolHooks) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#hooks = hooks;
  }

  /** Starts a worker for the first session, if none has been. */
  prepare(): void {
    if (this.#seats.length > 0) return;
    const seat = this.#choose();
    seat.worker = this.#start(seat);
  }

  /** The least loaded worker, started and ready. Count the session with `enter` and `leave`. */
  async worker(): Promise<WorkerProcess> {
    const seat = this.#choose();
    seat.sessions += 1;
    try {
      const pause = seat.notBefore - Date.now();
      if (!seat.worker && pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      seat.worker ??= this.#start(seat);
      const { worker } = seat;
      await worker.ready;
      return worker;
    } catch (error) {
      seat.sessions = Math.max(0, seat.sessions - 1);
      throw error;
    }
  }

  /** One session of this worker is over. */
  leave(worker: WorkerProcess): void {
    const seat = this.#seats.find((one) => one.worker === worker);
    if (seat) seat.sessions = Math.max(0, seat.sessions - 1);
  }

  list(): { pid: number; sessions: number; restarts: number }[] {
    return this.#seats.flatMap(({ worker, sessions, restarts }) =>
      worker?.alive ? [{ pid: worker.pid, sessions, restarts }] : [],
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.#seats.map(({ worker }) => worker?.end()));
  }

  /** Fills the pool before it doubles up. */
  #choose(): Seat {
    const idle = this.#seats.find(({ sessions }) => sessions === 0);
    if (idle) return idle;
    if (this.#seats.length < this.#options.workersPerNetwork) {
      const seat: Seat = { worker: undefined, sessions: 0, restarts: 0, crashes: 0, notBefore: 0, startedAt: 0 };
      this.#seats.push(seat);
      return seat;
    }
    return this.#seats.reduce((least, seat) => (seat.sessions < least.sessions ? seat : least));
  }

  #start(seat: Seat): WorkerProcess {
    seat.startedAt = Date.now();
    const { worker, faultPoint, heartbeatMs, heartbeats } = this.#options;
    // Of its own: what a dead worker leaves there is nobody's.
    const settings = { ...worker, mediaDir: path.join(worker.mediaDir, randomUUID()) };
    const armed = faultPoint !== undefined && seat.restarts === 0;
    return new WorkerProcess(this.endpoint, armed ? { ...settings, faultPoint } : settings, {
      heartbeatMs,
      heartbeats,
      said: this.#hooks.said,
      gone: (worker, how) => {
        this.#crashed(seat);
        rm(settings.mediaDir, { recursive: true, force: true }).catch(() => {});
        this.#hooks.gone(worker, how);
      },
    });
  }

  #crashed(seat: Seat): void {
    const { restartBaseMs, restartCapMs } = this.#options;
    seat.crashes = Date.now() - seat.startedAt > STABLE_MS ? 0 : seat.crashes;
    seat.notBefore = Date.now() + backoff(seat.crashes, restartBaseMs, restartCapMs);
    seat.crashes += 1;
    seat.restarts += 1;
    seat.worker = undefined;
    seat.sessions = 0;
  }
}
