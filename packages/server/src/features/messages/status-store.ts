import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { insertEventsSql } from '../events/index.ts';
import type { MessageStatus } from './status.ts';

/** A message whose status changed. */
export interface StatusChange {
  id: string;
  device_id: string;
}

const CHANGED =
  'm.id, m.workspace_id, m.device_id, m.conversation_id, m.status, m.status_at, m.error, m.held_reason, m.next_attempt_at, m.client_ref';

/**
 * The text of an INSERT of one event for each status change in `changes`: a query with the columns id, workspace_id,
 * device_id, conversation_id, status, status_at, error, held_reason, next_attempt_at, client_ref and n (their order). The event tells
 * what changed, not the whole message again. `firstId` is the parameter of one new event id.
 */
export function statusEventsSql(changes: string, firstId: string): string {
  return insertEventsSql(
    `select c.workspace_id, c.device_id, c.id as subject_id, 'message.' || c.status as type, c.n,
       jsonb_build_object('message', jsonb_build_object('id', c.id, 'conversationId', c.conversation_id,
         'status', c.status, 'statusAt', to_char(c.status_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
         'heldReason', c.held_reason,
         'nextAttemptAt', to_char(c.next_attempt_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'error', c.error, 'clientRef', c.client_ref)) as data from (${changes}) c`,
    firstId,
  );
}

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
 * Moves sent messages up to the highest status reported, takes them out of the outbox, and records one event for each
 * status a message went through, lowest first. Returns the messages that changed. Reports for a message that already
 * stands at least as high, or that this workspace's device did not send, change nothing; `failed` counts only before
 * WhatsApp took the message.
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
       returning ${CHANGED}),
     gone as (delete from outbox o using m where o.message_id = m.id and o.workspace_id = m.workspace_id),
     told as (${statusEventsSql(
       `select m.id, m.workspace_id, m.device_id, m.conversation_id, s.status, s.at as status_at, m.error, m.held_reason,
          m.next_attempt_at, m.client_ref, s.rank as n from m join step s on s.id = m.id`,
       '$8',
     )})
     select m.id, m.device_id from m`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.status),
      rows.map((r) => r.rank),
      rows.map((r) => r.at),
      rows.map((r) => (r.error === null ? null : JSON.stringify(r.error))),
      newId('evt'),
    ],
  );
}

/** Ends messages that never reached WhatsApp (send refused, validity over), out of the outbox, each with its event. */
export async function endMessages(
  db: Queryable,
  to: { status: 'failed' | 'expired' | 'canceled'; error: unknown },
  rows: readonly { id: string; workspaceId: string }[],
): Promise<StatusChange[]> {
  return db.query<StatusChange>(
    `with m as (
       update message m set status = $3, status_rank = 9, status_at = now(), error = $4::jsonb, held_reason = null,
         next_attempt_at = null
       from unnest($1::text[], $2::text[]) as r (id, workspace_id)
       where m.id = r.id and m.workspace_id = r.workspace_id and m.status_rank < 3 returning ${CHANGED}),
     gone as (delete from outbox o using m where o.message_id = m.id and o.workspace_id = m.workspace_id),
     told as (${statusEventsSql('select m.*, m.id as n from m', '$5')})
     select m.id, m.device_id from m`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.workspaceId),
      to.status,
      to.error === null ? null : JSON.stringify(to.error),
      newId('evt'),
    ],
  );
}

/**
 * Marks a device's messages in line held, with the reason a person can read, each with its event. Those that are held
 * already take the reason over, which is no news: a device that is away may change from one trouble to the next for hours.
 * With `gone` those on their way are given the reason as well: they stay `sending`, for they may have arrived.
 */
export async function holdMessages(
  db: Queryable,
  device: { workspaceId: string; deviceId: string; reason: string; gone: boolean },
): Promise<void> {
  await db.query(
    `with m as (
       update message m set status = case when m.status = 'sending' then m.status else 'held' end, held_reason = $3,
         next_attempt_at = null, status_at = case when m.status = 'queued' then now() else m.status_at end
       from outbox o join message was on was.workspace_id = o.workspace_id and was.id = o.message_id
       where o.device_id = $2 and o.workspace_id = $1 and o.waits is null and m.id = o.message_id and m.workspace_id = $1
         and (m.status = 'queued' or (m.held_reason is distinct from $3
           and (m.status = 'held' or (m.status = 'sending' and ($5 or m.held_reason is not null)))))
       returning ${CHANGED}, was.held_reason as before)
     ${statusEventsSql('select m.*, m.id as n from m where m.before is null', '$4')}`,
    [device.workspaceId, device.deviceId, device.reason, newId('evt'), device.gone],
  );
}

/** Marks a device's held messages in line queued again, each with its event: it can send. */
export async function releaseMessages(db: Queryable, device: { workspaceId: string; deviceId: string }): Promise<void> {
  await db.query(
    `with m as (
       update message m set status = 'queued', status_at = now(), held_reason = null, next_attempt_at = null from outbox o
       where o.device_id = $2 and o.workspace_id = $1 and o.waits is null
         and m.id = o.message_id and m.workspace_id = $1 and m.status = 'held'
       returning ${CHANGED})
     ${statusEventsSql('select m.*, m.id as n from m', '$3')}`,
    [device.workspaceId, device.deviceId, newId('evt')],
  );
}

/** Whether messages of the device `d` leave now: as `carriesMessages` says it. */
const CARRIES = `d.state = 'connected' or (d.state = 'restricted' and d.state_reason = 'reach_out_locked')`;

/**
 * Puts messages whose time has come into line, those waiting for longest first: queued, or held while their device is not
 * connected, each with its event. Runs across workspaces, on any node. Returns the devices concerned, by message.
 */
export async function releaseDue(db: Queryable, now: Date, limit: number): Promise<{ device_id: string }[]> {
  return db.query(
    `with due as (
       select message_id, workspace_id from outbox where waits is not null and not_before <= $1
       order by not_before limit $2 for update skip locked),
     o as (
       update outbox o set waits = null from due
       where o.message_id = due.message_id and o.workspace_id = due.workspace_id
       returning o.message_id, o.workspace_id, o.device_id, o.position),
     m as (
       update message m set status = case when ${CARRIES} then 'queued' else 'held' end, status_rank = 1,
         status_at = now(), held_reason = case when not (${CARRIES}) then 'device_' || d.state end,
         next_attempt_at = null
       from o join device d on d.workspace_id = o.workspace_id and d.id = o.device_id
       where m.id = o.message_id and m.workspace_id = o.workspace_id and m.status_rank <= 1
       returning ${CHANGED}, o.position as n),
     told as (${statusEventsSql('select * from m', '$3')})
     select device_id from o`,
    [now, limit, newId('evt')],
  );
}

/** When the next message that waits for its time is due; null when none waits. Runs across workspaces. */
export async function nextDue(db: Queryable): Promise<Date | null> {
  const rows = await db.query<{ at: Date | null }>('select min(not_before) as at from outbox where waits is not null');
  return rows[0]?.at ?? null;
}
