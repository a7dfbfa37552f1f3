import { defineOperation } from '../../operations/define.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { lockLimits, requireApiAccess } from '../plans/index.ts';
import { asSet, checkDevices, checkEvents, checkedUrl, hostOf } from './require.ts';
import { createBody, issuedWebhookSchema, toWebhook } from './schemas.ts';
import { sealHeaders, sealNewSecret } from './sealing.ts';
import { recordWebhookEvent } from './state.ts';
import { countWebhooks, insertWebhook } from './store.ts';

/** Endpoints of one workspace. */
export const MAX_WEBHOOKS = 50;

export const createWebhook = defineOperation({
  id: 'webhooks.create',
  tag: 'Webhook endpoints',
  summary: 'Create a webhook endpoint',
  description:
    'The signing secret is in this answer alone. The endpoint is challenged at once and becomes `active` when it has answered; it then gets every event from its creation on. A key that may do this may have every event sent somewhere. The plan needs API access.',
  http: { method: 'POST', path: '/v1/webhooks', status: 201 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  needsApiAccess: true,
  body: createBody,
  output: issuedWebhookSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  mutates: true,
  location: (webhook) => `/v1/webhooks/${webhook.id}`,
  replayed: (webhook) => ({ ...webhook, secret: null }),
  // The workspace's key is read here: inside the transaction, the embedded database would wait for itself.
  async wire(ctx, input) {
    checkEvents(input.events);
    const url = checkedUrl(ctx.live.outside, input.url);
    const id = newId('whk');
    return { id, url, ...(await sealNewSecret(ctx, id)), headersSealed: await sealHeaders(ctx, id, input.headers) };
  },
  async run(ctx, input, { id, url, secret, secretSealed, headersSealed }) {
    const workspaceId = ctx.workspace.id;
    // The workspace stays locked: of parallel calls, each counts.
    requireApiAccess(await lockLimits(ctx.tx, ctx.live.plans, workspaceId));
    if ((await countWebhooks(ctx.tx, workspaceId)) >= MAX_WEBHOOKS) {
      throw new WapingError('CONFLICT', `there are ${MAX_WEBHOOKS} webhooks, which is the most; delete some first`);
    }
    await checkDevices(ctx, input.deviceIds);
    const { description, ordered } = input;
    const events = asSet(input.events);
    const deviceIds = input.deviceIds && asSet(input.deviceIds);
    const row = await insertWebhook(ctx.tx, {
      id,
      workspaceId,
      url,
      description,
      events,
      deviceIds,
      ordered,
      headerNames: Object.keys(input.headers),
      headersSealed,
      secretSealed,
      createdBy: ctx.actor.id,
      now: ctx.now,
    });
    await recordWebhookEvent(ctx.tx, row, { type: 'webhook.created' });
    ctx.audit({ after: { host: hostOf(url), description, events, deviceIds, ordered } });
    ctx.afterCommit(() => ctx.wake.events());
    return { ...toWebhook(row, ctx.now), secret };
  },
});
