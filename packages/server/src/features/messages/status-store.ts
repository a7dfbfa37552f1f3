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
  at: Date;
  error: unknown;
}

/**
 * Moves sent messages up to `status` and takes them out of the outbox. Reports for a message that already stands at
 * least as high, or that this workspace's device did not send, change nothing.
 */
export async function applyReportRows(
  tx: Queryable,
  to: { status: MessageStatus; rank: number },
  rows: readonly ReportRow[],
): Promise<StatusChange[]> {
  return tx.query<StatusChange>(
    `with r as (
       select distinct on (device_id, wa_id) * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
         as r (workspace_id, device_id, wa_id, at, error)),
     m as (
       update message m set status = $6, status_rank = $7, status_at = r.at, error = coalesce(r.error::jsonb, m.error),
         held_reason = null, next_attempt_at = null, sent_at = coalesce(m.sent_at, case when $7 < 9 then r.at end)
       from r where m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.wa_id
         and m.direction = 'outbound' and m.status_rank < $7 and m.status_rank < 9 and ($7 < 9 or m.status_rank < 3)
       returning ${RETURNING}),
     gone as (delete from outbox o using m where o.message_id = m.id and o.workspace_id = m.workspace_id)
     select * from m`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.at),
      rows.map((r) => (r.error === null ? null : JSON.stringify(r.error))),
      to.status,
      to.rank,
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
