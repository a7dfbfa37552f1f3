import { z } from 'zod';
import { isoOrNull, shownId, timeField } from '../../operations/fields.ts';
import { JOB_STATES } from '../../platform/jobs/state.ts';
import type { JobRow } from '../../platform/jobs/store.ts';

export const jobStateField = z.enum(JOB_STATES);

export const jobSchema = z
  .object({
    id: shownId('job', 'Id of the job.'),
    kind: z.string().meta({ description: 'What it does. New kinds may come.', examples: ['contact.export'] }),
    state: jobStateField.meta({
      description: 'Where it stands; `succeeded`, `failed` and `canceled` are final.',
      examples: ['running'],
    }),
    input: z.record(z.string(), z.unknown()).meta({
      description: 'What it was asked for.',
      examples: [{ contactId: 'con_01jd8k3v5q7w9x2y4z6a8b0c1d' }],
    }),
    progress: z
      .object({
        phase: z.string().meta({ description: 'What it is doing.', examples: ['messages'] }),
        done: z
          .number()
          .int()
          .meta({ description: 'Units of work done.', examples: [1200] }),
        total: z
          .number()
          .int()
          .nullable()
          .meta({ description: 'Units expected; an estimate, null while unknown.', examples: [5000] }),
      })
      .meta({ description: 'How far it is.' }),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Figures of a job that succeeded; they depend on `kind`.', examples: [{ messages: 1200 }] }),
    error: z
      .object({
        code: z.string().meta({ description: 'One of the error codes.', examples: ['SERVER_ERROR'] }),
        message: z.string().meta({ description: 'For people; may change.' }),
      })
      .nullable()
      .meta({ description: 'Why it failed.' }),
    resultUrl: z
      .string()
      .nullable()
      .meta({
        description: 'Where to fetch what it made.',
        examples: ['/v1/jobs/job_01jd8k3v5q7w9x2y4z6a8b0c1d/result'],
      }),
    resultExpiresAt: timeField.nullable().meta({ description: 'Until when it can be fetched.' }),
    cancelable: z.boolean().meta({
      description: 'Whether it can be canceled while it runs. Until it has begun every job can.',
      examples: [true],
    }),
    createdBy: z.string().meta({ description: 'The key or person that asked for it, or `waping`.' }),
    createdAt: timeField,
    startedAt: timeField.nullable().meta({ description: 'When it was first begun.' }),
    finishedAt: timeField.nullable().meta({ description: 'When it ended.' }),
  })
  .meta({ id: 'Job' });

export type JobResource = z.output<typeof jobSchema>;

const errorPart = z.object({ code: z.string(), message: z.string() }).nullable();

const asObject = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? { ...value } : {};

/** A job as everybody sees it. The checkpoint stays inside. */
export function toJob(row: JobRow): JobResource {
  const hasResult = row.result_expires_at !== null && row.result_expires_at > new Date();
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    input: asObject(row.input),
    progress: { phase: row.phase, done: Number(row.done), total: row.total === null ? null : Number(row.total) },
    result: row.result === null ? null : asObject(row.result),
    error: errorPart.parse(row.error),
    resultUrl: hasResult ? `/v1/jobs/${row.id}/result` : null,
    resultExpiresAt: isoOrNull(row.result_expires_at),
    cancelable: row.cancelable,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    startedAt: isoOrNull(row.started_at),
    finishedAt: isoOrNull(row.finished_at),
  };
}
