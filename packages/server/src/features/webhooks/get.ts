import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { requireWebhook } from './require.ts';
import { toWebhook, webhookSchema } from './schemas.ts';

export const getWebhook = defineOperation({
  id: 'webhooks.get',
  tag: 'Webhook endpoints',
  summary: 'Get a webhook endpoint',
  http: { method: 'GET', path: '/v1/webhooks/{webhookId}', status: 200 },
  scope: 'webhooks:read',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  output: webhookSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  run: async (ctx, input) => toWebhook(await requireWebhook(ctx, input.webhookId), ctx.now),
});
