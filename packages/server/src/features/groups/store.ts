import type { MemberRole } from '../../engine/asks.ts';
import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface GroupRow {
  id: string;
  workspace_id: string;
  device_id: string;
  wa_id: string;
  subject: string;
  description: string;
  announce: boolean;
  locked: boolean;
  member_add: 'admins' | 'all';
  join_approval: boolean;
  ephemeral_seconds: number;
  founded_at: Date | null;
  left_at: Date | null;
  created_at: Date;
}

/** A group with what the list of its members tells. */
export interface ShownGroupRow extends GroupRow {
  members: number;
  /** The account's own; null where it is not in the group. */
  role: MemberRole | null;
  conversation_id: string | null;
}

const SELECT = `select g.*, v.id as conversation_id,
  (select count(*)::int from group_member m where m.workspace_id = g.workspace_id and m.group_id = g.id) as members,
  (select m.role from group_member m join device d on d.workspace_id = g.workspace_id and d.id = g.device_id
    where m.workspace_id = g.workspace_id and m.group_id = g.id and (m.phone = d.phone or m.lid = d.lid) limit 1) as role
  from wa_group g left join conversation v
    on v.workspace_id = g.workspace_id and v.device_id = g.device_id and v.group_id = g.wa_id`;

export async function findGroup(tx: Queryable, workspaceId: string, id: string): Promise<ShownGroupRow | null> {
  const rows = await tx.query<ShownGroupRow>(`${SELECT} where g.workspace_id = $1 and g.id = $2`, [workspaceId, id]);
  return rows[0] ?? null;
}

export async function listGroupRows(
  tx: Queryable,
  filter: { workspaceId: string; deviceId: string | null; page: PageWindow },
): Promise<ShownGroupRow[]> {
  const where = new Conditions().and('g.workspace_id = ?', filter.workspaceId).and('g.device_id = ?', filter.deviceId);
  return tx.query<ShownGroupRow>(`${SELECT} ${pageSql(where, 'g.id', filter.page)}`, where.params);
}

/** A group as one device names it. */
export interface GroupKey {
  workspaceId: string;
  deviceId: string;
  waId: string;
}

/** Reads known groups for a change; locked in one order, so that two who change several never wait for each other. */
export async function lockGroups(tx: Queryable, keys: readonly GroupKey[]): Promise<GroupRow[]> {
  return tx.query<GroupRow>(
    `select g.* from wa_group g
     join unnest($1::text[], $2::text[], $3::text[]) as k (workspace_id, device_id, wa_id)
       on g.workspace_id = k.workspace_id and g.device_id = k.device_id and g.wa_id = k.wa_id
     order by g.id for no key update of g`,
    [keys.map((k) => k.workspaceId), keys.map((k) => k.deviceId), keys.map((k) => k.waId)],
  );
}

/** Groups of a device the account is in, except these. */
export async function lockOtherGroups(
  tx: Queryable,
  device: { workspaceId: string; deviceId: string; except: readonly string[] },
): Promise<GroupRow[]> {
  return tx.query<GroupRow>(
    `select * from wa_group where workspace_id = $1 and device_id = $2 and left_at is null and wa_id <> all ($3::text[])
     order by id for no key update`,
    [device.workspaceId, device.deviceId, device.except],
  );
}

/** Ids of known groups, each with how its device names it. */
export async function listGroupIds(
  tx: Queryable,
  keys: readonly GroupKey[],
): Promise<Pick<GroupRow, 'id' | 'device_id' | 'wa_id'>[]> {
  return tx.query(
    `select g.id, g.device_id, g.wa_id from wa_group g
     join unnest($1::text[], $2::text[], $3::text[]) as k (workspace_id, device_id, wa_id)
       on g.workspace_id = k.workspace_id and g.device_id = k.device_id and g.wa_id = k.wa_id`,
    [keys.map((k) => k.workspaceId), keys.map((k) => k.deviceId), keys.map((k) => k.waId)],
  );
}

/** Makes a group. False when somebody else just did. */
export async function insertGroup(tx: Queryable, row: Omit<GroupRow, 'created_at' | 'left_at'>): Promise<boolean> {
  const rows = await tx.query(
    `insert into wa_group (id, workspace_id, device_id, wa_id, subject, description, announce, locked, member_add,
       join_approval, ephemeral_seconds, founded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (device_id, wa_id) do nothing returning 1`,
    [
      row.id,
      row.workspace_id,
      row.device_id,
      row.wa_id,
      row.subject,
      row.description,
      row.announce,
      row.locked,
      row.member_add,
      row.join_approval,
      row.ephemeral_seconds,
      row.founded_at,
    ],
  );
  return rows.length > 0;
}

/** Writes what a group now is; the account is in it. */
export async function updateGroup(tx: Queryable, row: Omit<GroupRow, 'created_at' | 'left_at'>): Promise<void> {
  await tx.query(
    `update wa_group set subject = $3, description = $4, announce = $5, locked = $6, member_add = $7, join_approval = $8,
       ephemeral_seconds = $9, founded_at = $10, left_at = null
     where workspace_id = $1 and id = $2`,
    [
      row.workspace_id,
      row.id,
      row.subject,
      row.description,
      row.announce,
      row.locked,
      row.member_add,
      row.join_approval,
      row.ephemeral_seconds,
      row.founded_at,
    ],
  );
}

/** The account left these groups; who is in them is not known any more. */
export async function markLeft(tx: Queryable, workspaceId: string, ids: readonly string[], at: Date): Promise<void> {
  await tx.query(
    `with gone as (delete from group_member where workspace_id = $1 and group_id = any ($2::text[]))
     update wa_group set left_at = $3 where workspace_id = $1 and id = any ($2::text[])`,
    [workspaceId, ids, at],
  );
}
