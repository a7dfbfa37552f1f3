import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation, RawReply } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findChunk, findJob } from '../../platform/jobs/store.ts';
import { chunkContext } from './chunk.ts';

const JSONL = 'application/jsonl';

/** The lines of a result, a chunk in memory at a time. */
async function* linesOf(ctx: OperationContext, jobId: string): AsyncGenerator<string> {
  const workspaceId = ctx.workspace.id;
  for (let n = 0; ; n += 1) {
    const sealed = await findChunk(ctx.tx, { workspaceId, jobId, n });
    if (!sealed) return;
    yield await ctx.secrets.open(sealed, chunkContext(jobId, n));
  }
}

/** The same as one JSON document, each record on a line of its own. */
async function* asDocument(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let open = '{"records":[\n';
  for await (const text of lines) {
    yield open + text.trimEnd().replaceAll('\n', ',\n');
    open = ',\n';
  }
  yield open === ',\n' ? '\n]}\n' : '{"records":[]}\n';
}

export const getResult = defineOperation({
  id: 'jobs.result',
  tag: 'Jobs',
  summary: 'Fetch what a job made',
  description:
    'The records of an export: one JSON document, or a record a line with `format=jsonl`. Streamed, and kept for seven days. Has a scope of its own, for it may hold all a workspace knows.',
  http: { method: 'GET', path: '/v1/jobs/{jobId}/result', status: 200 },
  scope: 'jobs:result',
  roles: ['owner', 'admin'],
  params: z.strictObject({ jobId: pathId('job', 'The job.') }),
  query: z.strictObject({
    format: z
      .enum(['json', 'jsonl'])
      .default('json')
      .meta({ description: '`json`: one document. `jsonl`: a record a line.', examples: ['jsonl'] }),
  }),
  output: z
    .object({
      records: z
        .array(z.record(z.string(), z.unknown()))
        .meta({ description: 'What was exported; `record` says of what kind each is.' }),
    })
    .meta({ id: 'JobResult' }),
  produces: [JSONL],
  errors: ['NOT_FOUND', 'CONFLICT'],
  rateClass: 'export',
  mutates: false,
  async run(ctx, input) {
    const row = await findJob(ctx.tx, ctx.workspace.id, input.jobId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such job', { param: 'jobId' });
    if (row.state !== 'succeeded') throw new WapingError('CONFLICT', `the job is ${row.state}`, { param: 'jobId' });
    if (row.result_expires_at === null || row.result_expires_at <= ctx.now) {
      throw new WapingError('NOT_FOUND', 'the job has no result, or its time is over', { param: 'jobId' });
    }
    const lines = linesOf(ctx, row.id);
    if (input.format === 'jsonl') return new RawReply(JSONL, lines);
    return new RawReply('application/json; charset=utf-8', asDocument(lines));
  },
});
