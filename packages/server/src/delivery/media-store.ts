import type { Queryable } from '../platform/db/port.ts';

/** A file as one device sends it: the keys differ by kind. */
export interface UploadKey {
  workspaceId: string;
  deviceId: string;
  /** Of the plain file. */
  sha256: Uint8Array;
  kind: string;
}

/** Where a file was uploaded, at the most so many days ago; null where it was not, or longer ago. */
export async function findUpload(db: Queryable, key: UploadKey, days: number): Promise<Uint8Array | null> {
  const rows = await db.query<{ sealed: Uint8Array }>(
    `select sealed from media_upload where workspace_id = $1 and device_id = $2 and sha256 = $3 and kind = $4
       and uploaded_at > now() - $5 * interval '1 day'`,
    [key.workspaceId, key.deviceId, key.sha256, key.kind, days],
  );
  return rows[0]?.sealed ?? null;
}

export async function saveUpload(db: Queryable, upload: UploadKey & { sealed: Uint8Array }): Promise<void> {
  await db.query(
    `insert into media_upload (workspace_id, device_id, sha256, kind, sealed) values ($1, $2, $3, $4, $5)
     on conflict (workspace_id, device_id, sha256, kind) do update set sealed = excluded.sealed, uploaded_at = now()`,
    [upload.workspaceId, upload.deviceId, upload.sha256, upload.kind, upload.sealed],
  );
}

/** Forgets uploads of so many days ago, at most `limit`; returns how many. Runs across workspaces. */
export async function deleteOldUploads(db: Queryable, days: number, limit: number): Promise<number> {
  const rows = await db.query(
    `with old as (
       select workspace_id, device_id, sha256, kind from media_upload
       where uploaded_at < now() - $1 * interval '1 day' order by uploaded_at limit $2 for update skip locked)
     delete from media_upload u using old
     where u.workspace_id = old.workspace_id and u.device_id = old.device_id and u.sha256 = old.sha256
       and u.kind = old.kind returning 1`,
    [days, limit],
  );
  return rows.length;
}
