import type { MemberRole } from '../../engine/asks.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface MemberRow {
  group_id: string;
  phone: string | null;
  lid: string | null;
  role: MemberRole;
}

/** A member with the contact it is, where it is one. */
export interface ShownMemberRow extends MemberRow {
  contact_id: string | null;
  name: string | null;
}

export async function listMembers(
  tx: Queryable,
  workspaceId: string,
  groupIds: readonly string[],
): Promise<MemberRow[]> {
  return tx.query<MemberRow>(
    'select group_id, phone, lid, role from group_member where workspace_id = $1 and group_id = any ($2::text[])',
    [workspaceId, groupIds],
  );
}

/** The members of a group, admins first, with the contacts they are. */
export async function showMembers(tx: Queryable, workspaceId: string, groupId: string): Promise<ShownMemberRow[]> {
  return tx.query<ShownMemberRow>(
    `select m.group_id, m.phone, m.lid, m.role, c.id as contact_id, coalesce(c.name, c.push_name) as name from group_member m
     left join lateral (
       select * from contact c where c.workspace_id = $1 and (c.phone = m.phone or c.lid = m.lid)
       order by (c.phone = m.phone) desc nulls last limit 1) c on true
     where m.workspace_id = $1 and m.group_id = $2
     order by array_position(array['owner', 'admin', 'member'], m.role), m.phone, m.lid`,
    [workspaceId, groupId],
  );
}

/** Replaces the members of a group. The caller holds its lock. */
export async function replaceMembers(
  tx: Queryable,
  group: { workspaceId: string; deviceId: string; groupId: string },
  members: readonly Omit<MemberRow, 'group_id'>[],
): Promise<void> {
  await tx.query('delete from group_member where workspace_id = $1 and group_id = $2', [
    group.workspaceId,
    group.groupId,
  ]);
  await tx.query(
    `insert into group_member (workspace_id, device_id, group_id, phone, lid, role)
     select $1, $2, $3, m.phone, m.lid, m.role from unnest($4::text[], $5::text[], $6::text[]) as m (phone, lid, role)`,
    [
      group.workspaceId,
      group.deviceId,
      group.groupId,
      members.map((m) => m.phone),
      members.map((m) => m.lid),
      members.map((m) => m.role),
    ],
  );
}

/**
 * What a contact is in the group of a chat, `none` where it is not among the members. Null where that is not known: the
 * group was not read yet, the account has left it, or an admin is known by a LID alone and the contact by its number, or
 * the other way round, so that they may be one.
 */
export async function findRole(
  tx: Queryable,
  chat: { workspaceId: string; conversationId: string },
  contactId: string,
): Promise<MemberRole | 'none' | null> {
  const rows = await tx.query<{ role: MemberRole | 'none' | null }>(
    `select coalesce((
       select m.role from group_member m
       join contact c on c.workspace_id = m.workspace_id and (c.phone = m.phone or c.lid = m.lid)
       where m.workspace_id = $1 and m.group_id = g.id and c.id = $3
       order by array_position(array['owner', 'admin', 'member'], m.role) limit 1),
       case when not exists (
         select 1 from group_member a join contact c on c.workspace_id = a.workspace_id and c.id = $3
         where a.workspace_id = $1 and a.group_id = g.id and a.role <> 'member'
           and (a.phone is null or c.phone is null) and (a.lid is null or c.lid is null)) then 'none' end) as role
     from conversation v
     join wa_group g on g.workspace_id = v.workspace_id and g.device_id = v.device_id and g.wa_id = v.group_id
     where v.workspace_id = $1 and v.id = $2 and g.left_at is null
       and exists (select 1 from group_member o where o.workspace_id = $1 and o.group_id = g.id)`,
    [chat.workspaceId, chat.conversationId, contactId],
  );
  return rows[0]?.role ?? null;
}
