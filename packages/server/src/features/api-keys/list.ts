import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { apiKeySchema, KEY_STATES, toApiKey } from './schemas.ts';
import { listKeyRows } from './store.ts';

export const listKeys = defineOperation({
  id: 'keys.list',
  tag: 'API keys',
  summary: 'List API keys',
  description: 'Revoked keys too: the last 500 of them. Secrets are never shown again.',
  http: { method: 'GET', path: '/v1/keys', status: 200 },
  scope: 'keys:read',
  roles: ['owner', 'admin'],
  query: z.strictObject({
    ...listQuery,
    state: z.enum(KEY_STATES).optional().meta({ description: 'Only keys in this state.' }),
  }),
  output: pageOf('ApiKeyList', apiKeySchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { state: input.state };
    const rows = await listKeyRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      state: input.state ?? null,
      now: ctx.now,
      page: openPage(input, filters),
    });
    return closePage(
      rows.map((row) => toApiKey(row, ctx.now)),
      { ...input, filters },
      (key) => key.id,
    );
  },
});
