import type { Queryable } from '../../platform/db/port.ts';
import type { JobRow } from '../../platform/jobs/store.ts';
import { recordEvents } from '../events/index.ts';

/** Who asks for jobs that WAPing itself begins; their ends are no news to anybody. */
export const OWN_JOB = 'waping';

/** Tells the log that a job ended, in the transaction that ends it. What it made and was asked stays out. */
export async function recordJobEnd(tx: Queryable, job: JobRow): Promise<void> {
  if (job.created_by === OWN_JOB) return;
  const { id, kind, state } = job;
  const data = { job: { id, kind, state } };
  await recordEvents(tx, [
    { workspaceId: job.workspace_id, deviceId: null, subjectId: id, type: `job.${state}`, data },
  ]);
}
