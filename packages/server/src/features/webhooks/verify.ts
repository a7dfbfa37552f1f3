import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { requireWebhookToChange } from './require.ts';
import { toWebhook, webhookSchema } from './schemas.ts';
import { challengeNow } from './store.ts';

export const verifyWebhook = defineOperation({
  id: 'webhooks.verify',
  tag: 'Webhook endpoints',
  summary: 'Challenge an endpoint again',
  description:
    'Sends the ownership challenge now, and again on its schedule. The endpoint is `active` once it has answered: ask for it, or wait for `webhook.verified`.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/verify', status: 200 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  output: webhookSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const before = await requireWebhookToChange(ctx, input.webhookId);
    const row = await challengeNow(ctx.tx, { workspaceId: ctx.workspace.id, id: before.id, now: ctx.now });
    if (!row)
      throw new WapingError('CONFLICT', 'this webhook has answered its challenge already', { param: 'webhookId' });
    ctx.afterCommit(() => ctx.wake.events());
    return toWebhook(row, ctx.now);
  },
});
