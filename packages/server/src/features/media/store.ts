import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable, SqlValue } from '../../platform/db/port.ts';
import type { MediaKind } from './kinds.ts';

export type MediaSource = 'upload' | 'url' | 'base64' | 'inbound';

export interface MediaRow {
  id: string;
  workspace_id: string;
  /** The device it belongs to; null: the workspace's. */
  device_id: string | null;
  sha256: Uint8Array;
  /** Bytes, as a decimal number. */
  size: string;
  mime_type: string;
  kind: MediaKind;
  file_name: string | null;
  width: number | null;
  height: number | null;
  source: MediaSource;
  /** Made by itself: it stays until it is deleted, whatever messages name it. */
  standalone: boolean;
  created_at: Date;
}

export type NewMedia = Omit<MediaRow, 'size' | 'created_at'> & { size: number; created_at: Date };

const COLUMNS = `id, workspace_id, device_id, sha256, size, mime_type, kind, file_name, width, height, source, standalone,
  created_at`;

/** Writes a row of media. Its file must be named in the same transaction (`nameBlob`). */
export async function insertMedia(tx: Queryable, row: NewMedia): Promise<void> {
  await tx.query(
    `insert into media (id, workspace_id, device_id, sha256, size, mime_type, kind, file_name, width, height, source,
       standalone, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    valuesOf(row),
  );
}

const valuesOf = (row: NewMedia): SqlValue[] => [
  row.id,
  row.workspace_id,
  row.device_id,
  row.sha256,
  row.size,
  row.mime_type,
  row.kind,
  row.file_name,
  row.width,
  row.height,
  row.source,
  row.standalone,
  row.created_at,
];

/**
 * Writes a row of media and names its file in one statement. No row where the file is not there, or being removed: what
 * then points to it violates a foreign key.
 */
export async function insertNaming(write: Queryable, row: NewMedia): Promise<void> {
  await write.query(
    `with named as (
       update media_blob set unnamed_at = null, reserved_until = null
       where workspace_id = $2 and sha256 = $4 and removing_at is null returning 1)
     insert into media (id, workspace_id, device_id, sha256, size, mime_type, kind, file_name, width, height, source,
       standalone, created_at)
     select $1::text, $2::text, $3::text, $4::bytea, $5::bigint, $6::text, $7::text, $8::text, $9::integer, $10::integer,
       $11::text, $12::boolean, $13::timestamptz from named`,
    valuesOf(row),
  );
}

export async function findMedia(db: Queryable, workspaceId: string, id: string): Promise<MediaRow | null> {
  const rows = await db.query<MediaRow>(`select ${COLUMNS} from media where workspace_id = $1 and id = $2`, [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** Reads media for its deletion; locked, so that no message comes to name it meanwhile. */
export async function lockMedia(tx: Queryable, workspaceId: string, id: string): Promise<MediaRow | null> {
  const rows = await tx.query<MediaRow>(`select ${COLUMNS} from media where workspace_id = $1 and id = $2 for update`, [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** Those of the ids that are media of this workspace, in no order. */
export async function listMediaById(db: Queryable, workspaceId: string, ids: readonly string[]): Promise<MediaRow[]> {
  return db.query<MediaRow>(`select ${COLUMNS} from media where workspace_id = $1 and id = any ($2::text[])`, [
    workspaceId,
    ids,
  ]);
}

export interface MediaFilter {
  workspaceId: string;
  deviceId: string | null;
  kind: string | null;
  source: string | null;
  page: PageWindow;
}

export async function listMediaRows(db: Queryable, filter: MediaFilter): Promise<MediaRow[]> {
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('device_id = ?', filter.deviceId)
    .and('kind = ?', filter.kind)
    .and('source = ?', filter.source);
  return db.query<MediaRow>(`select ${COLUMNS} from media ${pageSql(where, 'id', filter.page)}`, where.params);
}

/** Deletes media. Its file goes when nothing names it any more; messages that name it show that it is gone. */
export async function deleteMediaRow(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await tx.query('delete from media where workspace_id = $1 and id = $2', [workspaceId, id]);
}

/** Media that stays until it is deleted, whatever messages name it; locked until the transaction ends. */
export async function keepForGood(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await tx.query('update media set standalone = true where workspace_id = $1 and id = $2', [workspaceId, id]);
}

/** Whether a template names this media. */
export async function isInTemplate(tx: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const rows = await tx.query('select 1 from template where workspace_id = $1 and media_id = $2 limit 1', [
    workspaceId,
    id,
  ]);
  return rows.length > 0;
}

/** Whether a message that waits to be sent needs this media. */
export async function isAwaitedBySend(tx: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from message_media n join outbox o on o.workspace_id = n.workspace_id and o.message_id = n.message_id
     where n.workspace_id = $1 and n.media_id = $2 limit 1`,
    [workspaceId, id],
  );
  return rows.length > 0;
}
