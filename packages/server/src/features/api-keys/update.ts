import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { recordKeyEvent } from './issue.ts';
import { requireKeyToChange, requireWithin, rightsOf } from './require.ts';
import { asSet, checkDevices, checkExpiry, checkScopes, knownScopes, normalNetworks } from './rules.ts';
import {
  allowedIpsField,
  apiKeySchema,
  deviceIdsField,
  expiresAtField,
  nameField,
  scopesField,
  toApiKey,
} from './schemas.ts';
import { type ApiKeyRow, writeKey } from './store.ts';

const body = z
  .strictObject({
    name: nameField.optional(),
    scopes: scopesField.optional(),
    deviceIds: deviceIdsField.optional(),
    allowedIps: allowedIpsField.optional(),
    expiresAt: expiresAtField.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { message: 'give at least one field to change' })
  .meta({ id: 'UpdateApiKey' });

/** The row with the change in it, checked where it changes. */
async function changed(ctx: OperationContext, row: ApiKeyRow, change: z.output<typeof body>): Promise<ApiKeyRow> {
  const next = { ...row };
  if (change.name !== undefined) next.name = change.name;
  if (change.scopes !== undefined) {
    checkScopes(change.scopes, knownScopes(ctx.live.catalogue.operations));
    next.scopes = asSet(change.scopes);
  }
  if (change.deviceIds !== undefined) {
    // Devices deleted since stay on a list that is sent back with one more.
    const known = row.device_ids ?? [];
    await checkDevices(ctx.tx, ctx.workspace.id, change.deviceIds?.filter((id) => !known.includes(id)) ?? null);
    next.device_ids = change.deviceIds && asSet(change.deviceIds);
  }
  if (change.allowedIps !== undefined) next.allowed_ips = normalNetworks(change.allowedIps);
  if (change.expiresAt !== undefined) {
    next.expires_at = change.expiresAt === null ? null : new Date(change.expiresAt);
    checkExpiry(next.expires_at, ctx.now);
  }
  return next;
}

export const updateKey = defineOperation({
  id: 'keys.update',
  tag: 'API keys',
  summary: 'Change an API key',
  description:
    'Name, scopes, devices, addresses, expiry; what is left out stays. In force within a second on every node. The secret stays the same.',
  http: { method: 'PATCH', path: '/v1/keys/{keyId}', status: 200 },
  scope: 'keys:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ keyId: pathId('key', 'The key.') }),
  body,
  output: apiKeySchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const { keyId, ...change } = input;
    const before = await requireKeyToChange(ctx, keyId);
    const after = await changed(ctx, before, change);
    await requireWithin(ctx, rightsOf(after));
    const row = await writeKey(ctx.tx, after);
    await recordKeyEvent(ctx.tx, row, 'key.updated', { changed: Object.keys(change) });
    ctx.afterCommit(() => ctx.wake.events());
    return toApiKey(row, ctx.now);
  },
});
