import type { Queryable } from '../../platform/db/port.ts';

export interface MonthOfWorkspace {
  workspaceId: string;
  month: string;
}

/** Makes the rows a month is spread over, where they are missing. */
export async function ensureShards(tx: Queryable, target: MonthOfWorkspace, shards: number): Promise<void> {
  await tx.query(
    `insert into usage_month (workspace_id, month, shard, sent, allowed)
     select $1, $2::date, s, 0, 0 from generate_series(0, $3::integer - 1) as s on conflict do nothing`,
    [target.workspaceId, target.month, shards],
  );
}

/** What the shards hold; their rows stay locked, so nothing is counted until the transaction ends. */
export async function lockShards(tx: Queryable, target: MonthOfWorkspace): Promise<number[]> {
  const rows = await tx.query<{ sent: number }>(
    'select sent from usage_month where workspace_id = $1 and month = $2::date order by shard for update',
    [target.workspaceId, target.month],
  );
  return rows.map((row) => row.sent);
}

/** Gives each shard, by its place in the list, a count and a part of the limit. */
export async function writeShards(
  tx: Queryable,
  target: MonthOfWorkspace,
  shards: readonly { sent: number; allowed: number }[],
): Promise<void> {
  await tx.query(
    `update usage_month u set sent = r.sent, allowed = r.allowed
     from unnest($3::integer[], $4::integer[]) with ordinality as r (sent, allowed, n)
     where u.workspace_id = $1 and u.month = $2::date and u.shard = r.n - 1`,
    [target.workspaceId, target.month, shards.map((s) => s.sent), shards.map((s) => s.allowed)],
  );
}

/** Removes shards that this kind of database does not use; their counts are with the others by then. */
export async function dropShardsFrom(tx: Queryable, target: MonthOfWorkspace, first: number): Promise<void> {
  await tx.query('delete from usage_month where workspace_id = $1 and month = $2::date and shard >= $3', [
    target.workspaceId,
    target.month,
    first,
  ]);
}

export interface ShardRow {
  workspace_id: string;
  shard: number;
  allowed: number;
  plan: string;
  outbound_limit: number | null;
}

/** How the month of every workspace is spread, a page of workspaces at a time. Runs across workspaces, at start. */
export async function listShards(db: Queryable, month: string, after: string): Promise<ShardRow[]> {
  return db.query<ShardRow>(
    `select u.workspace_id, u.shard, u.allowed, w.plan, w.outbound_limit
     from usage_month u join workspace w on w.id = u.workspace_id
     where u.month = $1::date and u.workspace_id in (
       select distinct m.workspace_id from usage_month m
       where m.month = $1::date and m.workspace_id > $2 order by m.workspace_id limit 500)
     order by u.workspace_id, u.shard`,
    [month, after],
  );
}
