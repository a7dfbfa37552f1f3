import type { Queryable } from '../../platform/db/port.ts';

export interface ApiKeyRow {
  id: string;
  workspace_id: string;
  name: string;
  secret_hash: Uint8Array;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

export async function insertApiKey(
  tx: Queryable,
  key: {
    id: string;
    workspaceId: string;
    name: string;
    secretHash: Uint8Array;
    scopes: string[];
    expiresAt: Date | null;
  },
): Promise<void> {
  await tx.query(
    'insert into api_key (id, workspace_id, name, secret_hash, scopes, expires_at) values ($1, $2, $3, $4, $5, $6)',
    [key.id, key.workspaceId, key.name, key.secretHash, key.scopes, key.expiresAt],
  );
}

/** The key by its own id. The one read that has no workspace yet: it is what tells us the workspace. */
export async function findApiKey(db: Queryable, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.query<ApiKeyRow>('select * from api_key where id = $1', [id]);
  return rows[0] ?? null;
}

export async function listApiKeys(db: Queryable, workspaceId: string): Promise<ApiKeyRow[]> {
  return db.query<ApiKeyRow>('select * from api_key where workspace_id = $1 order by id limit 1000', [workspaceId]);
}

export async function revokeApiKeyRow(db: Queryable, workspaceId: string, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.query<ApiKeyRow>(
    'update api_key set revoked_at = coalesce(revoked_at, now()) where workspace_id = $1 and id = $2 returning *',
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

export async function touchApiKey(db: Queryable, workspaceId: string, id: string): Promise<void> {
  await db.query('update api_key set last_used_at = now() where workspace_id = $1 and id = $2', [workspaceId, id]);
}
