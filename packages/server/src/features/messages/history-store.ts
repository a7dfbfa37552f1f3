import type { Queryable } from '../../platform/db/port.ts';
import { REMOVE_UNREADABLE } from './changes/store.ts';
import type { MessageStatus } from './status.ts';

export interface NewHistoryRow {
  id: string;
  workspaceId: string;
  deviceId: string;
  conversationId: string;
  senderId: string | null;
  direction: 'inbound' | 'outbound';
  waId: string;
  origin: 'contact' | 'phone';
  type: string;
  content: Record<string, unknown>;
  status: MessageStatus;
  statusRank: number;
  sentAt: Date;
  /** Sealed. */
  answerSecret: Uint8Array | null;
}

/** What somebody answered to a message without writing one: a reaction, or a vote that is open. */
export interface NewResponse {
  workspaceId: string;
  deviceId: string;
  waId: string;
  target: { conversationId: string; waId: string; direction: 'inbound' | 'outbound' };
  senderId: string | null;
  kind: 'reaction' | 'vote';
  content: Record<string, unknown>;
  at: Date;
}

/** Stores messages of the past that are not here yet, under their own time, and counts them for their part and device. */
export async function insertHistory(
  db: Queryable,
  part: { workspaceId: string; deviceId: string; partWaId: string },
  rows: readonly NewHistoryRow[],
): Promise<void> {
  await db.query(
    `with made as (
       insert into message (id, workspace_id, device_id, conversation_id, sender_id, direction, wa_id, origin, source, type,
         content, status, status_rank, status_at, sent_at, created_at, answer_secret)
       select r.id, $1, $2, r.conversation_id, r.sender_id, r.direction, r.wa_id, r.origin, 'history', r.type,
         r.content::jsonb, r.status, r.status_rank, r.sent_at, r.sent_at, r.sent_at, r.answer_secret
       from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
         $12::text[], $13::smallint[], $14::timestamptz[], $15::bytea[])
         as r (id, conversation_id, sender_id, direction, wa_id, origin, type, content, status, status_rank, sent_at,
           answer_secret)
       on conflict (device_id, wa_id, direction) do nothing returning 1),
     n as (select count(*)::int as count from made),
     p as (update history_part h set messages = h.messages + n.count from n
       where h.workspace_id = $1 and h.device_id = $2 and h.wa_id = $3)
     update device d set history_messages = d.history_messages + n.count from n where d.workspace_id = $1 and d.id = $2`,
    [
      part.workspaceId,
      part.deviceId,
      part.partWaId,
      rows.map((r) => r.id),
      rows.map((r) => r.conversationId),
      rows.map((r) => r.senderId),
      rows.map((r) => r.direction),
      rows.map((r) => r.waId),
      rows.map((r) => r.origin),
      rows.map((r) => r.type),
      rows.map((r) => JSON.stringify(r.content)),
      rows.map((r) => r.status),
      rows.map((r) => r.statusRank),
      rows.map((r) => r.sentAt),
      rows.map((r) => r.answerSecret),
    ],
  );
}

/** Notes responses of the past to messages that are here; one that is known already stays as it is. */
export async function insertResponses(db: Queryable, rows: readonly NewResponse[]): Promise<void> {
  await db.query(
    `with made as (
       insert into message_change (workspace_id, device_id, wa_id, conversation_id, target_wa_id, message_id, sender_id, kind,
         content, at)
       select r.workspace_id, r.device_id, r.wa_id, r.conversation_id, r.target, m.id, r.sender_id, r.kind,
         r.content::jsonb, r.at
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
           $9::text[], $10::timestamptz[])
         as r (workspace_id, device_id, wa_id, conversation_id, target, direction, sender_id, kind, content, at)
       join message m on m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.target
         and m.direction = r.direction and m.revoked_at is null
       on conflict (device_id, wa_id) do nothing returning workspace_id, device_id, wa_id),
     ${REMOVE_UNREADABLE}
     select 1 from made limit 1`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.target.conversationId),
      rows.map((r) => r.target.waId),
      rows.map((r) => r.target.direction),
      rows.map((r) => r.senderId),
      rows.map((r) => r.kind),
      rows.map((r) => JSON.stringify(r.content)),
      rows.map((r) => r.at),
    ],
  );
}

/** Whether something came before history brought these messages: changes that wait for them, or the sign that one could not be read. */
export async function isAwaited(
  db: Queryable,
  device: { workspaceId: string; deviceId: string },
  waIds: readonly string[],
): Promise<boolean> {
  const rows = await db.query(
    `select 1 from unnest($3::text[]) as r (wa_id)
     where exists (select 1 from message_change c where c.workspace_id = $1 and c.device_id = $2
         and c.target_wa_id = r.wa_id and c.message_id is null)
       or exists (select 1 from message m where m.workspace_id = $1 and m.device_id = $2 and m.wa_id = r.wa_id
         and m.type = 'undecryptable')
     limit 1`,
    [device.workspaceId, device.deviceId, waIds],
  );
  return rows.length > 0;
}
