import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface PhoneRow {
  phone: string;
  name: string;
  created_at: Date;
}

/** Registers a number for a workspace; null when another workspace has it. */
export async function claimPhone(
  tx: Queryable,
  phone: { workspaceId: string; phone: string; name: string },
): Promise<PhoneRow | null> {
  const rows = await tx.query<PhoneRow>(
    `insert into sandbox_phone as p (workspace_id, phone, name) values ($1, $2, $3)
     on conflict (phone) do update set name = excluded.name where p.workspace_id = excluded.workspace_id
     returning phone, name, created_at`,
    [phone.workspaceId, phone.phone, phone.name],
  );
  return rows[0] ?? null;
}

export async function findPhone(tx: Queryable, workspaceId: string, phone: string): Promise<PhoneRow | null> {
  const rows = await tx.query<PhoneRow>(
    'select phone, name, created_at from sandbox_phone where workspace_id = $1 and phone = $2',
    [workspaceId, phone],
  );
  return rows[0] ?? null;
}

/** Those of the numbers that are phones of this workspace, in no order. */
export async function findPhones(
  tx: Queryable,
  workspaceId: string,
  phones: readonly string[],
): Promise<{ phone: string }[]> {
  return tx.query<{ phone: string }>(
    'select phone from sandbox_phone where workspace_id = $1 and phone = any ($2::text[])',
    [workspaceId, phones],
  );
}

export async function listPhoneRows(tx: Queryable, workspaceId: string, page: PageWindow): Promise<PhoneRow[]> {
  const where = new Conditions().and('workspace_id = ?', workspaceId);
  const sql = `select phone, name, created_at from sandbox_phone ${pageSql(where, 'phone', page)}`;
  return tx.query<PhoneRow>(sql, where.params);
}
