import type { PlanBook } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { lockLimits, requireApiAccess } from '../plans/index.ts';
import { asSet, checkDevices, checkExpiry, checkScopes, normalNetworks } from './rules.ts';
import { type ApiKeyRow, countLiveKeys, deleteOldRevoked, insertApiKey, revokeApiKeyRow } from './store.ts';
import { mintToken } from './token.ts';

/** Keys of one workspace that are not revoked. */
export const MAX_KEYS = 500;
/** Revoked keys that are still told of. */
const KEPT_REVOKED = 500;

export interface KeyRequest {
  workspaceId: string;
  name: string;
  scopes: string[];
  /** Null, or left out: every device. */
  deviceIds?: string[] | null;
  allowedIps?: string[] | null;
  expiresAt: Date | null;
  /** Who makes it: a person or a key. */
  createdBy?: string | null;
}

export interface IssuedKey {
  id: string;
  apiKey: string;
  row: ApiKeyRow;
}

/** Writes a key, whatever the plan says. The token is returned this once; the database keeps a hash. */
export async function issueApiKey(tx: Queryable, request: KeyRequest): Promise<IssuedKey> {
  const { token, id, secretHash } = mintToken();
  const { deviceIds = null, allowedIps = null, createdBy = null } = request;
  const row = await insertApiKey(tx, { ...request, id, secretHash, deviceIds, allowedIps, createdBy });
  await recordKeyEvent(tx, row, 'key.created');
  return { id, apiKey: token, row };
}

/**
 * Makes a key as anyone must who is not the installation itself. Throws FORBIDDEN where the plan has no API access,
 * CONFLICT when there are too many keys, VALIDATION_ERROR, or NOT_FOUND on a device.
 */
export async function makeApiKey(
  tx: Queryable,
  services: { plans: PlanBook; scopes: readonly string[]; now: Date },
  request: KeyRequest,
): Promise<IssuedKey> {
  const { workspaceId, deviceIds = null, allowedIps = null } = request;
  checkScopes(request.scopes, services.scopes);
  checkExpiry(request.expiresAt, services.now);
  const ips = normalNetworks(allowedIps);
  // The workspace stays locked: of parallel calls, each counts.
  requireApiAccess(await lockLimits(tx, services.plans, workspaceId));
  if ((await countLiveKeys(tx, workspaceId)) >= MAX_KEYS) {
    throw new WapingError('CONFLICT', `there are ${MAX_KEYS} keys, which is the most; revoke some first`);
  }
  await checkDevices(tx, workspaceId, deviceIds);
  await deleteOldRevoked(tx, workspaceId, KEPT_REVOKED);
  const devices = deviceIds && asSet(deviceIds);
  return issueApiKey(tx, { ...request, scopes: asSet(request.scopes), deviceIds: devices, allowedIps: ips });
}

/** Revokes a key; false when this workspace has none of that id that was not revoked before. */
export async function revokeApiKey(tx: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const row = await revokeApiKeyRow(tx, workspaceId, id);
  if (row) await recordKeyEvent(tx, row, 'key.revoked');
  return row !== null;
}

/** Tells of a change to a key in the transaction that makes it; no secret is ever in an event. */
export async function recordKeyEvent(tx: Queryable, row: ApiKeyRow, type: string, more: object = {}): Promise<void> {
  const data = { keyId: row.id, name: row.name, ...more };
  await recordEvents(tx, [{ workspaceId: row.workspace_id, deviceId: null, subjectId: row.id, type, data }]);
}
