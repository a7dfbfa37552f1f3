import type { Queryable } from '../../platform/db/port.ts';

export interface LinkPageRow {
  id: string;
  workspace_id: string;
  device_id: string;
  created_at: Date;
  expires_at: Date;
  opened_at: Date | null;
  begun_at: Date | null;
  used_at: Date | null;
  revoked_at: Date | null;
}

const COLUMNS = 'id, workspace_id, device_id, created_at, expires_at, opened_at, begun_at, used_at, revoked_at';

/** Each asks a phone, or shows a code to whoever looks. */
const MAX_ATTEMPTS = 30;

/** Makes a page; of its secret only the hash is kept. */
export async function insertLinkPage(
  tx: Queryable,
  page: { id: string; workspaceId: string; deviceId: string; tokenHash: Uint8Array; expiresAt: Date },
): Promise<LinkPageRow> {
  const [row] = await tx.query<LinkPageRow>(
    `insert into link_page (id, workspace_id, device_id, token_hash, expires_at) values ($1, $2, $3, $4, $5)
     returning ${COLUMNS}`,
    [page.id, page.workspaceId, page.deviceId, page.tokenHash, page.expiresAt],
  );
  if (!row) throw new Error('the statement returned no row');
  return row;
}

/** The newest page of a device. */
export async function findLinkPage(tx: Queryable, workspaceId: string, deviceId: string): Promise<LinkPageRow | null> {
  const rows = await tx.query<LinkPageRow>(
    `select ${COLUMNS} from link_page where workspace_id = $1 and device_id = $2 order by id desc limit 1`,
    [workspaceId, deviceId],
  );
  return rows[0] ?? null;
}

/** Ends the pages of a device that still work. */
export async function revokeLinkPages(tx: Queryable, workspaceId: string, deviceId: string): Promise<void> {
  await tx.query(
    `update link_page set revoked_at = now() where workspace_id = $1 and device_id = $2 and revoked_at is null
       and used_at is null and expires_at > now()`,
    [workspaceId, deviceId],
  );
}

/** Pages of a device that ended long ago are kept no longer. */
export async function forgetLinkPages(tx: Queryable, workspaceId: string, deviceId: string): Promise<void> {
  await tx.query(
    `delete from link_page where workspace_id = $1 and device_id = $2 and expires_at < now() - interval '30 days'`,
    [workspaceId, deviceId],
  );
}

/** The page of a link, whatever became of it, with the browser it belongs to. It is what tells us the workspace. */
export async function findLinkPageByToken(
  db: Queryable,
  tokenHash: Uint8Array,
): Promise<(LinkPageRow & { browser_hash: Uint8Array | null }) | null> {
  const rows = await db.query<LinkPageRow & { browser_hash: Uint8Array | null }>(
    `select ${COLUMNS}, browser_hash from link_page where token_hash = $1`,
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** Gives a page to the first browser that asks. False when another was faster. */
export async function bindLinkPage(
  tx: Queryable,
  page: { workspaceId: string; id: string; browserHash: Uint8Array },
): Promise<boolean> {
  const rows = await tx.query(
    `update link_page set browser_hash = $3, opened_at = now()
     where workspace_id = $1 and id = $2 and browser_hash is null returning id`,
    [page.workspaceId, page.id, page.browserHash],
  );
  return rows.length > 0;
}

/** Notes that linking was begun from a page. False when the page works no longer, or was used too often in vain. */
export async function markLinkPageBegun(tx: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const rows = await tx.query(
    `update link_page set begun_at = coalesce(begun_at, now()), attempts = attempts + 1
     where workspace_id = $1 and id = $2 and revoked_at is null and used_at is null and expires_at > now()
       and attempts < ${MAX_ATTEMPTS} returning id`,
    [workspaceId, id],
  );
  return rows.length > 0;
}

/** Notes that the device was linked from a page, which then works no longer. */
export async function markLinkPageUsed(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await tx.query('update link_page set used_at = now() where workspace_id = $1 and id = $2 and used_at is null', [
    workspaceId,
    id,
  ]);
}
