import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { CallRow } from './schemas.ts';

export interface NewCall {
  id: string;
  workspaceId: string;
  deviceId: string;
  waId: string;
  conversationId: string;
  contactId: string | null;
  caller: string;
  video: boolean;
  offeredAt: Date;
}

/** A call that is new here, and whether its device rejects calls by itself. */
export interface OfferedCall extends CallRow {
  reject_calls: boolean;
}

/** Notes calls that ring; one that is known already stays as it is and is not returned. */
export async function insertCalls(tx: Queryable, rows: readonly NewCall[]): Promise<OfferedCall[]> {
  return tx.query<OfferedCall>(
    `with made as (
       insert into call (id, workspace_id, device_id, wa_id, conversation_id, contact_id, caller, video, state, offered_at)
       select r.id, r.workspace_id, r.device_id, r.wa_id, r.conversation_id, r.contact_id, r.caller, r.video, 'offered', r.offered_at
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
         $9::timestamptz[]) as r (id, workspace_id, device_id, wa_id, conversation_id, contact_id, caller, video, offered_at)
       on conflict (device_id, wa_id) do nothing returning *)
     select m.*, c.phone as contact_phone, d.reject_calls from made m
     join device d on d.workspace_id = m.workspace_id and d.id = m.device_id
     left join contact c on c.workspace_id = m.workspace_id and c.id = m.contact_id`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.conversationId),
      rows.map((r) => r.contactId),
      rows.map((r) => r.caller),
      rows.map((r) => r.video),
      rows.map((r) => r.offeredAt),
    ],
  );
}

export interface EndedCall {
  workspaceId: string;
  deviceId: string;
  waId: string;
  reason: string;
  at: Date;
}

/** Ends calls that ring. Returns those that did. */
export async function endCallRows(tx: Queryable, rows: readonly EndedCall[]): Promise<CallRow[]> {
  return tx.query<CallRow>(
    `with ended as (
       update call c set state = 'ended', end_reason = r.reason, ended_at = greatest(r.at, c.offered_at)
       from (select distinct on (device_id, wa_id) * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
         as r (workspace_id, device_id, wa_id, reason, at)) r
       where c.workspace_id = r.workspace_id and c.device_id = r.device_id and c.wa_id = r.wa_id and c.state = 'offered'
       returning c.*)
     select e.*, c.phone as contact_phone from ended e
     left join contact c on c.workspace_id = e.workspace_id and c.id = e.contact_id`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.reason),
      rows.map((r) => r.at),
    ],
  );
}

/** Calls that have rung since before `before`. Runs across workspaces. */
export async function overdueCalls(db: Queryable, before: Date, limit: number): Promise<CallRow[]> {
  return db.query<CallRow>(
    `select *, null as contact_phone from call where state = 'offered' and offered_at < $1 order by offered_at limit $2`,
    [before, limit],
  );
}

const SELECT = `select a.*, c.phone as contact_phone from call a
  left join contact c on c.workspace_id = a.workspace_id and c.id = a.contact_id`;

export async function findCall(tx: Queryable, workspaceId: string, id: string): Promise<CallRow | null> {
  const rows = await tx.query<CallRow>(`${SELECT} where a.workspace_id = $1 and a.id = $2`, [workspaceId, id]);
  return rows[0] ?? null;
}

export async function listCallRows(
  tx: Queryable,
  filter: {
    workspaceId: string;
    deviceId: string | null;
    conversationId: string | null;
    state: string | null;
    page: PageWindow;
  },
): Promise<CallRow[]> {
  const where = new Conditions()
    .and('a.workspace_id = ?', filter.workspaceId)
    .and('a.device_id = ?', filter.deviceId)
    .and('a.conversation_id = ?', filter.conversationId)
    .and('a.state = ?', filter.state);
  return tx.query<CallRow>(`${SELECT} ${pageSql(where, 'a.id', filter.page)}`, where.params);
}
