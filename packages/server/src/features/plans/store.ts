import type { Queryable } from '../../platform/db/port.ts';

/** What a workspace row says about its plan. */
export interface PlanRow {
  plan: string;
  device_limit: number | null;
  outbound_limit: number | null;
  suspended_at: Date | null;
}

export async function findPlanRow(db: Queryable, workspaceId: string): Promise<PlanRow | null> {
  const rows = await db.query<PlanRow>(
    'select plan, device_limit, outbound_limit, suspended_at from workspace where id = $1',
    [workspaceId],
  );
  return rows[0] ?? null;
}

/** Reads the same and keeps the row locked until the transaction ends: whoever counts against a limit waits in line. */
export async function lockPlanRow(tx: Queryable, workspaceId: string): Promise<PlanRow | null> {
  const rows = await tx.query<PlanRow>(
    'select plan, device_limit, outbound_limit, suspended_at from workspace where id = $1 for no key update',
    [workspaceId],
  );
  return rows[0] ?? null;
}

/** Plans that workspaces are on. */
export async function plansInUse(db: Queryable): Promise<{ plan: string; workspaces: number }[]> {
  return db.query('select plan, count(*)::int as workspaces from workspace group by plan order by plan limit 1000');
}
