import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { noSuchKey } from './require.ts';
import { apiKeySchema, toApiKey } from './schemas.ts';
import { findKeyOf } from './store.ts';

export const getKey = defineOperation({
  id: 'keys.get',
  tag: 'API keys',
  summary: 'Get an API key',
  http: { method: 'GET', path: '/v1/keys/{keyId}', status: 200 },
  scope: 'keys:read',
  roles: ['owner', 'admin'],
  params: z.strictObject({ keyId: pathId('key', 'The key.') }),
  output: apiKeySchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findKeyOf(ctx.tx, ctx.workspace.id, input.keyId);
    if (!row) throw noSuchKey();
    return toApiKey(row, ctx.now);
  },
});
