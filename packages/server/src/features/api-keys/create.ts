import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { makeApiKey } from './issue.ts';
import { requireWithin, rightsOf } from './require.ts';
import { knownScopes } from './rules.ts';
import {
  allowedIpsField,
  deviceIdsField,
  expiresAtField,
  issuedKeySchema,
  nameField,
  scopesField,
  toApiKey,
} from './schemas.ts';

export const createKey = defineOperation({
  id: 'keys.create',
  tag: 'API keys',
  summary: 'Create an API key',
  description:
    'The secret is in this answer alone. A key that makes a key can give no more than it has: scopes, devices, addresses and expiry. The plan needs API access.',
  http: { method: 'POST', path: '/v1/keys', status: 201 },
  scope: 'keys:write',
  roles: ['owner', 'admin'],
  needsApiAccess: true,
  body: z
    .strictObject({
      name: nameField,
      scopes: scopesField,
      deviceIds: deviceIdsField.default(null),
      allowedIps: allowedIpsField.default(null),
      expiresAt: expiresAtField.default(null),
    })
    .meta({ id: 'CreateApiKey' }),
  output: issuedKeySchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  mutates: true,
  location: (key) => `/v1/keys/${key.id}`,
  replayed: (key) => ({ ...key, apiKey: null }),
  async run(ctx, input) {
    const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt);
    const { scopes, deviceIds, allowedIps } = input;
    const services = {
      plans: ctx.live.plans,
      scopes: knownScopes(ctx.live.catalogue.operations),
      now: ctx.now,
    };
    const request = { workspaceId: ctx.workspace.id, name: input.name, scopes, deviceIds, allowedIps, expiresAt };
    const issued = await makeApiKey(ctx.tx, services, { ...request, createdBy: ctx.actor.id });
    // Judged by what was written, in its one spelling: what is refused here is rolled back with the rest.
    await requireWithin(ctx, rightsOf(issued.row));
    ctx.afterCommit(() => ctx.wake.events());
    return { ...toApiKey(issued.row, ctx.now), apiKey: issued.apiKey };
  },
});
