import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { asSet, checkDevices, checkEvents, checkedUrl, hostOf, requireWebhookToChange } from './require.ts';
import { toWebhook, updateBody, webhookSchema } from './schemas.ts';
import { sealHeaders } from './sealing.ts';
import { changeWebhook, recordWebhookEvent } from './state.ts';
import { writeSettings } from './store.ts';

export const updateWebhook = defineOperation({
  id: 'webhooks.update',
  tag: 'Webhook endpoints',
  summary: 'Change a webhook endpoint',
  description:
    'What is left out stays; `headers` are replaced as a whole. Another URL has to answer a challenge first: until then its events wait in the log. Deliveries that are made already stay.',
  http: { method: 'PATCH', path: '/v1/webhooks/{webhookId}', status: 200 },
  scope: 'webhooks:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ webhookId: pathId('whk', 'The endpoint.') }),
  body: updateBody,
  output: webhookSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
  asks: (input) => input.headers !== undefined,
  // As in webhooks.create: sealing reads the workspace's key.
  async wire(ctx, input): Promise<Buffer | undefined> {
    return input.headers && (await sealHeaders(ctx, input.webhookId, input.headers));
  },
  async run(ctx, { webhookId, ...change }, headersSealed) {
    const before = await requireWebhookToChange(ctx, webhookId);
    checkEvents(change.events ?? []);
    const url = change.url === undefined ? before.url : checkedUrl(ctx.live.outside, change.url);
    // Devices deleted since stay on a list that is sent back with one more.
    const known = before.device_ids ?? [];
    await checkDevices(ctx, change.deviceIds?.filter((id) => !known.includes(id)) ?? null);
    const given = change.deviceIds === undefined ? before.device_ids : change.deviceIds;
    const written = await writeSettings(ctx.tx, {
      id: webhookId,
      workspaceId: ctx.workspace.id,
      url,
      description: change.description ?? before.description,
      events: asSet(change.events ?? before.events),
      deviceIds: given && asSet(given),
      ordered: change.ordered ?? before.ordered,
      headerNames: change.headers ? Object.keys(change.headers) : before.header_names,
      headersSealed: headersSealed ?? before.headers_sealed,
      now: ctx.now,
    });
    const moved = url === before.url ? null : await changeWebhook(ctx.tx, written, { trigger: 'moved', now: ctx.now });
    const row = moved ?? written;
    const changed = Object.keys(change);
    await recordWebhookEvent(ctx.tx, row, { type: 'webhook.updated', more: { changed } });
    ctx.audit({ before: { host: hostOf(before.url) }, after: { host: hostOf(url), changed } });
    ctx.afterCommit(() => ctx.wake.events());
    return toWebhook(row, ctx.now);
  },
});
