import { statusEventsSql } from '../../features/messages/index.ts';
import type { Queryable, Statement } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import type { PacedRow } from './rules.ts';

/** How far into the line of a paced device one look goes. */
const LOOKAHEAD = 50;

export interface PacedDeviceRow {
  id: string;
  workspace_id: string;
  network: 'whatsapp' | 'sandbox';
  phone: string | null;
  linked_at: Date | null;
  pacing: unknown;
  cold_day: string | null;
  cold_used: number;
  /** Until when WhatsApp refuses new chats. */
  restricted_until: Date | null;
}

/** What pacing keeps of these devices. Runs for devices this node holds, of any workspace. */
export async function findPacedDevices(db: Queryable, ids: readonly string[]): Promise<PacedDeviceRow[]> {
  return db.query(
    `select id, workspace_id, network, phone, linked_at, pacing, cold_day, cold_used, restricted_until
     from device where id = any ($1::text[])`,
    [ids],
  );
}

/** The first messages in line of paced devices, in order, with what pacing asks of each. */
export async function lookInLine(
  db: Queryable,
  devices: readonly { workspaceId: string; deviceId: string }[],
  busy: readonly string[],
): Promise<PacedRow[]> {
  return db.query<PacedRow>(
    `select x.id, x.workspace_id, x.device_id, x.conversation_id, x.lane, v.kind, k.phone, v.inbound_at,
       v.cold_day, m.held_reason,
       (select max(w.not_before) from outbox w where w.conversation_id = x.conversation_id and w.workspace_id = x.workspace_id
          and w.lane = x.lane and w.waits = 'pacing' and w.position < x.position) as behind
     from unnest($1::text[], $2::text[]) as d (workspace_id, device_id)
     cross join lateral (
       select o.message_id as id, o.workspace_id, o.device_id, o.conversation_id, o.lane, o.position from outbox o
       where o.device_id = d.device_id and o.workspace_id = d.workspace_id and o.waits is null and o.claimed_at is null
         and o.valid_until > now() and o.conversation_id <> all ($3::text[])
       order by o.lane, o.position limit ${LOOKAHEAD}) x
     join message m on m.workspace_id = x.workspace_id and m.id = x.id
     join conversation v on v.workspace_id = x.workspace_id and v.id = x.conversation_id
     left join contact k on k.workspace_id = x.workspace_id and k.id = v.contact_id
     order by x.device_id, x.lane, x.position`,
    [devices.map((d) => d.workspaceId), devices.map((d) => d.deviceId), busy],
  );
}

export interface Hold {
  row: PacedRow;
  until: Date;
  reason: string;
  /** Out of line until then. */
  aside: boolean;
}

/** Marks messages held back, some of them out of line, each with its event where it is news. */
export async function holdBack(db: Queryable, holds: readonly Hold[]): Promise<void> {
  await db.query(
    `with r as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[])
         with ordinality as r (id, workspace_id, reason, until, aside, n)),
     o as (
       update outbox o set waits = 'pacing', not_before = r.until from r
       where r.aside and o.message_id = r.id and o.workspace_id = r.workspace_id and o.waits is null and o.claimed_at is null
       returning o.message_id),
     m as (
       update message m set status = 'held', status_at = now(), held_reason = r.reason, next_attempt_at = r.until from r
       where m.id = r.id and m.workspace_id = r.workspace_id and m.status_rank <= 1
         and (m.held_reason is distinct from r.reason or (r.aside and m.next_attempt_at is distinct from r.until))
         and (not r.aside or exists (select from o where o.message_id = m.id))
       returning m.id, m.workspace_id, m.device_id, m.conversation_id, m.status, m.status_at, m.error, m.held_reason,
         m.next_attempt_at, m.client_ref, r.n)
     ${statusEventsSql('select * from m', '$6')}`,
    [
      holds.map(({ row }) => row.id),
      holds.map(({ row }) => row.workspace_id),
      holds.map(({ reason }) => reason),
      holds.map(({ until }) => until),
      holds.map(({ aside }) => aside),
      newId('evt'),
    ],
  );
}

/** Puts what is held aside on a device back in line, to be judged by new settings. */
export async function releaseAside(db: Queryable, device: { workspaceId: string; deviceId: string }): Promise<void> {
  await db.query(`update outbox set waits = null where workspace_id = $1 and device_id = $2 and waits = 'pacing'`, [
    device.workspaceId,
    device.deviceId,
  ]);
}

/** Counts chats as cold, on the chat and on its device; for the batch that claims their messages. */
export function countColdStatement(rows: readonly PacedRow[], day: string): Statement {
  return {
    sql: `with v as (
       update conversation v set cold_day = $3::text from unnest($1::text[], $2::text[]) as r (workspace_id, id)
       where v.workspace_id = r.workspace_id and v.id = r.id and v.cold_day is distinct from $3::text
       returning v.workspace_id, v.device_id)
     update device d set cold_day = greatest(d.cold_day, $3::text),
       cold_used = c.count + case when d.cold_day >= $3::text then d.cold_used else 0 end
     from (select workspace_id, device_id, count(*)::int as count from v group by 1, 2) c
     where d.workspace_id = c.workspace_id and d.id = c.device_id`,
    params: [rows.map((row) => row.workspace_id), rows.map((row) => row.conversation_id), day],
  };
}
