import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { requireActive, requireWebhookToChange } from './require.ts';
import { toWebhook, webhookSchema } from './schemas.ts';
import { changeWebhook } from './state.ts';

export const pauseWebhook = defineOperation({
  id: 'webhooks.pause',
  tag: 'Webhook endpoints',
  summary: 'Pause an endpoint',
  description:
    'Nothing is sent until it is resumed by hand. Its events wait in the log, for as long as the workspace keeps events.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/pause', status: 200 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  output: webhookSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const before = await requireWebhookToChange(ctx, input.webhookId);
    requireActive(before);
    const row = (await changeWebhook(ctx.tx, before, { trigger: 'pause', now: ctx.now })) ?? before;
    ctx.audit({ before: { state: before.state }, after: { state: row.state } });
    ctx.afterCommit(() => ctx.wake.events());
    return toWebhook(row, ctx.now);
  },
});
