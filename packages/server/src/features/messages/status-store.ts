import type { Queryable } from '../../platform/db/port.ts';
import type { MessageStatus } from './status.ts';

/** What a status change returns: enough for its event. */
export interface StatusChange {
  id: string;
  workspace_id: string;
  device_id: string;
  conversation_id: string;
  status: MessageStatus;
  status_at: Date;
  error: unknown;
  held_reason: string | null;
  client_ref: string | null;
}

const RETURNING =
  'm.id, m.workspace_id, m.device_id, m.conversation_id, m.status, m.status_at, m.error, m.held_reason, m.client_ref';

export interface ReportRow {
  workspaceId: string;
  deviceId: string;
  waId: string;
  status: MessageStatus;
  rank: number;
  at: Date;
  error: unknown;
}

/**
 * Moves sent messages up to the highest status reported and takes them out of the outbox. Returns one row for each
 * status a message went through, lowest first. Reports for a message that already stands at least as high, or that
 * this workspace's device did not send, change nothing; `failed` counts only before WhatsApp took the message.
 */
export async function applyReportRows(tx: Queryable, rows: readonly ReportRow[]): Promise<StatusChange[]> {
  return tx.query<StatusChange>(
    `with r as (
       select distinct on (device_id, wa_id, rank) * from unnest($1::text[], $2::text[], $3::text[], $4::text[],
         $5::smallint[], $6::timestamptz[], $7::text[]) as r (workspace_id, device_id, wa_id, status, rank, at, error)),
     step as (
       select m.id, r.status, r.rank, r.at, r.error, row_number() over (partition by m.id order by r.rank desc) = 1 as last,
         min(r.at) filter (where r.rank < 9) over (partition by m.id) as sent_at
       from r join message m on m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.wa_id
         and m.direction = 'outbound' and m.status_rank < r.rank and m.status_rank < 9
         and (r.rank < 9 or m.status_rank < 3)),
     m as (
       update message m set status = s.status, status_rank = s.rank, status_at = s.at,
         error = coalesce(s.error::jsonb, m.error), held_reason = null, next_attempt_at = null,
         sent_at = coalesce(m.sent_at, s.sent_at)
       from step s where s.last and m.id = s.id and m.status_rank < s.rank and m.status_rank < 9
       returning ${RETURNING}),
     gone as (delete from outbox o using m where o.message_id = m.id and o.workspace_id = m.workspace_id)
     select m.id, m.workspace_id, m.device_id, m.conversation_id, s.status, s.at as status_at, m.error, m.held_reason,
       m.client_ref from m join step s on s.id = m.id order by s.rank`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.status),
      rows.map((r) => r.rank),
      rows.map((r) => r.at),
      rows.map((r) => (r.error === null ? null : JSON.stringify(r.error))),
    ],
  );
}

/** Ends messages that never reached WhatsApp (send refused, validity over) and takes them out of the outbox. */
export async function endMessages(
  tx: Queryable,
  to: { status: 'failed' | 'expired' | 'canceled'; error: unknown },
  rows: readonly { id: string; workspaceId: string }[],
): Promise<StatusChange[]> {
  return tx.query<StatusChange>(
    `with m as (
       update message m set status = $3, status_rank = 9, status_at = now(), error = $4::jsonb, held_reason = null,
         next_attempt_at = null
       from unnest($1::text[], $2::text[]) as r (id, workspace_id)
       where m.id = r.id and m.workspace_id = r.workspace_id and m.status_rank < 3 returning ${RETURNING}),
     gone as (delete from outbox o using m where o.message_id = m.id and o.workspace_id = m.workspace_id)
     select * from m`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.workspaceId),
      to.status,
      to.error === null ? null : JSON.stringify(to.error),
    ],
  );
}

/** Marks a device's waiting messages held, with the reason a person can read. */
export async function holdWaiting(
  tx: Queryable,
  device: { workspaceId: string; deviceId: string; reason: string },
): Promise<StatusChange[]> {
  return tx.query<StatusChange>(
    `update message m set status = 'held', status_at = now(), held_reason = $3 from outbox o
     where o.device_id = $2 and o.workspace_id = $1 and m.id = o.message_id and m.workspace_id = $1
       and (m.status = 'queued' or (m.status = 'held' and m.held_reason is distinct from $3))
     returning ${RETURNING}`,
    [device.workspaceId, device.deviceId, device.reason],
  );
}

/** Marks a device's held messages queued again: it can send. */
export async function releaseHeld(
  tx: Queryable,
  device: { workspaceId: string; deviceId: string },
): Promise<StatusChange[]> {
  return tx.query<StatusChange>(
    `update message m set status = 'queued', status_at = now(), held_reason = null, next_attempt_at = null from outbox o
     where o.device_id = $2 and o.workspace_id = $1 and m.id = o.message_id and m.workspace_id = $1 and m.status = 'held'
     returning ${RETURNING}`,
    [device.workspaceId, device.deviceId],
  );
}
