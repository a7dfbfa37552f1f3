import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { changeJob } from '../../platform/jobs/change.ts';
import { lockJob } from '../../platform/jobs/store.ts';
import { recordJobEnd } from './record-end.ts';
import { jobSchema, toJob } from './schemas.ts';

export const cancelJob = defineOperation({
  id: 'jobs.cancel',
  tag: 'Jobs',
  summary: 'Cancel a job',
  description:
    'What it made so far is thrown away. A job that is `cancelable: false` can be canceled only before it has begun: half an erasure cannot be taken back.',
  http: { method: 'POST', path: '/v1/jobs/{jobId}/cancel', status: 200 },
  scope: 'jobs:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ jobId: pathId('job', 'The job.') }),
  output: jobSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    // The lock waits for the step that is running to end.
    const row = await lockJob(ctx.tx, ctx.workspace.id, input.jobId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such job', { param: 'jobId' });
    if (!row.cancelable && row.started_at !== null && row.finished_at === null) {
      throw new WapingError('CONFLICT', 'it has begun, and cannot be taken back', { param: 'jobId' });
    }
    const after = await changeJob(ctx.tx, { row, onEnd: recordJobEnd }, { trigger: 'cancel' });
    if (!after) throw new WapingError('CONFLICT', `the job is over: ${row.state}`, { param: 'jobId' });
    ctx.afterCommit(() => ctx.wake.events());
    return toJob(after);
  },
});
