import type { Queryable } from '../platform/db/port.ts';

/** A status update. */
interface Update {
  workspaceId: string;
  deviceId: string;
  messageId: string;
}

/** Notes who is sent a status update, before they are; who was sent it in an earlier attempt stays noted. */
export async function noteAudience(db: Queryable, update: Update, contactIds: readonly string[]): Promise<void> {
  await db.query(
    `insert into status_audience as a (workspace_id, device_id, message_id, contact_ids) values ($1, $2, $3, $4)
     on conflict (workspace_id, message_id) do update
       set contact_ids = array(select distinct unnest(a.contact_ids || excluded.contact_ids))`,
    [update.workspaceId, update.deviceId, update.messageId, contactIds],
  );
}

/** Who was sent a status update; null where that is not known any more. */
export async function findNotedAudience(
  db: Queryable,
  workspaceId: string,
  messageId: string,
): Promise<string[] | null> {
  const rows = await db.query<{ contact_ids: string[] }>(
    'select contact_ids from status_audience where workspace_id = $1 and message_id = $2',
    [workspaceId, messageId],
  );
  return rows[0]?.contact_ids ?? null;
}

/**
 * Forgets who was sent status updates before this time, at most `limit`: they cannot be taken back any more. Returns how
 * many. Runs across workspaces.
 */
export async function deleteOldAudiences(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `with old as (
       select workspace_id, message_id from status_audience where created_at < $1 order by created_at limit $2
       for update skip locked)
     delete from status_audience a using old
     where a.workspace_id = old.workspace_id and a.message_id = old.message_id returning 1`,
    [before, limit],
  );
  return rows.length;
}
