import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { hostOf, noSuchWebhook } from './require.ts';
import { recordWebhookEvent } from './state.ts';
import { deleteWebhookRow } from './store.ts';

export const deleteWebhook = defineOperation({
  id: 'webhooks.delete',
  tag: 'Webhook endpoints',
  summary: 'Delete a webhook endpoint',
  description: 'Its deliveries go with it. A request that is under way at that moment may still arrive.',
  http: { method: 'DELETE', path: '/v1/webhooks/{webhookId}', status: 204 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const row = await deleteWebhookRow(ctx.tx, ctx.workspace.id, input.webhookId);
    if (!row) throw noSuchWebhook();
    await recordWebhookEvent(ctx.tx, row, { type: 'webhook.deleted' });
    ctx.audit({ before: { host: hostOf(row.url), description: row.description } });
    ctx.afterCommit(() => ctx.wake.events());
    return null;
  },
});
