import type { Db } from '../db/port.ts';
import { WapingError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { backoffMs } from './backoff.ts';
import { type Change, changeJob, type OnEnd } from './change.ts';
import { heldRun, type JobHandler, JobLost, JobPause, JobStopped, LOCK_MS } from './run.ts';
import {
  deleteOldJobs,
  expireResults,
  type Hold,
  type JobRow,
  lockJob,
  lockLapsedJobs,
  lockNextJob,
  renewJobLock,
} from './store.ts';

const POLL_MS = 500;
const HEARTBEAT_MS = LOCK_MS / 4;
const SWEEP_MS = 5_000;
const HOUSEKEEPING_MS = 60_000;
/** Jobs of one node at one time: they are background work, the API comes first. */
const MAX_RUNNING = 2;
const BATCH = 200;
const KEEP_FINISHED_DAYS = 30;

export interface RunnerServices {
  db: Db;
  log: Logger;
  /** This node's lasting name, in a job's lock. No other living process bears it. */
  holder: string;
  handlers: readonly JobHandler[];
  onEnd: OnEnd;
  /** Queues what recurs; called about once a minute, on every node. */
  recurring?: () => Promise<void>;
}

const publicError = (error: unknown) =>
  error instanceof WapingError
    ? { code: error.code, message: error.message }
    : { code: 'SERVER_ERROR', message: 'the job failed; the log tells more under its id' };

/** Whether trying again cannot help. */
const isHopeless = (error: unknown) => error instanceof WapingError && !error.retryable && error.status < 500;

/**
 * Runs jobs: claims what is due (a job is on one node at a time), gives back what fails with growing pauses, takes over
 * what a dead node left. Everything it knows is in the job's row.
 */
export class JobRunner implements AsyncDisposable {
  readonly #services: RunnerServices;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> | null = null;
  #sweptAt = 0;
  #cleanedAt = 0;

  constructor(services: RunnerServices) {
    this.#services = services;
    this.#handlers = new Map(services.handlers.map((handler) => [handler.kind, handler]));
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.#timer.unref();
  }

  /** Looks for work now. */
  wake(): void {
    if (this.#stop.signal.aborted) return;
    this.#round ??= this.#look().finally(() => {
      this.#round = null;
    });
  }

  async #look(): Promise<void> {
    try {
      await this.#sweep();
      while (this.#running.size < MAX_RUNNING && !this.#stop.signal.aborted) {
        const job = await this.#claim();
        if (!job) break;
        const run = this.#run(job).finally(() => {
          this.#running.delete(run);
          this.wake();
        });
        this.#running.add(run);
      }
    } catch (error) {
      this.#services.log.error({ err: error }, 'looking for jobs failed; trying again');
    }
  }

  #claim(): Promise<JobRow | null> {
    const { db, holder, onEnd } = this.#services;
    return db.tx(async (tx) => {
      const row = await lockNextJob(tx, [...this.#handlers.keys()]);
      if (!row) return null;
      const lock = { holder, ms: LOCK_MS };
      return changeJob(tx, { row, onEnd }, { trigger: 'claim', attempts: row.attempts + 1, lock });
    });
  }

  async #run(job: JobRow): Promise<void> {
    const { db, log } = this.#services;
    const handler = this.#handlers.get(job.kind);
    if (!handler) return;
    const hold: Hold = { id: job.id, workspaceId: job.workspace_id, token: job.lock_token };
    const heartbeat = setInterval(() => {
      renewJobLock(db, hold, LOCK_MS).catch((error: unknown) =>
        log.warn({ err: error, jobId: job.id }, 'no heartbeat'),
      );
    }, HEARTBEAT_MS);
    try {
      const result = await handler.run(heldRun({ db, signal: this.#stop.signal }, hold, job));
      const { keepResultDays } = handler;
      await this.#end(hold, () => ({ trigger: 'succeed', result, keepResultDays }));
    } catch (error) {
      await this.#failed(hold, handler, error).catch((failure: unknown) => {
        log.error({ err: failure, jobId: job.id }, 'a failed job was not given back; its lock ends by itself');
      });
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #failed(hold: Hold, handler: JobHandler, error: unknown): Promise<void> {
    if (error instanceof JobLost) return;
    const { log } = this.#services;
    await this.#end(hold, (row) => {
      if (error instanceof JobStopped) return { trigger: 'release', attempts: row.attempts - 1 };
      if (error instanceof JobPause) return { trigger: 'release', attempts: row.attempts - 1, delayMs: error.ms };
      if (isHopeless(error) || row.attempts >= handler.maxAttempts) {
        log.error({ err: error, jobId: row.id, kind: row.kind }, 'job failed for good');
        return { trigger: 'fail', error: publicError(error) };
      }
      log.warn({ err: error, jobId: row.id, kind: row.kind, attempts: row.attempts }, 'job failed; trying again');
      return { trigger: 'retry', delayMs: backoffMs(row.attempts) };
    });
  }

  /** Changes a job if this run still holds it. */
  async #end(hold: Hold, decide: (row: JobRow) => Change): Promise<void> {
    const { db, onEnd } = this.#services;
    await db.tx(async (tx) => {
      const row = await lockJob(tx, hold.workspaceId, hold.id);
      if (row?.lock_token === hold.token) await changeJob(tx, { row, onEnd }, decide(row));
    });
  }

  async #sweep(): Promise<void> {
    const now = Date.now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    // Before anything is claimed here: what this node's name holds then, an earlier life of it held.
    const first = this.#sweptAt === 0;
    this.#sweptAt = now;
    const { db, onEnd, log } = this.#services;
    const ended = first ? this.#services.holder : null;
    await db.tx(async (tx) => {
      for (const row of await lockLapsedJobs(tx, ended, BATCH)) {
        const handler = this.#handlers.get(row.kind);
        const over = handler !== undefined && row.attempts >= handler.maxAttempts;
        log.warn({ jobId: row.id, kind: row.kind }, 'the node that ran a job fell silent');
        const error = { code: 'SERVER_ERROR', message: 'the nodes that ran the job fell silent, again and again' };
        const change: Change = over
          ? { trigger: 'fail', error }
          : { trigger: 'lapse', delayMs: backoffMs(row.attempts) };
        await changeJob(tx, { row, onEnd }, change);
      }
    });
    if (now - this.#cleanedAt < HOUSEKEEPING_MS) return;
    this.#cleanedAt = now;
    await expireResults(db, BATCH);
    await deleteOldJobs(db, KEEP_FINISHED_DAYS, BATCH);
    await this.#services.recurring?.();
  }

  /** Gives running jobs back at the end of the step they are in. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#timer);
    await this.#round;
    await Promise.all(this.#running);
  }
}
