import type { Queryable } from '../../platform/db/port.ts';

export interface WorkspaceRow {
  id: string;
  name: string;
  plan: string;
  data_key: Uint8Array;
}

export async function insertWorkspace(
  tx: Queryable,
  workspace: { id: string; name: string; plan: string; dataKey: Uint8Array },
): Promise<void> {
  await tx.query('insert into workspace (id, name, plan, data_key) values ($1, $2, $3, $4)', [
    workspace.id,
    workspace.name,
    workspace.plan,
    workspace.dataKey,
  ]);
}

export async function findWorkspace(db: Queryable, id: string): Promise<WorkspaceRow | null> {
  const rows = await db.query<WorkspaceRow>('select id, name, plan, data_key from workspace where id = $1', [id]);
  return rows[0] ?? null;
}

/** The oldest workspace: the one made on first start. */
export async function findFirstWorkspace(db: Queryable): Promise<WorkspaceRow | null> {
  const rows = await db.query<WorkspaceRow>(
    'select id, name, plan, data_key from workspace order by created_at, id limit 1',
  );
  return rows[0] ?? null;
}
