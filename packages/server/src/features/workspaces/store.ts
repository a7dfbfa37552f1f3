import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface WorkspaceRow {
  id: string;
  name: string;
  plan: string;
  data_key: Uint8Array;
  device_limit: number | null;
  outbound_limit: number | null;
  suspended_at: Date | null;
  erasing_at: Date | null;
  created_at: Date;
}

const COLUMNS = 'id, name, plan, data_key, device_limit, outbound_limit, suspended_at, erasing_at, created_at';

export async function insertWorkspace(
  tx: Queryable,
  workspace: {
    id: string;
    name: string;
    plan: string;
    dataKey: Uint8Array;
    deviceLimit?: number | null;
    outboundLimit?: number | null;
  },
): Promise<void> {
  await tx.query(
    'insert into workspace (id, name, plan, data_key, device_limit, outbound_limit) values ($1, $2, $3, $4, $5, $6)',
    [
      workspace.id,
      workspace.name,
      workspace.plan,
      workspace.dataKey,
      workspace.deviceLimit ?? null,
      workspace.outboundLimit ?? null,
    ],
  );
}

export async function findWorkspace(db: Queryable, id: string): Promise<WorkspaceRow | null> {
  const rows = await db.query<WorkspaceRow>(`select ${COLUMNS} from workspace where id = $1`, [id]);
  return rows[0] ?? null;
}

/** Reads a workspace for a change: the row stays locked until the transaction ends. */
export async function lockWorkspace(tx: Queryable, id: string): Promise<WorkspaceRow | null> {
  const rows = await tx.query<WorkspaceRow>(`select ${COLUMNS} from workspace where id = $1 for no key update`, [id]);
  return rows[0] ?? null;
}

/** Writes what an operator may change; the caller holds the row's lock. */
export async function updateWorkspace(
  tx: Queryable,
  row: Pick<WorkspaceRow, 'id' | 'name' | 'plan' | 'device_limit' | 'outbound_limit' | 'suspended_at'>,
): Promise<void> {
  await tx.query(
    `update workspace set name = $2, plan = $3, device_limit = $4, outbound_limit = $5, suspended_at = $6 where id = $1`,
    [row.id, row.name, row.plan, row.device_limit, row.outbound_limit, row.suspended_at],
  );
}

export async function listWorkspaceRows(
  db: Queryable,
  filter: { plan: string | null; page: PageWindow },
): Promise<WorkspaceRow[]> {
  const where = new Conditions().and('plan = ?', filter.plan);
  return db.query<WorkspaceRow>(`select ${COLUMNS} from workspace ${pageSql(where, 'id', filter.page)}`, where.params);
}

/** The oldest workspace: the one made on first start. */
export async function findFirstWorkspace(db: Queryable): Promise<WorkspaceRow | null> {
  const rows = await db.query<WorkspaceRow>(`select ${COLUMNS} from workspace order by created_at, id limit 1`);
  return rows[0] ?? null;
}
