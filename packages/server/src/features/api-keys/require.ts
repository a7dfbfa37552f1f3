import { grants } from '../../operations/access.ts';
import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { beyond, type KeyRights } from './rights.ts';
import { type ApiKeyRow, holdKey, lockKey } from './store.ts';

export const noSuchKey = () => new WapingError('NOT_FOUND', 'no such key', { param: 'keyId' });

/** The rights of a stored key. */
export const rightsOf = (row: ApiKeyRow): KeyRights => ({
  scopes: row.scopes,
  devices: row.device_ids,
  ips: row.allowed_ips,
  expiresAt: row.expires_at,
});

/**
 * Throws FORBIDDEN where a key would make, change or renew a key that may do more than itself. It goes by the calling
 * key's row, held until the commit, and not by what the call came in with: within the second in which a key that was
 * narrowed or revoked still gets in, it could give itself everything back.
 */
export async function requireWithin(ctx: OperationContext, wanted: KeyRights): Promise<void> {
  if (ctx.actor.kind !== 'api_key') return;
  const mine = await holdKey(ctx.tx, ctx.workspace.id, ctx.actor.id);
  if (!mine || mine.revoked_at || (mine.expires_at && mine.expires_at <= ctx.now)) {
    throw new WapingError('UNAUTHORIZED', 'the API key is unknown, expired or revoked', { param: 'Authorization' });
  }
  const details = beyond(rightsOf(mine), wanted);
  if (!grants(mine.scopes, 'keys:write')) details.push({ param: 'scope', message: 'needs keys:write' });
  if (details.length > 0) throw new WapingError('FORBIDDEN', 'a key cannot give what it does not have', { details });
}

/**
 * A key to change, locked. NOT_FOUND, CONFLICT when it is revoked, FORBIDDEN when the caller is a key that has less than
 * it: whoever renews a secret holds it.
 */
export async function requireKeyToChange(ctx: OperationContext, keyId: string): Promise<ApiKeyRow> {
  const row = await lockKey(ctx.tx, ctx.workspace.id, keyId);
  if (!row) throw noSuchKey();
  if (row.revoked_at) throw new WapingError('CONFLICT', 'this key is revoked', { param: 'keyId' });
  await requireWithin(ctx, rightsOf(row));
  return row;
}
