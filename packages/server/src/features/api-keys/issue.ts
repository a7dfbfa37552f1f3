import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { insertApiKey, revokeApiKeyRow } from './store.ts';
import { mintToken } from './token.ts';

export interface KeyRequest {
  workspaceId: string;
  name: string;
  scopes: string[];
  expiresAt: Date | null;
}

/** Makes a key. The token is returned this once; the database keeps a hash. */
export async function issueApiKey(tx: Queryable, request: KeyRequest): Promise<{ id: string; apiKey: string }> {
  const { token, id, secretHash } = mintToken();
  await insertApiKey(tx, { id, secretHash, ...request });
  await recordEvents(tx, [keyEvent(request.workspaceId, id, 'key.created')]);
  return { id, apiKey: token };
}

/** Revokes a key; false when this workspace has none of that id. */
export async function revokeApiKey(tx: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const row = await revokeApiKeyRow(tx, workspaceId, id);
  if (row) await recordEvents(tx, [keyEvent(workspaceId, id, 'key.revoked')]);
  return row !== null;
}

function keyEvent(workspaceId: string, id: string, type: string) {
  return { workspaceId, deviceId: null, subjectId: id, type, data: { keyId: id } };
}
