import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { toWebhook, webhookSchema } from './schemas.ts';
import { WEBHOOK_STATES } from './state.ts';
import { listWebhookRows } from './store.ts';

export const listWebhooks = defineOperation({
  id: 'webhooks.list',
  tag: 'Webhook endpoints',
  summary: 'List webhook endpoints',
  http: { method: 'GET', path: '/v1/webhooks', status: 200 },
  scope: 'webhooks:read',
  roles: ['owner', 'admin'],
  query: z.strictObject({
    ...listQuery,
    state: z.enum(WEBHOOK_STATES).optional().meta({ description: 'Only endpoints in this state.' }),
  }),
  output: pageOf('WebhookList', webhookSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { state: input.state };
    const rows = await listWebhookRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      state: input.state ?? null,
      page: openPage(input, filters),
    });
    return closePage(
      rows.map((row) => toWebhook(row, ctx.now)),
      { ...input, filters },
      (webhook) => webhook.id,
    );
  },
});
