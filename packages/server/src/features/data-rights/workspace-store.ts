import type { Queryable } from '../../platform/db/port.ts';

/** What the erasure of a workspace needs to know of it. */
export interface DoomedWorkspace {
  id: string;
  name: string;
  erasing_at: Date | null;
}

/** Reads a workspace that may be erased; locked until the transaction ends. */
export async function lockDoomed(tx: Queryable, workspaceId: string): Promise<DoomedWorkspace | null> {
  const rows = await tx.query<DoomedWorkspace>(
    'select id, name, erasing_at from workspace where id = $1 for no key update',
    [workspaceId],
  );
  return rows[0] ?? null;
}

/** Marks a workspace for erasure and shuts it. Takes the owner of the tables: a tenant may not write these columns. */
export async function markErasing(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query(
    `update workspace set erasing_at = coalesce(erasing_at, now()), suspended_at = coalesce(suspended_at, now())
     where id = $1`,
    [workspaceId],
  );
}

/** Stops every key of a workspace. */
export async function revokeAllKeys(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query('update api_key set revoked_at = coalesce(revoked_at, now()) where workspace_id = $1', [workspaceId]);
}

/** Closes every open invitation into a workspace. */
export async function closeInvitations(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query('update invitation set closed_at = coalesce(closed_at, now()) where workspace_id = $1', [workspaceId]);
}

/** Devices that are not yet told to log out. */
export async function devicesToUnlink(tx: Queryable, workspaceId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from device where workspace_id = $1 and desired <> 'logout' and state <> 'unlinked' order by id`,
    [workspaceId],
  );
  return rows.map(({ id }) => id);
}

/** Devices whose logout is still on its way to the phone. */
export async function countLeaving(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from device where workspace_id = $1 and desired = 'logout'`,
    [workspaceId],
  );
  return rows[0]?.count ?? 0;
}

/** Everything in the outbox of a workspace, a page of it. */
export async function waitingInWorkspace(
  tx: Queryable,
  workspaceId: string,
  limit: number,
): Promise<{ id: string; workspaceId: string }[]> {
  return tx.query(
    `select message_id as id, workspace_id as "workspaceId" from outbox where workspace_id = $1 order by position limit $2`,
    [workspaceId, limit],
  );
}

/** Deletes rows of a table (a name of `tables.ts`) that belong to a workspace; returns how many. */
export async function deleteRows(
  tx: Queryable,
  target: { table: string; workspaceId: string; limit: number },
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with gone as (
       delete from ${target.table} where workspace_id = $1 and ctid = any (array(
         select ctid from ${target.table} where workspace_id = $1 limit $2)) returning 1)
     select count(*)::int as count from gone`,
    [target.workspaceId, target.limit],
  );
  return rows[0]?.count ?? 0;
}

export async function countRows(tx: Queryable, table: string, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from ${table} where workspace_id = $1`,
    [workspaceId],
  );
  return rows[0]?.count ?? 0;
}

export interface SealedTotp {
  person_id: string;
  totp_sealed: Uint8Array;
  /** Another workspace of theirs. */
  home: string;
}

/** People whose second factor is sealed under this workspace and who belong to another. */
export async function totpsToMove(tx: Queryable, workspaceId: string, limit: number): Promise<SealedTotp[]> {
  return tx.query<SealedTotp>(
    `select distinct on (p.id) p.id as person_id, p.totp_sealed, m.workspace_id as home
     from person p join membership m on m.person_id = p.id and m.workspace_id <> $1
     where p.totp_workspace_id = $1 and p.totp_sealed is not null order by p.id, m.created_at limit $2`,
    [workspaceId, limit],
  );
}

/** Ids of people who belong to a workspace, or whose second factor hangs on it. */
export async function peopleOf(tx: Queryable, workspaceId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select person_id as id from membership where workspace_id = $1
     union select id from person where totp_workspace_id = $1`,
    [workspaceId],
  );
  return rows.map(({ id }) => id);
}

/** Deletes those of these people who belong to no workspace any more, with their passwords and sessions. */
export async function deleteHomeless(tx: Queryable, ids: readonly string[]): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with gone as (
       delete from person p where p.id = any ($1::text[])
         and not exists (select 1 from membership m where m.person_id = p.id) returning 1)
     select count(*)::int as count from gone`,
    [ids],
  );
  return rows[0]?.count ?? 0;
}

/** Keeps that a workspace was here and when it went. */
export async function recordErasedWorkspace(
  tx: Queryable,
  record: { workspaceId: string; removed: Record<string, number> },
): Promise<void> {
  await tx.query(
    `insert into erased_workspace (id, requested_at, removed)
     select id, coalesce(erasing_at, now()), $2::jsonb from workspace where id = $1 on conflict (id) do nothing`,
    [record.workspaceId, JSON.stringify(record.removed)],
  );
}

/** Deletes the workspace's own row, and with it its data key. */
export async function deleteWorkspace(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query('delete from workspace where id = $1', [workspaceId]);
}
