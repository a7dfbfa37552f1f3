import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { jobSchema, jobStateField, toJob } from './schemas.ts';
import { listJobRows } from './store.ts';

export const listJobs = defineOperation({
  id: 'jobs.list',
  tag: 'Jobs',
  summary: 'List jobs',
  description: 'Jobs of the last 30 days, and those that are open.',
  http: { method: 'GET', path: '/v1/jobs', status: 200 },
  scope: 'jobs:read',
  roles: ['owner', 'admin'],
  whileSuspended: true,
  query: z.strictObject({
    ...listQuery,
    state: jobStateField.optional().meta({ description: 'Only jobs in this state.', examples: ['running'] }),
    kind: z
      .string()
      .max(40)
      .optional()
      .meta({ description: 'Only jobs of this kind.', examples: ['contact.export'] }),
  }),
  output: pageOf('JobList', jobSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { state: input.state, kind: input.kind };
    const rows = await listJobRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      state: input.state ?? null,
      kind: input.kind ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toJob), { ...input, filters }, (job) => job.id);
  },
});
