import type { Queryable } from '../../platform/db/port.ts';

/** Takes one from a day's count of outbound messages; returns the network it was counted under, null when nothing was. */
export async function takeFromDay(
  tx: Queryable,
  count: { workspaceId: string; day: string; deviceId: string; kind: string },
): Promise<string | null> {
  const rows = await tx.query<{ network: string }>(
    `with s as materialized (
       select network, shard, count from usage_day
       where workspace_id = $1 and day = $2::date and device_id = $3 and direction = 'outbound' and kind = $4
       order by network, shard for update),
     pick as (select network, shard from s where count > 0 order by count desc, shard limit 1)
     update usage_day d set count = d.count - 1 from pick
     where d.workspace_id = $1 and d.day = $2::date and d.device_id = $3 and d.direction = 'outbound' and d.kind = $4
       and d.network = pick.network and d.shard = pick.shard
     returning d.network`,
    [count.workspaceId, count.day, count.deviceId, count.kind],
  );
  return rows[0]?.network ?? null;
}

/** Takes one from a month's count, of the shard that holds most. */
export async function takeFromMonth(tx: Queryable, target: { workspaceId: string; month: string }): Promise<void> {
  await tx.query(
    `with s as materialized (
       select shard, sent from usage_month where workspace_id = $1 and month = $2::date order by shard for update),
     pick as (select shard from s where sent > 0 order by sent desc, shard limit 1)
     update usage_month u set sent = u.sent - 1 from pick
     where u.workspace_id = $1 and u.month = $2::date and u.shard = pick.shard`,
    [target.workspaceId, target.month],
  );
}
