import type { Queryable } from '../../platform/db/port.ts';
import type { MediaRow } from './store.ts';

// Which media a message shows (`message_media`). What is not standalone leaves with the last message that names it, by
// trigger; the statements here are for what is.

/**
 * Says that messages show media, in the transaction that writes the messages. Said again, it changes nothing. Throws a
 * foreign key violation when a message or its media is not there.
 */
export async function nameMedia(
  tx: Queryable,
  rows: readonly { workspaceId: string; deviceId: string; messageId: string; mediaId: string }[],
): Promise<void> {
  await tx.query(
    `insert into message_media (workspace_id, device_id, message_id, media_id)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) on conflict do nothing`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.messageId),
      rows.map((r) => r.mediaId),
    ],
  );
}

/** A message shows no media any more: it was taken back. What is not standalone goes with its last message. */
export async function unnameMedia(tx: Queryable, workspaceId: string, messageId: string): Promise<void> {
  await tx.query('delete from message_media where workspace_id = $1 and message_id = $2', [workspaceId, messageId]);
}

/** Has every message that shows this media say that it is gone, in the transaction that deletes it. */
export async function showGone(tx: Queryable, workspaceId: string, mediaId: string): Promise<void> {
  await tx.query(
    `update message m set content = jsonb_set(m.content, '{media}',
       ((m.content -> 'media') - 'thumbnail') || '{"status": "failed", "reason": "deleted"}'::jsonb)
     from message_media n
     where n.workspace_id = $1 and n.media_id = $2 and m.workspace_id = n.workspace_id and m.id = n.message_id
       and m.content ? 'media'`,
    [workspaceId, mediaId],
  );
}

/** The media that messages show, each with the message. */
export async function mediaOfMessages(
  db: Queryable,
  workspaceId: string,
  messageIds: readonly string[],
): Promise<(MediaRow & { message_id: string })[]> {
  return db.query(
    `select m.*, n.message_id from message_media n
     join media m on m.workspace_id = n.workspace_id and m.id = n.media_id
     where n.workspace_id = $1 and n.message_id = any ($2::text[]) order by n.message_id, m.id`,
    [workspaceId, messageIds],
  );
}

/** Locks the media that these messages show: none comes to name it until the transaction ends. Returns their ids. */
export async function lockMediaOf(
  tx: Queryable,
  workspaceId: string,
  messageIds: readonly string[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select m.id from media m where m.workspace_id = $1 and m.id in (
       select n.media_id from message_media n where n.workspace_id = $1 and n.message_id = any ($2::text[]))
     order by m.id for update`,
    [workspaceId, messageIds],
  );
  return rows.map(({ id }) => id);
}

/** Locks media with ids before this one that no message seems to show and no template names, oldest first. Returns their ids. */
export async function lockUnnamedMedia(
  tx: Queryable,
  page: { workspaceId: string; beforeId: string; limit: number },
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select m.id from media m where m.workspace_id = $1 and m.id < $2
       and not exists (select from message_media n where n.workspace_id = $1 and n.media_id = m.id)
       and not exists (select from template t where t.workspace_id = $1 and t.media_id = m.id)
     order by m.id limit $3 for update of m`,
    [page.workspaceId, page.beforeId, page.limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * Deletes those of this locked media that no message shows but these, and no template names. Only with the locks held does it see every
 * message that does: one that came to name the media just before is committed by then.
 */
export async function deleteUnnamed(
  tx: Queryable,
  workspaceId: string,
  { mediaIds, except }: { mediaIds: readonly string[]; except: readonly string[] },
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with gone as (
       delete from media m where m.workspace_id = $1 and m.id = any ($2::text[])
         and not exists (select from message_media o where o.workspace_id = $1 and o.media_id = m.id
           and o.message_id <> all ($3::text[]))
         and not exists (select from template t where t.workspace_id = $1 and t.media_id = m.id)
       returning 1)
     select count(*)::int as count from gone`,
    [workspaceId, mediaIds, except],
  );
  return rows[0]?.count ?? 0;
}
