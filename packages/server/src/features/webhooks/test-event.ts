import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { newId } from '../../platform/ids.ts';
import { EVENT_API_VERSION } from '../events/index.ts';
import { insertTestDelivery } from './delivery-store.ts';
import { requireActive, requireWebhookToChange } from './require.ts';
import { deliverySchema, toDelivery } from './schemas.ts';

const TYPE = 'webhook.test';

export const testWebhook = defineOperation({
  id: 'webhooks.test',
  tag: 'Webhook endpoints',
  summary: 'Send a test event',
  description:
    'An event of type `webhook.test` to this endpoint alone, signed and retried like any other, whatever the endpoint’s filters. It does not stand in the event log.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/test', status: 202 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  output: deliverySchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  mutates: true,
  location: (delivery) => `/v1/webhooks/${delivery.webhookId}/deliveries/${delivery.id}`,
  auditTarget: ({ input }) => ({ kind: 'webhook', id: input.webhookId }),
  async run(ctx, input) {
    const hook = await requireWebhookToChange(ctx, input.webhookId);
    requireActive(hook);
    const eventId = newId('evt');
    const payload = {
      id: eventId,
      type: TYPE,
      createdAt: ctx.now.toISOString(),
      workspaceId: ctx.workspace.id,
      deviceId: null,
      sequence: 0,
      apiVersion: EVENT_API_VERSION,
      data: { webhookId: hook.id },
    };
    const row = await insertTestDelivery(ctx.tx, {
      id: newId('wdl'),
      workspaceId: ctx.workspace.id,
      webhookId: hook.id,
      eventId,
      eventType: TYPE,
      lane: eventId,
      payload,
      now: ctx.now,
    });
    ctx.afterCommit(() => ctx.wake.events());
    return toDelivery(row);
  },
});
