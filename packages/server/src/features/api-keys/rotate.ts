import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { brandId } from '../../platform/ids.ts';
import { recordKeyEvent } from './issue.ts';
import { requireKeyToChange } from './require.ts';
import { DEFAULT_OVERLAP, issuedKeySchema, MAX_OVERLAP, toApiKey } from './schemas.ts';
import { type ApiKeyRow, writeSecrets } from './store.ts';
import { mintToken } from './token.ts';

/** Gives a key a new secret. The one before works for `overlap` seconds more, or not at all; older ones stop at once. */
export async function renewSecret(
  tx: Queryable,
  row: ApiKeyRow,
  { overlap, now }: { overlap: number; now: Date },
): Promise<{ row: ApiKeyRow; apiKey: string }> {
  const { token, secretHash } = mintToken(brandId('key', row.id));
  const after = await writeSecrets(tx, {
    ...row,
    secret_hash: secretHash,
    previous_hash: overlap > 0 ? row.secret_hash : null,
    previous_expires_at: overlap > 0 ? new Date(now.getTime() + overlap * 1000) : null,
    rotated_at: now,
  });
  const oldSecretUntil = after.previous_expires_at?.toISOString() ?? null;
  await recordKeyEvent(tx, after, 'key.rotated', { oldSecretUntil });
  return { row: after, apiKey: token };
}

export const rotateKey = defineOperation({
  id: 'keys.rotate',
  tag: 'API keys',
  summary: 'Give an API key a new secret',
  description:
    'The key keeps its id and its rights. The new secret is in this answer alone; the old one works until `oldSecretUntil`. `POST /v1/keys/{keyId}/end-rotation` ends that early, or takes the rotation back. Rotating again during the overlap stops the oldest secret at once.',
  http: { method: 'POST', path: '/v1/keys/{keyId}/rotate', status: 200 },
  scope: 'keys:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ keyId: pathId('key', 'The key.') }),
  body: z
    .strictObject({
      overlapSeconds: z
        .number()
        .int()
        .min(0)
        .max(MAX_OVERLAP)
        .default(DEFAULT_OVERLAP)
        .meta({ description: 'How long the old secret goes on working; 0 stops it at once.', examples: [86_400] }),
    })
    .meta({ id: 'RotateApiKey' }),
  output: issuedKeySchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  mutates: true,
  replayed: (key) => ({ ...key, apiKey: null }),
  async run(ctx, input) {
    const before = await requireKeyToChange(ctx, input.keyId);
    const { row, apiKey } = await renewSecret(ctx.tx, before, { overlap: input.overlapSeconds, now: ctx.now });
    ctx.afterCommit(() => ctx.wake.events());
    return { ...toApiKey(row, ctx.now), apiKey };
  },
});
