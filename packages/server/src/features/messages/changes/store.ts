import type { Queryable } from '../../../platform/db/port.ts';

export type ChangeKind = 'edit' | 'revoke' | 'reaction' | 'vote';

/** A change as its row has it. */
export interface ChangeRow {
  workspace_id: string;
  device_id: string;
  wa_id: string;
  conversation_id: string;
  target_wa_id: string;
  /** Null for the account's own. */
  sender_id: string | null;
  kind: ChangeKind;
  content: unknown;
  at: Date;
}

/**
 * The CTEs, behind a CTE `made` with the columns workspace_id, device_id and wa_id of changes, that take away the messages
 * noted under their ids while they could not be read: nobody waits to read those.
 */
export const REMOVE_UNREADABLE = `gone as (
       delete from message m using made r where m.workspace_id = r.workspace_id and m.device_id = r.device_id
         and m.wa_id = r.wa_id and m.type = 'undecryptable'
       returning m.id, m.workspace_id, m.conversation_id, m.direction),
     counted as (
       update conversation v set unread = greatest(0, v.unread - n.count) from (
         select g.workspace_id, g.conversation_id, count(*)::int as count from gone g
         join conversation c on c.workspace_id = g.workspace_id and c.id = g.conversation_id
         where g.direction = 'inbound' and c.kind <> 'status' and (c.read_up_to is null or g.id > c.read_up_to)
         group by 1, 2) n
       where v.workspace_id = n.workspace_id and v.id = n.conversation_id)`;

/** Notes changes; one that came before, under the same id, is left out. Returns `device_id/wa_id` of those that are new. */
export async function insertChanges(tx: Queryable, rows: readonly ChangeRow[]): Promise<Set<string>> {
  const inserted = await tx.query<{ device_id: string; wa_id: string }>(
    `with made as (
       insert into message_change (workspace_id, device_id, wa_id, conversation_id, target_wa_id, sender_id, kind, content, at)
       select r.workspace_id, r.device_id, r.wa_id, r.conversation_id, r.target_wa_id, r.sender_id, r.kind, r.content::jsonb, r.at
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::timestamptz[]) as r (workspace_id, device_id, wa_id, conversation_id, target_wa_id, sender_id, kind, content, at)
       on conflict (device_id, wa_id) do nothing returning workspace_id, device_id, wa_id),
     ${REMOVE_UNREADABLE}
     select device_id, wa_id from made`,
    [
      rows.map((r) => r.workspace_id),
      rows.map((r) => r.device_id),
      rows.map((r) => r.wa_id),
      rows.map((r) => r.conversation_id),
      rows.map((r) => r.target_wa_id),
      rows.map((r) => r.sender_id),
      rows.map((r) => r.kind),
      rows.map((r) => JSON.stringify(r.content)),
      rows.map((r) => r.at),
    ],
  );
  return new Set(inserted.map((row) => `${row.device_id}/${row.wa_id}`));
}

/** A message that changes are about. */
export interface TargetRow {
  id: string;
  workspace_id: string;
  device_id: string;
  conversation_id: string;
  wa_id: string;
  direction: 'inbound' | 'outbound';
  sender_id: string | null;
  type: string;
  content: unknown;
  answer_secret: Uint8Array | null;
  edited_at: Date | null;
  revoked_at: Date | null;
}

/**
 * The messages changes are about, each of the change's own chat; locked, since what is judged of them must hold. One that
 * cannot be read yet is not there for them: they wait until it is.
 */
export async function lockTargets(tx: Queryable, changes: readonly ChangeRow[]): Promise<TargetRow[]> {
  return tx.query<TargetRow>(
    `select m.id, m.workspace_id, m.device_id, m.conversation_id, m.wa_id, m.direction, m.sender_id, m.type, m.content,
       m.answer_secret, m.edited_at, m.revoked_at from message m
     join (select distinct * from unnest($1::text[], $2::text[], $3::text[], $4::text[])
         as r (workspace_id, device_id, conversation_id, wa_id)) r
       on m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.wa_id
       and m.conversation_id = r.conversation_id and m.type <> 'undecryptable'
     order by m.id for no key update of m`,
    [
      changes.map((c) => c.workspace_id),
      changes.map((c) => c.device_id),
      changes.map((c) => c.conversation_id),
      changes.map((c) => c.target_wa_id),
    ],
  );
}

/** Changes that came before these messages, in the order they were made. */
export async function findWaiting(
  tx: Queryable,
  messages: readonly { workspaceId: string; deviceId: string; waId: string }[],
): Promise<ChangeRow[]> {
  return tx.query<ChangeRow>(
    `select c.workspace_id, c.device_id, c.wa_id, c.conversation_id, c.target_wa_id, c.sender_id, c.kind, c.content, c.at
     from message_change c join unnest($1::text[], $2::text[], $3::text[]) as r (workspace_id, device_id, wa_id)
       on c.workspace_id = r.workspace_id and c.device_id = r.device_id and c.target_wa_id = r.wa_id
     where c.message_id is null order by c.at, c.created_at`,
    [messages.map((m) => m.workspaceId), messages.map((m) => m.deviceId), messages.map((m) => m.waId)],
  );
}

interface ChangeKey {
  workspace_id: string;
  device_id: string;
  wa_id: string;
}

/** Ties a change to its message, with what is worth keeping of it. */
export async function settleChange(
  tx: Queryable,
  change: ChangeKey,
  settled: { messageId: string; content: unknown },
): Promise<void> {
  await tx.query(
    `update message_change set message_id = $4, content = $5::jsonb
     where workspace_id = $1 and device_id = $2 and wa_id = $3`,
    [change.workspace_id, change.device_id, change.wa_id, settled.messageId, JSON.stringify(settled.content)],
  );
}

/** Forgets a change that its sender had no right to. */
export async function dropChange(tx: Queryable, change: ChangeKey): Promise<void> {
  await tx.query('delete from message_change where workspace_id = $1 and device_id = $2 and wa_id = $3', [
    change.workspace_id,
    change.device_id,
    change.wa_id,
  ]);
}

export async function replaceContent(
  tx: Queryable,
  edit: { workspaceId: string; messageId: string; content: unknown; at: Date },
): Promise<void> {
  await tx.query('update message set content = $3::jsonb, edited_at = $4 where workspace_id = $1 and id = $2', [
    edit.workspaceId,
    edit.messageId,
    JSON.stringify(edit.content),
    edit.at,
  ]);
}

/** Marks a message taken back and forgets what it said. */
export async function revokeMessage(
  tx: Queryable,
  revoke: { workspaceId: string; messageId: string; at: Date },
): Promise<void> {
  await tx.query(
    `update message set content = '{}', answer_secret = null, revoked_at = $3 where workspace_id = $1 and id = $2`,
    [revoke.workspaceId, revoke.messageId, revoke.at],
  );
}

/** A message of ours that changes another and that WhatsApp took. */
export interface SentAction {
  workspace_id: string;
  device_id: string;
  wa_id: string;
  conversation_id: string;
  target_wa_id: string;
  type: ChangeKind;
  content: unknown;
  created_at: Date;
}

/** Of these WhatsApp ids, the messages of ours that change another, reached WhatsApp and have not had their effect. */
export async function findSentActions(
  tx: Queryable,
  reports: readonly { workspaceId: string; deviceId: string; waId: string }[],
): Promise<SentAction[]> {
  return tx.query<SentAction>(
    `select a.workspace_id, a.device_id, a.wa_id, a.conversation_id, t.wa_id as target_wa_id, a.type, a.content, a.created_at
     from (select distinct * from unnest($1::text[], $2::text[], $3::text[]) as r (workspace_id, device_id, wa_id)) r
     join message a on a.workspace_id = r.workspace_id and a.device_id = r.device_id and a.wa_id = r.wa_id
       and a.direction = 'outbound' and a.type in ('edit', 'revoke', 'reaction', 'vote') and a.status_rank between 3 and 8
     join message t on t.workspace_id = a.workspace_id and t.id = a.content -> a.type ->> 'messageId'
     where not exists (select 1 from message_change c where c.workspace_id = a.workspace_id
       and c.device_id = a.device_id and c.wa_id = a.wa_id)
     order by a.id`,
    [reports.map((r) => r.workspaceId), reports.map((r) => r.deviceId), reports.map((r) => r.waId)],
  );
}

/** Messages by WhatsApp's id within a chat of a device. */
export async function findByWaId(
  tx: Queryable,
  keys: readonly { workspaceId: string; deviceId: string; conversationId: string; waId: string }[],
): Promise<{ id: string; conversation_id: string; wa_id: string }[]> {
  return tx.query(
    `select m.id, m.conversation_id, m.wa_id from message m
     join (select distinct * from unnest($1::text[], $2::text[], $3::text[], $4::text[])
         as r (workspace_id, device_id, conversation_id, wa_id)) r
       on m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.wa_id
       and m.conversation_id = r.conversation_id`,
    [
      keys.map((k) => k.workspaceId),
      keys.map((k) => k.deviceId),
      keys.map((k) => k.conversationId),
      keys.map((k) => k.waId),
    ],
  );
}

/** Forgets changes whose message has not come for this long, at most `limit`; returns how many. Runs across workspaces. */
export async function deleteUnclaimedChanges(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `with old as (
       select workspace_id, device_id, wa_id from message_change where message_id is null and created_at < $1
       order by created_at limit $2 for update skip locked)
     delete from message_change c using old
     where c.workspace_id = old.workspace_id and c.device_id = old.device_id and c.wa_id = old.wa_id returning 1`,
    [before, limit],
  );
  return rows.length;
}
