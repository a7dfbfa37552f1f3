import { ERASED_REPLY } from '../../operations/idempotency/replay.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface RetentionRow {
  messages_days: number | null;
  events_days: number | null;
  audit_days: number | null;
}

/** A workspace's retention, in days; null keeps. */
export async function findRetention(tx: Queryable, workspaceId: string): Promise<RetentionRow | null> {
  const rows = await tx.query<RetentionRow>(
    `select retention_messages_days as messages_days, retention_events_days as events_days,
       retention_audit_days as audit_days from workspace where id = $1 and erasing_at is null`,
    [workspaceId],
  );
  return rows[0] ?? null;
}

/** Workspaces that end some of their data and have not been swept in these hours. Runs across workspaces. */
export async function workspacesDue(db: Queryable, hours: number, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select w.id from workspace w
     where (retention_messages_days is not null or retention_events_days is not null or retention_audit_days is not null)
       and erasing_at is null
       and not exists (select 1 from job j where j.workspace_id = w.id and j.kind = 'retention.apply'
         and (j.state in ('queued', 'running') or j.created_at > now() - $1 * interval '1 hour'))
     order by w.id limit $2`,
    [hours, limit],
  );
  return rows.map(({ id }) => id);
}

/** Workspaces whose erasure was asked for and that nothing works on: its job was given up. Runs across workspaces. */
export async function unfinishedErasures(db: Queryable, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select w.id from workspace w where w.erasing_at is not null
       and not exists (select 1 from job j where j.workspace_id = w.id and j.kind = 'workspace.erase'
         and j.state in ('queued', 'running'))
     order by w.id limit $1`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

export interface OldMessages {
  seen: number;
  last: string | null;
  /** Past their time, and not waiting to be sent. */
  old: string[];
  /** Whether any of the page is past its time: pages go from old to new, so none after it is either. */
  any: boolean;
}

/** Looks through messages from the oldest on. What still waits to be sent is left for when that has ended. */
export async function oldMessages(
  tx: Queryable,
  page: { workspaceId: string; after: string; days: number; limit: number },
): Promise<OldMessages> {
  const rows = await tx.query<OldMessages>(
    `with page as (
       select m.id, m.created_at < now() - $3 * interval '1 day' as old from message m
       where m.workspace_id = $1 and m.id > $2 order by m.id limit $4)
     select count(*)::int as seen, max(id) as last, coalesce(bool_or(old), false) as any,
       coalesce(array_agg(id) filter (where old and not exists (
         select 1 from outbox o where o.workspace_id = $1 and o.message_id = page.id)), '{}') as old
     from page`,
    [page.workspaceId, page.after, page.days, page.limit],
  );
  return rows[0] ?? { seen: 0, last: null, old: [], any: false };
}

/**
 * Deletes the oldest events past their time, a page of them, and notes the last one on the workspace. None behind an event
 * that stays: a cursor from there on is good, and one from before has missed something.
 */
export async function deleteOldEvents(
  tx: Queryable,
  page: { workspaceId: string; days: number; limit: number },
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with page as (
       select e.id, e.tx, e.sequence, e.created_at < now() - $2 * interval '1 day' as old
       from event e where e.workspace_id = $1 order by e.tx, e.sequence limit $3),
     past as (
       select p.id, p.tx, p.sequence, bool_and(p.old) over (order by p.tx, p.sequence) as old from page p),
     gone as (
       delete from event e using past p where e.workspace_id = $1 and e.id = p.id and p.old returning 1),
     noted as (
       update workspace w set log_from_tx = l.tx, log_from_sequence = l.sequence
       from (select p.tx, p.sequence from past p where p.old order by p.tx desc, p.sequence desc limit 1) l
       where w.id = $1)
     select count(*)::int as count from gone`,
    [page.workspaceId, page.days, page.limit],
  );
  return rows[0]?.count ?? 0;
}

/** Takes the content out of idempotency replies older than messages are kept. Their keys stay taken. */
export async function blankOldReplies(
  tx: Queryable,
  page: { workspaceId: string; days: number; limit: number },
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with page as (
       select operation, key from idempotency where workspace_id = $1 and status <> ${ERASED_REPLY}
         and created_at < now() - $2 * interval '1 day' limit $3),
     hit as (
       update idempotency i set status = ${ERASED_REPLY}, headers = null, body = '', fingerprint = ''::bytea from page p
       where i.workspace_id = $1 and i.operation = p.operation and i.key = p.key returning 1)
     select count(*)::int as count from hit`,
    [page.workspaceId, page.days, page.limit],
  );
  return rows[0]?.count ?? 0;
}
