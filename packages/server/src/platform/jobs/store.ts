import type { Queryable } from '../db/port.ts';
import type { JobState } from './state.ts';

export interface JobRow {
  id: string;
  workspace_id: string;
  kind: string;
  input: unknown;
  cancelable: boolean;
  created_by: string;
  state: JobState;
  phase: string;
  /** int8, as text. */
  done: string;
  total: string | null;
  checkpoint: unknown;
  result: unknown;
  error: unknown;
  attempts: number;
  lock_token: string;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  result_expires_at: Date | null;
}

export interface NewJob {
  id: string;
  workspaceId: string;
  kind: string;
  input: unknown;
  /** While a job with this key is open, there is no second one. */
  singleKey: string | null;
  cancelable: boolean;
  createdBy: string;
}

/** Queues a job; null when one with its single key is open already. */
export async function insertJob(tx: Queryable, job: NewJob): Promise<JobRow | null> {
  const rows = await tx.query<JobRow>(
    `insert into job (id, workspace_id, kind, input, single_key, cancelable, created_by)
     values ($1, $2, $3, $4::jsonb, $5, $6, $7)
     on conflict (workspace_id, single_key) where single_key is not null and state in ('queued', 'running') do nothing
     returning *`,
    [job.id, job.workspaceId, job.kind, JSON.stringify(job.input), job.singleKey, job.cancelable, job.createdBy],
  );
  return rows[0] ?? null;
}

export async function findOpenJob(tx: Queryable, workspaceId: string, singleKey: string): Promise<JobRow | null> {
  const rows = await tx.query<JobRow>(
    `select * from job where workspace_id = $1 and single_key = $2 and state in ('queued', 'running')`,
    [workspaceId, singleKey],
  );
  return rows[0] ?? null;
}

export async function countOpenJobs(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from job where workspace_id = $1 and state in ('queued', 'running')`,
    [workspaceId],
  );
  return rows[0]?.count ?? 0;
}

export async function findJob(tx: Queryable, workspaceId: string, id: string): Promise<JobRow | null> {
  const rows = await tx.query<JobRow>('select * from job where workspace_id = $1 and id = $2', [workspaceId, id]);
  return rows[0] ?? null;
}

/** Reads a job for a change of state: the row stays locked until the transaction ends, so there is one writer. */
export async function lockJob(tx: Queryable, workspaceId: string, id: string): Promise<JobRow | null> {
  const rows = await tx.query<JobRow>('select * from job where workspace_id = $1 and id = $2 for no key update', [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** Locks the job that has been due longest and that this node can run, of whatever workspace; passes over those others hold. */
export async function lockNextJob(tx: Queryable, kinds: readonly string[]): Promise<JobRow | null> {
  const rows = await tx.query<JobRow>(
    `select * from job where state = 'queued' and run_at <= now() and kind = any ($1::text[])
     order by run_at, id limit 1 for no key update skip locked`,
    [kinds],
  );
  return rows[0] ?? null;
}

/**
 * Locks running jobs whose runner has not been heard of in time, and those of `ended`, a life of this node that is over:
 * the data directory's lock proves it. Null where there is none to speak of.
 */
export async function lockLapsedJobs(tx: Queryable, ended: string | null, limit: number): Promise<JobRow[]> {
  return tx.query<JobRow>(
    `select * from job where state = 'running' and (locked_until < now() or locked_by = $1)
     order by locked_until limit $2 for no key update skip locked`,
    [ended, limit],
  );
}

export interface JobChange {
  id: string;
  workspaceId: string;
  state: JobState;
  attempts: number;
  /** Milliseconds until it may run (again). */
  delayMs: number;
  /** Who runs it now, and for how long without a sign of life. */
  lock: { holder: string; ms: number } | null;
  result: unknown;
  error: unknown;
  /** Days the result is kept; null where there is none to fetch. */
  keepResultDays: number | null;
  final: boolean;
}

/** Writes a state; the caller holds the row's lock. A new lock gets a new token: what the last runner still writes is refused. */
export async function writeJobState(tx: Queryable, change: JobChange): Promise<JobRow> {
  const rows = await tx.query<JobRow>(
    `update job set state = $3, attempts = $4, run_at = now() + $5 * interval '1 millisecond',
       locked_by = $6, locked_until = now() + $7::integer * interval '1 millisecond',
       lock_token = lock_token + case when $6::text is null then 0 else 1 end,
       started_at = case when $6::text is null then started_at else coalesce(started_at, now()) end,
       result = $8::jsonb, error = $9::jsonb, result_expires_at = now() + $10::integer * interval '1 day',
       finished_at = case when $11 then now() end, phase = case when $11 then 'done' else phase end,
       checkpoint = case when $11 then null else checkpoint end
     where workspace_id = $1 and id = $2 returning *`,
    [
      change.workspaceId,
      change.id,
      change.state,
      change.attempts,
      Math.round(change.delayMs),
      change.lock?.holder ?? null,
      change.lock?.ms ?? null,
      change.result === null ? null : JSON.stringify(change.result),
      change.error === null ? null : JSON.stringify(change.error),
      change.keepResultDays,
      change.final,
    ],
  );
  const [row] = rows;
  if (!row) throw new Error(`job ${change.id} is gone while its row was locked`);
  return row;
}

/** One runner's hold on a job. */
export interface Hold {
  id: string;
  workspaceId: string;
  token: string;
}

/** Locks the job for one step of its run. False when this runner does not hold it any more. */
export async function lockHeldJob(tx: Queryable, hold: Hold): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from job where workspace_id = $1 and id = $2 and state = 'running' and lock_token = $3::bigint
     for no key update`,
    [hold.workspaceId, hold.id, hold.token],
  );
  return rows.length > 0;
}

export interface Progress {
  /** Where to go on after a crash; any JSON. */
  checkpoint: unknown;
  /** What it is doing, in a word. */
  phase: string;
  done: number;
  /** Null while nobody knows. */
  total: number | null;
}

/** Writes how far a held job is. Progress forgives earlier failures: attempts count those in a row. */
export async function saveProgress(tx: Queryable, hold: Hold, progress: Progress & { lockMs: number }): Promise<void> {
  await tx.query(
    `update job set checkpoint = $3::jsonb, phase = $4, done = $5, total = $6, attempts = 1,
       locked_until = now() + $7 * interval '1 millisecond'
     where workspace_id = $1 and id = $2`,
    [
      hold.workspaceId,
      hold.id,
      JSON.stringify(progress.checkpoint),
      progress.phase,
      progress.done,
      progress.total,
      progress.lockMs,
    ],
  );
}

/** A sign of life of a step that takes long. */
export async function renewJobLock(db: Queryable, hold: Hold, lockMs: number): Promise<void> {
  await db.query(
    `update job set locked_until = now() + $4 * interval '1 millisecond'
     where workspace_id = $1 and id = $2 and state = 'running' and lock_token = $3::bigint`,
    [hold.workspaceId, hold.id, hold.token, lockMs],
  );
}

/** Forgets finished jobs of long ago, with what they made. Runs across workspaces: it is housekeeping. */
export async function deleteOldJobs(db: Queryable, keepDays: number, limit: number): Promise<void> {
  await db.query(
    `delete from job where id in (
       select id from job where finished_at < now() - $1 * interval '1 day' order by finished_at limit $2)`,
    [keepDays, limit],
  );
}

/** Throws away results whose time is over. Runs across workspaces: it is housekeeping. */
export async function expireResults(db: Queryable, limit: number): Promise<void> {
  await db.query(
    `with old as (
       select c.job_id, c.n from job j join job_chunk c on c.job_id = j.id where j.result_expires_at < now() limit $1)
     delete from job_chunk c using old where c.job_id = old.job_id and c.n = old.n`,
    [limit],
  );
}

export async function insertChunk(
  tx: Queryable,
  chunk: { workspaceId: string; jobId: string; n: number; sealed: Uint8Array },
): Promise<void> {
  await tx.query('insert into job_chunk (workspace_id, job_id, n, sealed) values ($1, $2, $3, $4)', [
    chunk.workspaceId,
    chunk.jobId,
    chunk.n,
    chunk.sealed,
  ]);
}

export async function findChunk(
  db: Queryable,
  chunk: { workspaceId: string; jobId: string; n: number },
): Promise<Uint8Array | null> {
  const rows = await db.query<{ sealed: Uint8Array }>(
    'select sealed from job_chunk where workspace_id = $1 and job_id = $2 and n = $3',
    [chunk.workspaceId, chunk.jobId, chunk.n],
  );
  return rows[0]?.sealed ?? null;
}

export async function deleteChunks(tx: Queryable, workspaceId: string, jobId: string): Promise<void> {
  await tx.query('delete from job_chunk where workspace_id = $1 and job_id = $2', [workspaceId, jobId]);
}
