import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { JobRow } from '../../platform/jobs/store.ts';

export async function listJobRows(
  tx: Queryable,
  filter: { workspaceId: string; state: string | null; kind: string | null; page: PageWindow },
): Promise<JobRow[]> {
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('state = ?', filter.state)
    .and('kind = ?', filter.kind);
  return tx.query<JobRow>(`select * from job ${pageSql(where, 'id', filter.page)}`, where.params);
}
