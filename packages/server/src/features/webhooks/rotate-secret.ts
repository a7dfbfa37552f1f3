import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { noSuchWebhook } from './require.ts';
import { DEFAULT_OVERLAP, issuedWebhookSchema, MAX_OVERLAP, toWebhook } from './schemas.ts';
import { sealNewSecret } from './sealing.ts';
import { recordWebhookEvent } from './state.ts';
import { writeSecret } from './store.ts';

export const rotateWebhookSecret = defineOperation({
  id: 'webhooks.rotateSecret',
  tag: 'Webhook endpoints',
  summary: 'Give a webhook endpoint a new secret',
  description:
    'The new secret is in this answer alone. Until `oldSecretUntil` every delivery carries two signatures, by the new and by the old one, so that a receiver may change over at any moment. Rotating again during the overlap drops the oldest secret at once.',
  http: { method: 'POST', path: '/v1/webhooks/{webhookId}/rotate-secret', status: 200 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  body: z
    .strictObject({
      overlapSeconds: z
        .number()
        .int()
        .min(0)
        .max(MAX_OVERLAP)
        .default(DEFAULT_OVERLAP)
        .meta({ description: 'How long the old secret goes on signing; 0 drops it at once.', examples: [86_400] }),
    })
    .meta({ id: 'RotateWebhookSecret' }),
  output: issuedWebhookSchema,
  errors: ['NOT_FOUND'],
  idempotent: true,
  mutates: true,
  replayed: (webhook) => ({ ...webhook, secret: null }),
  // As in webhooks.create: sealing reads the workspace's key.
  wire: (ctx, input) => sealNewSecret(ctx, input.webhookId),
  async run(ctx, input, { secret, secretSealed }) {
    const { overlapSeconds } = input;
    const row = await writeSecret(ctx.tx, {
      workspaceId: ctx.workspace.id,
      id: input.webhookId,
      secretSealed,
      previousUntil: overlapSeconds > 0 ? new Date(ctx.now.getTime() + overlapSeconds * 1_000) : null,
      now: ctx.now,
    });
    if (!row) throw noSuchWebhook();
    const webhook = toWebhook(row, ctx.now);
    const { oldSecretUntil } = webhook;
    await recordWebhookEvent(ctx.tx, row, { type: 'webhook.rotated', more: { oldSecretUntil } });
    ctx.audit({ after: { rotatedAt: webhook.rotatedAt, overlapSeconds } });
    ctx.afterCommit(() => ctx.wake.events());
    return { ...webhook, secret };
  },
});
