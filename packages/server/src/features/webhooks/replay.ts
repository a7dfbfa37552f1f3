import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { jobLocation, jobSchema, startJob } from '../jobs/index.ts';
import { REPLAY_KIND } from './replay-job.ts';
import { requireActive, requireWebhookToChange } from './require.ts';

export const replayWebhook = defineOperation({
  id: 'webhooks.replay',
  tag: 'Webhook endpoints',
  summary: 'Send many events again',
  description:
    'A job with progress. With `failed`: every delivery that was given up. With `from` (and `to`): every event of that time that the endpoint’s filters want, delivered before or not, as far as the log still has them.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/replay', status: 202 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  body: z
    .strictObject({
      failed: z
        .literal(true)
        .optional()
        .meta({ description: 'All that was given up. Not together with `from`.', examples: [true] }),
      from: timeField.optional().meta({ description: 'Events from then on.', examples: ['2026-01-31T12:00:00.000Z'] }),
      to: timeField
        .optional()
        .meta({ description: 'And before then; left out: until now.', examples: ['2026-01-31T13:00:00.000Z'] }),
    })
    .meta({ id: 'ReplayWebhook', examples: [{ failed: true }] }),
  output: jobSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  mutates: true,
  location: jobLocation,
  auditTarget: ({ input }) => ({ kind: 'webhook', id: input.webhookId }),
  async run(ctx, input) {
    const { webhookId, failed, from } = input;
    if ((failed === true) === (from !== undefined)) {
      throw new WapingError('VALIDATION_ERROR', 'from: give either failed or from', { param: 'from' });
    }
    const to = input.to ?? ctx.now.toISOString();
    if (from !== undefined && Date.parse(from) >= Date.parse(to)) {
      throw new WapingError('VALIDATION_ERROR', 'to: must lie after from', { param: 'to' });
    }
    requireActive(await requireWebhookToChange(ctx, webhookId));
    return startJob(ctx, {
      kind: REPLAY_KIND,
      input: { webhookId, from: from ?? null, to },
      singleKey: `${REPLAY_KIND}/${webhookId}`,
      cancelable: true,
    });
  },
});
