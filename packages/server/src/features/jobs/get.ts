import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findJob } from '../../platform/jobs/store.ts';
import { jobSchema, toJob } from './schemas.ts';

export const getJob = defineOperation({
  id: 'jobs.get',
  tag: 'Jobs',
  summary: 'Get a job',
  http: { method: 'GET', path: '/v1/jobs/{jobId}', status: 200 },
  scope: 'jobs:read',
  roles: ['owner', 'admin'],
  whileSuspended: true,
  params: z.strictObject({ jobId: pathId('job', 'The job.') }),
  output: jobSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findJob(ctx.tx, ctx.workspace.id, input.jobId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such job', { param: 'jobId' });
    return toJob(row);
  },
});
