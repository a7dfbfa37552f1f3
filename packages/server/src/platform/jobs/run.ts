import type { Db, Tx } from '../db/port.ts';
import { type Hold, lockHeldJob, type Progress, saveProgress } from './store.ts';

/** This runner does not hold the job any more: it was canceled, or another node took it over. Nothing was written. */
export class JobLost extends Error {}

/** The node stops: the job goes back to the queue and goes on elsewhere. */
export class JobStopped extends Error {}

/** Thrown by a handler that must wait: the job goes back to the queue for `ms`, and that counts as no failure. */
export class JobPause extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`the job waits ${ms} ms`);
    this.ms = ms;
  }
}

/** What a handler gets: one run of one job. */
export interface JobRun {
  readonly jobId: string;
  readonly workspaceId: string;
  readonly input: unknown;
  /** What the last step saved, in this run or one before a crash; null at first. */
  readonly checkpoint: unknown;
  /**
   * Does one bounded piece of work and saves how far it got, in one transaction: after a crash the next run begins with
   * the checkpoint of the last step that committed. Null instead of progress: the step ended the job's own row.
   * Throws JobLost or JobStopped, which a handler lets through.
   */
  step(work: (tx: Tx) => Promise<Progress | null>): Promise<void>;
}

/** A kind of job. */
export interface JobHandler {
  readonly kind: string;
  /** Failures in a row, without progress between them, after which it is given up. */
  readonly maxAttempts: number;
  /** Days its result can be fetched; null where the result is but the figures it returns. */
  readonly keepResultDays: number | null;
  /** Returns the result as JSON. Called again with the last checkpoint after a failure or a crash. */
  run(run: JobRun): Promise<unknown>;
}

/** A silent runner is taken for dead after this. A step must be well shorter. */
export const LOCK_MS = 60_000;

/** The run of a job this node holds. */
export function heldRun(
  services: { db: Db; signal: AbortSignal },
  hold: Hold,
  job: { input: unknown; checkpoint: unknown },
): JobRun {
  let checkpoint = job.checkpoint;
  return {
    jobId: hold.id,
    workspaceId: hold.workspaceId,
    input: job.input,
    get checkpoint() {
      return checkpoint;
    },
    async step(work) {
      if (services.signal.aborted) throw new JobStopped();
      const saved = await services.db.tx(async (tx) => {
        if (!(await lockHeldJob(tx, hold))) throw new JobLost();
        const progress = await work(tx);
        if (progress) await saveProgress(tx, hold, { ...progress, lockMs: LOCK_MS });
        return progress;
      });
      if (saved) checkpoint = saved.checkpoint;
    },
  };
}
