import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { revokeApiKey } from './issue.ts';
import { noSuchKey } from './require.ts';
import { findKeyOf } from './store.ts';

export const revokeKey = defineOperation({
  id: 'keys.revoke',
  tag: 'API keys',
  summary: 'Revoke an API key',
  description:
    'It stops working within a second on every node, with all its secrets, and cannot be brought back. It stays in the list. Revoking it again does nothing.',
  http: { method: 'DELETE', path: '/v1/keys/{keyId}', status: 204 },
  scope: 'keys:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ keyId: pathId('key', 'The key.') }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const workspaceId = ctx.workspace.id;
    if (await revokeApiKey(ctx.tx, workspaceId, input.keyId)) ctx.afterCommit(() => ctx.wake.events());
    else if (!(await findKeyOf(ctx.tx, workspaceId, input.keyId))) throw noSuchKey();
    return null;
  },
});
