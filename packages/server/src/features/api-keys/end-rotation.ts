import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordKeyEvent } from './issue.ts';
import { requireKeyToChange } from './require.ts';
import { apiKeySchema, toApiKey } from './schemas.ts';
import { writeSecrets } from './store.ts';

export const endRotation = defineOperation({
  id: 'keys.endRotation',
  tag: 'API keys',
  summary: 'End the overlap of a rotation',
  description:
    'While two secrets of a key work: `new` stops the old one now, `old` takes the rotation back and stops the new one.',
  http: { method: 'POST', path: '/v1/keys/{keyId}/end-rotation', status: 200 },
  scope: 'keys:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ keyId: pathId('key', 'The key.') }),
  body: z
    .strictObject({
      keep: z
        .enum(['new', 'old'])
        .default('new')
        .meta({ description: 'The secret that goes on working.', examples: ['new'] }),
    })
    .meta({ id: 'EndRotation' }),
  output: apiKeySchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const row = await requireKeyToChange(ctx, input.keyId);
    const { previous_hash: old, previous_expires_at: until } = row;
    if (old === null || until === null || until <= ctx.now) {
      throw new WapingError('CONFLICT', 'no rotation is under way: the key has one secret', { param: 'keyId' });
    }
    const after = await writeSecrets(ctx.tx, {
      ...row,
      secret_hash: input.keep === 'old' ? old : row.secret_hash,
      previous_hash: null,
      previous_expires_at: null,
    });
    await recordKeyEvent(ctx.tx, after, 'key.rotation_ended', { kept: input.keep });
    ctx.afterCommit(() => ctx.wake.events());
    return toApiKey(after, ctx.now);
  },
});
