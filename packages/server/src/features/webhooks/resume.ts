import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { placeOfTime } from './read-log.ts';
import { requireWebhookToChange } from './require.ts';
import { toWebhook, webhookSchema } from './schemas.ts';
import { changeWebhook } from './state.ts';
import { writeCursors } from './store.ts';

export const resumeWebhook = defineOperation({
  id: 'webhooks.resume',
  tag: 'Webhook endpoints',
  summary: 'Resume an endpoint',
  description:
    'Goes on where it stopped, or with the events from a time on (perhaps some of the minute before): earlier to go back, later to leave some out. Deliveries that were made before stay as they are; replay them to have them again.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/resume', status: 200 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  body: z
    .strictObject({
      from: timeField
        .nullable()
        .default(null)
        .meta({ description: 'Go on with the events from then on; null: where it stopped.', examples: [null] }),
    })
    .meta({ id: 'ResumeWebhook' }),
  output: webhookSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    if (input.from !== null && new Date(input.from) > ctx.now) {
      throw new WapingError('VALIDATION_ERROR', 'from: must not lie in the future', { param: 'from' });
    }
    const before = await requireWebhookToChange(ctx, input.webhookId);
    const row = await changeWebhook(ctx.tx, before, { trigger: 'resume', now: ctx.now });
    if (!row) throw new WapingError('CONFLICT', `this webhook is ${before.state}, not paused`, { param: 'webhookId' });
    if (input.from !== null) {
      const workspaceId = ctx.workspace.id;
      const place = await placeOfTime(ctx.tx, workspaceId, new Date(input.from));
      await writeCursors(ctx.tx, workspaceId, [{ id: row.id, place }]);
    }
    ctx.audit({ before: { state: before.state }, after: { state: row.state, from: input.from } });
    ctx.afterCommit(() => ctx.wake.events());
    return toWebhook(row, ctx.now);
  },
});
