import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface ApiKeyRow {
  id: string;
  workspace_id: string;
  name: string;
  secret_hash: Uint8Array;
  /** The secret before the last rotation, which works until `previous_expires_at`. */
  previous_hash: Uint8Array | null;
  previous_expires_at: Date | null;
  scopes: string[];
  device_ids: string[] | null;
  allowed_ips: string[] | null;
  created_at: Date;
  created_by: string | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  rotated_at: Date | null;
  last_used_at: Date | null;
  last_used_ip: string | null;
}

const COLUMNS = `id, workspace_id, name, secret_hash, previous_hash, previous_expires_at, scopes, device_ids, allowed_ips,
  created_at, created_by, expires_at, revoked_at, rotated_at, last_used_at, last_used_ip`;

export interface NewApiKey {
  id: string;
  workspaceId: string;
  name: string;
  secretHash: Uint8Array;
  scopes: string[];
  deviceIds: string[] | null;
  allowedIps: string[] | null;
  expiresAt: Date | null;
  createdBy: string | null;
}

export async function insertApiKey(tx: Queryable, key: NewApiKey): Promise<ApiKeyRow> {
  const rows = await tx.query<ApiKeyRow>(
    `insert into api_key (id, workspace_id, name, secret_hash, scopes, device_ids, allowed_ips, expires_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
    [
      key.id,
      key.workspaceId,
      key.name,
      key.secretHash,
      key.scopes,
      key.deviceIds,
      key.allowedIps,
      key.expiresAt,
      key.createdBy,
    ],
  );
  return one(rows);
}

function one<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('the statement returned no row');
  return row;
}

/** The key by its own id. The one read that has no workspace yet: it is what tells us the workspace. */
export async function findApiKey(db: Queryable, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.query<ApiKeyRow>(`select ${COLUMNS} from api_key where id = $1`, [id]);
  return rows[0] ?? null;
}

export async function findKeyOf(db: Queryable, workspaceId: string, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.query<ApiKeyRow>(`select ${COLUMNS} from api_key where workspace_id = $1 and id = $2`, [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** Reads a key for a change: the row stays locked until the transaction ends. */
export async function lockKey(tx: Queryable, workspaceId: string, id: string): Promise<ApiKeyRow | null> {
  const rows = await tx.query<ApiKeyRow>(
    `select ${COLUMNS} from api_key where workspace_id = $1 and id = $2 for no key update`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

/** Reads a key and keeps others from changing it until the transaction ends. */
export async function holdKey(tx: Queryable, workspaceId: string, id: string): Promise<ApiKeyRow | null> {
  const rows = await tx.query<ApiKeyRow>(
    `select ${COLUMNS} from api_key where workspace_id = $1 and id = $2 for share`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

export type KeyState = 'active' | 'expired' | 'revoked';

export interface KeyFilter {
  workspaceId: string;
  state: KeyState | null;
  now: Date;
  page: PageWindow;
}

export async function listKeyRows(db: Queryable, filter: KeyFilter): Promise<ApiKeyRow[]> {
  const { state, now } = filter;
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('revoked_at is not null = ?', state === null ? null : state === 'revoked')
    .and('(expires_at is null or expires_at > ?)', state === 'active' ? now : null)
    .and('expires_at <= ?', state === 'expired' ? now : null);
  return db.query<ApiKeyRow>(`select ${COLUMNS} from api_key ${pageSql(where, 'id', filter.page)}`, where.params);
}

/** All keys of a workspace, which are few (`MAX_KEYS` and the revoked ones kept). */
export async function listApiKeys(db: Queryable, workspaceId: string): Promise<ApiKeyRow[]> {
  return db.query<ApiKeyRow>(`select ${COLUMNS} from api_key where workspace_id = $1 order by id limit 1000`, [
    workspaceId,
  ]);
}

export async function countLiveKeys(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    'select count(*)::int as count from api_key where workspace_id = $1 and revoked_at is null',
    [workspaceId],
  );
  return rows[0]?.count ?? 0;
}

/** Forgets revoked keys but the last `keep`. */
export async function deleteOldRevoked(tx: Queryable, workspaceId: string, keep: number): Promise<void> {
  await tx.query(
    `delete from api_key where workspace_id = $1 and id in (
       select id from api_key where workspace_id = $1 and revoked_at is not null order by revoked_at desc, id offset $2)`,
    [workspaceId, keep],
  );
}

/** Writes what a person may change; the caller holds the row's lock. */
export async function writeKey(
  tx: Queryable,
  row: Pick<ApiKeyRow, 'id' | 'workspace_id' | 'name' | 'scopes' | 'device_ids' | 'allowed_ips' | 'expires_at'>,
): Promise<ApiKeyRow> {
  const rows = await tx.query<ApiKeyRow>(
    `update api_key set name = $3, scopes = $4, device_ids = $5, allowed_ips = $6, expires_at = $7
     where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
    [row.workspace_id, row.id, row.name, row.scopes, row.device_ids, row.allowed_ips, row.expires_at],
  );
  return one(rows);
}

/** Writes the secrets of a key; the caller holds the row's lock. */
export async function writeSecrets(
  tx: Queryable,
  row: Pick<ApiKeyRow, 'id' | 'workspace_id' | 'secret_hash' | 'previous_hash' | 'previous_expires_at' | 'rotated_at'>,
): Promise<ApiKeyRow> {
  const rows = await tx.query<ApiKeyRow>(
    `update api_key set secret_hash = $3, previous_hash = $4, previous_expires_at = $5, rotated_at = $6
     where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
    [row.workspace_id, row.id, row.secret_hash, row.previous_hash, row.previous_expires_at, row.rotated_at],
  );
  return one(rows);
}

/** Revokes a key and forgets what its secrets hashed to, but the row. Null when there is none, or it was revoked before. */
export async function revokeApiKeyRow(db: Queryable, workspaceId: string, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.query<ApiKeyRow>(
    `update api_key set revoked_at = now(), previous_hash = null, previous_expires_at = null
     where workspace_id = $1 and id = $2 and revoked_at is null returning ${COLUMNS}`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

export interface KeyUse {
  workspaceId: string;
  id: string;
  at: Date;
  ip: string;
}

/** Notes when and from where keys were last used, over the workspaces named pairwise. A later note of another node stays. */
export async function touchApiKeys(db: Queryable, uses: readonly KeyUse[]): Promise<void> {
  await db.query(
    `update api_key k set last_used_at = u.at, last_used_ip = u.ip
     from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as u (workspace_id, id, at, ip)
     where k.workspace_id = u.workspace_id and k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
    [uses.map((u) => u.workspaceId), uses.map((u) => u.id), uses.map((u) => u.at), uses.map((u) => u.ip)],
  );
}
