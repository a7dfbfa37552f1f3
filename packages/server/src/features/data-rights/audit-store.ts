import type { Queryable } from '../../platform/db/port.ts';

/** Lets this transaction, and it alone, take data out of the audit log, which otherwise refuses every change. */
export async function allowAuditErasure(tx: Queryable): Promise<void> {
  await tx.query(
    `select set_config('waping.forgetting_audit', 'yes', true), set_config('waping.erasing_audit', 'yes', true)`,
  );
}

export interface SweptAudit {
  seen: number;
  hit: number;
  last: string | null;
}

/** Takes out what entries quote where they mention any of these texts, or are about this target; a page, oldest first. */
export async function blankAuditMentioning(
  tx: Queryable,
  page: { workspaceId: string; after: string; texts: readonly string[]; limit: number },
): Promise<SweptAudit> {
  const rows = await tx.query<SweptAudit>(
    `with page as (
       select id, coalesce(before::text, '') || coalesce(after::text, '') as quoted from audit
       where workspace_id = $1 and id > $2 order by id limit $4),
     hit as (
       update audit a set before = null, after = '{"erased": true}' from page p
       where a.workspace_id = $1 and a.id = p.id
         and exists (select 1 from unnest($3::text[]) t where strpos(p.quoted, t) > 0) returning 1)
     select (select count(*)::int from page) as seen, (select count(*)::int from hit) as hit,
       (select max(id) from page) as last`,
    [page.workspaceId, page.after, page.texts, page.limit],
  );
  return rows[0] ?? { seen: 0, hit: 0, last: null };
}
