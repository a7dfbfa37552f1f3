import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { DELIVERY_STATES, findDelivery, listDeliveryRows, replayOne } from './delivery-store.ts';
import { requireActive, requireWebhook, requireWebhookToChange } from './require.ts';
import { deliverySchema, toDelivery } from './schemas.ts';

const noSuchDelivery = () => new WapingError('NOT_FOUND', 'no such delivery', { param: 'deliveryId' });

const oneDelivery = z.strictObject({
  webhookId: pathId('whk', 'The endpoint.'),
  deliveryId: pathId('wdl', 'The delivery.'),
});

export const listDeliveries = defineOperation({
  id: 'webhooks.listDeliveries',
  tag: 'Webhook endpoints',
  summary: 'List the deliveries of an endpoint',
  description:
    'Each event that was or is to be sent to it, with its attempts: status, latency, error, the first kilobyte of the answer, and when it is tried again. Kept for 30 days.',
  http: { method: 'GET', path: '/v1/webhooks/{webhookId}/deliveries', status: 200 },
  scope: 'webhooks:read',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  query: z.strictObject({
    ...listQuery,
    state: z.enum(DELIVERY_STATES).optional().meta({ description: 'Only deliveries in this state.' }),
    eventType: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'Only of events of this type.', examples: ['message.received'] }),
    eventId: z.string().max(64).optional().meta({ description: 'Only of this event.' }),
  }),
  output: pageOf('WebhookDeliveryList', deliverySchema),
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const { state, eventType, eventId } = input;
    const filters = { webhookId: input.webhookId, state, eventType, eventId };
    const page = openPage(input, filters);
    const hook = await requireWebhook(ctx, input.webhookId);
    const rows = await listDeliveryRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      webhookId: hook.id,
      state: state ?? null,
      eventType: eventType ?? null,
      eventId: eventId ?? null,
      page,
    });
    return closePage(rows.map(toDelivery), { ...input, filters }, (delivery) => delivery.id);
  },
});

export const getDelivery = defineOperation({
  id: 'webhooks.getDelivery',
  tag: 'Webhook endpoints',
  summary: 'Get a delivery',
  http: { method: 'GET', path: '/v1/webhooks/{webhookId}/deliveries/{deliveryId}', status: 200 },
  scope: 'webhooks:read',
  roles: ['owner', 'admin'],
  params: oneDelivery,
  output: deliverySchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const { webhookId, deliveryId: id } = input;
    const row = await findDelivery(ctx.tx, { workspaceId: ctx.workspace.id, webhookId, id });
    if (!row) throw noSuchDelivery();
    return toDelivery(row);
  },
});

export const replayDelivery = defineOperation({
  id: 'webhooks.replayDelivery',
  tag: 'Webhook endpoints',
  summary: 'Send an event again',
  description:
    'Whatever became of it, it is due now and has its whole schedule before it. It keeps its `webhook-id`, by which a receiver knows an event it has had.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', status: 200 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: oneDelivery,
  output: deliverySchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const { webhookId, deliveryId: id } = input;
    requireActive(await requireWebhookToChange(ctx, webhookId));
    const row = await replayOne(ctx.tx, { workspaceId: ctx.workspace.id, webhookId, id, now: ctx.now });
    if (!row) throw noSuchDelivery();
    ctx.afterCommit(() => ctx.wake.events());
    return toDelivery(row);
  },
});
