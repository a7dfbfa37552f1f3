import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import type { Role } from '../../operations/define.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface MemberRow {
  workspace_id: string;
  person_id: string;
  role: Role;
  created_at: Date;
  email: string;
  name: string;
  two_factor: boolean;
}

const MEMBER = `m.workspace_id, m.person_id, m.role, m.created_at, p.email, p.name,
  p.totp_confirmed_at is not null as two_factor from membership m join person p on p.id = m.person_id`;

export async function listMemberRows(
  tx: Queryable,
  filter: { workspaceId: string; role: Role | null; page: PageWindow },
): Promise<MemberRow[]> {
  const where = new Conditions().and('m.workspace_id = ?', filter.workspaceId).and('m.role = ?', filter.role);
  return tx.query<MemberRow>(`select ${MEMBER} ${pageSql(where, 'm.person_id', filter.page)}`, where.params);
}

/** Reads a member for a change: the row stays locked until the transaction ends. */
export async function lockMember(tx: Queryable, workspaceId: string, personId: string): Promise<MemberRow | null> {
  const rows = await tx.query<MemberRow>(
    `select ${MEMBER} where m.workspace_id = $1 and m.person_id = $2 for no key update of m`,
    [workspaceId, personId],
  );
  return rows[0] ?? null;
}

/** Locks the owners of a workspace, so that two who leave at once see each other. Returns their ids. */
export async function lockOwners(tx: Queryable, workspaceId: string): Promise<string[]> {
  const rows = await tx.query<{ person_id: string }>(
    `select person_id from membership where workspace_id = $1 and role = 'owner' order by person_id for no key update`,
    [workspaceId],
  );
  return rows.map((row) => row.person_id);
}

/** Where the owners of a workspace get mail. */
export async function listOwnerEmails(db: Queryable, workspaceId: string): Promise<string[]> {
  const rows = await db.query<{ email: string }>(
    `select p.email from membership m join person p on p.id = m.person_id
     where m.workspace_id = $1 and m.role = 'owner' order by p.email limit 20`,
    [workspaceId],
  );
  return rows.map(({ email }) => email);
}

export async function findMemberByEmail(tx: Queryable, workspaceId: string, email: string): Promise<MemberRow | null> {
  const rows = await tx.query<MemberRow>(`select ${MEMBER} where m.workspace_id = $1 and p.email = $2`, [
    workspaceId,
    email,
  ]);
  return rows[0] ?? null;
}

/** The workspaces of a person, the one they joined first at the front. */
export async function listMemberships(
  db: Queryable,
  personId: string,
): Promise<{ workspace_id: string; role: Role; workspace_name: string }[]> {
  return db.query(
    `select m.workspace_id, m.role, w.name as workspace_name from membership m join workspace w on w.id = m.workspace_id
     where m.person_id = $1 order by m.created_at, m.workspace_id limit 200`,
    [personId],
  );
}

/** False when the person belongs to the workspace already. */
export async function insertMembership(
  tx: Queryable,
  member: { workspaceId: string; personId: string; role: Role },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into membership (workspace_id, person_id, role) values ($1, $2, $3) on conflict do nothing returning role`,
    [member.workspaceId, member.personId, member.role],
  );
  return rows.length > 0;
}

export async function updateRole(
  tx: Queryable,
  member: { workspaceId: string; personId: string; role: Role },
): Promise<void> {
  await tx.query('update membership set role = $3 where workspace_id = $1 and person_id = $2', [
    member.workspaceId,
    member.personId,
    member.role,
  ]);
}

/** Ends a membership and, by its foreign key, the sessions that work in it. */
export async function deleteMembership(tx: Queryable, workspaceId: string, personId: string): Promise<void> {
  await tx.query('delete from membership where workspace_id = $1 and person_id = $2', [workspaceId, personId]);
}
