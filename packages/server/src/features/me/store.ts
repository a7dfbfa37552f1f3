import type { Queryable } from '../../platform/db/port.ts';

export async function findWorkspaceName(tx: Queryable, workspaceId: string): Promise<string | null> {
  const rows = await tx.query<{ name: string }>('select name from workspace where id = $1', [workspaceId]);
  return rows[0]?.name ?? null;
}

export async function findPersonName(
  tx: Queryable,
  workspaceId: string,
  personId: string,
): Promise<{ name: string; email: string } | null> {
  const rows = await tx.query<{ name: string; email: string }>(
    `select p.name, p.email from person p join membership m on m.person_id = p.id
     where m.workspace_id = $1 and p.id = $2`,
    [workspaceId, personId],
  );
  return rows[0] ?? null;
}
