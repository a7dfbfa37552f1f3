import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { requireWithin } from './rights.ts';
import { type ApiKeyRow, lockKey } from './store.ts';

export const noSuchKey = () => new WapingError('NOT_FOUND', 'no such key', { param: 'keyId' });

/** The rights of a stored key. */
export const rightsOf = (row: ApiKeyRow) => ({
  scopes: row.scopes,
  devices: row.device_ids,
  ips: row.allowed_ips,
  expiresAt: row.expires_at,
});

/**
 * A key to change, locked. NOT_FOUND, CONFLICT when it is revoked, FORBIDDEN when the caller is a key that has less than
 * it: whoever renews a secret holds it.
 */
export async function requireKeyToChange(ctx: OperationContext, keyId: string): Promise<ApiKeyRow> {
  const row = await lockKey(ctx.tx, ctx.workspace.id, keyId);
  if (!row) throw noSuchKey();
  if (row.revoked_at) throw new WapingError('CONFLICT', 'this key is revoked', { param: 'keyId' });
  requireWithin(ctx.actor, rightsOf(row));
  return row;
}
