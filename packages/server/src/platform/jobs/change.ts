import type { Queryable } from '../db/port.ts';
import { isFinal, type JobTrigger, transition } from './state.ts';
import { deleteChunks, type JobRow, writeJobState } from './store.ts';

export interface Change {
  trigger: JobTrigger;
  attempts?: number;
  delayMs?: number;
  lock?: { holder: string; ms: number };
  result?: unknown;
  error?: unknown;
  keepResultDays?: number | null;
}

/** Hears of every job that ended, in the transaction that ends it. */
export type OnEnd = (tx: Queryable, job: JobRow) => Promise<void>;

/**
 * The one writer of job states. The caller holds the row's lock. Null when the job is past what the trigger asks for.
 */
export async function changeJob(
  tx: Queryable,
  { row, onEnd }: { row: JobRow; onEnd: OnEnd },
  change: Change,
): Promise<JobRow | null> {
  const state = transition(row.state, change.trigger);
  if (state === null) return null;
  const final = isFinal(state);
  const after = await writeJobState(tx, {
    id: row.id,
    workspaceId: row.workspace_id,
    state,
    attempts: change.attempts ?? row.attempts,
    delayMs: change.delayMs ?? 0,
    lock: change.lock ?? null,
    result: change.result ?? null,
    error: change.error ?? null,
    keepResultDays: change.keepResultDays ?? null,
    final,
  });
  if (final && state !== 'succeeded') await deleteChunks(tx, row.workspace_id, row.id);
  if (final) await onEnd(tx, after);
  return after;
}
