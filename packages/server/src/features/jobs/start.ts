import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { countOpenJobs, findOpenJob, insertJob } from '../../platform/jobs/store.ts';
import { type JobResource, toJob } from './schemas.ts';

/** Jobs of one workspace that wait or run. */
export const MAX_OPEN_JOBS = 100;

export interface JobRequest {
  kind: string;
  input: Record<string, unknown>;
  /** Asking again while a job with this key is open answers that job. */
  singleKey: string;
  /** Whether it may be canceled once it runs. */
  cancelable: boolean;
}

/** Queues a job in the caller's transaction, or finds the open one for the same thing. Throws CONFLICT when too many are open. */
export async function startJob(ctx: OperationContext, request: JobRequest): Promise<JobResource> {
  const workspaceId = ctx.workspace.id;
  const open = await findOpenJob(ctx.tx, workspaceId, request.singleKey);
  if (open) return toJob(open);
  if ((await countOpenJobs(ctx.tx, workspaceId)) >= MAX_OPEN_JOBS) {
    throw new WapingError('CONFLICT', `${MAX_OPEN_JOBS} jobs are open; wait for some to end, or cancel them`);
  }
  const id = newId('job');
  const made = await insertJob(ctx.tx, { id, workspaceId, createdBy: ctx.actor.id, ...request });
  const row = made ?? (await findOpenJob(ctx.tx, workspaceId, request.singleKey));
  // The other request's job may have ended between the two statements.
  if (!row) throw new WapingError('CONFLICT', 'another request for the same job just ended; ask again');
  return toJob(row);
}

/** Where a job is found. */
export const jobLocation = (job: JobResource): string => `/v1/jobs/${job.id}`;
