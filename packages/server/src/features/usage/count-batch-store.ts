import type { Queryable } from '../../platform/db/port.ts';
import type { MonthOfWorkspace } from './shard-store.ts';

export async function monthOfShards(
  tx: Queryable,
  target: MonthOfWorkspace,
): Promise<{ shard: number; sent: number }[]> {
  return tx.query('select shard, sent from usage_month where workspace_id = $1 and month = $2::date', [
    target.workspaceId,
    target.month,
  ]);
}

/** Adds to a day's counts of outbound messages, in the order given; their rows stay locked until the transaction ends. */
export async function addToDay(
  tx: Queryable,
  target: { workspaceId: string; day: string },
  counts: readonly { deviceId: string; network: string; kind: string; count: number }[],
): Promise<void> {
  await tx.query(
    `insert into usage_day as d (workspace_id, day, device_id, network, direction, kind, shard, count)
     select $1, $2::date, r.device_id, r.network, 'outbound', r.kind, 0, r.count
     from unnest($3::text[], $4::text[], $5::text[], $6::integer[]) with ordinality as r (device_id, network, kind, count, n)
     order by r.n
     on conflict (workspace_id, day, device_id, direction, kind, network, shard)
       do update set count = d.count + excluded.count`,
    [
      target.workspaceId,
      target.day,
      counts.map((c) => c.deviceId),
      counts.map((c) => c.network),
      counts.map((c) => c.kind),
      counts.map((c) => c.count),
    ],
  );
}

/** Gives each shard of a month its part of the limit, by place, and locks it: nobody else counts until the transaction ends. */
export async function lockMonth(
  tx: Queryable,
  target: MonthOfWorkspace,
  shares: readonly number[],
): Promise<{ shard: number; sent: number; allowed: number }[]> {
  return tx.query(
    `insert into usage_month as u (workspace_id, month, shard, sent, allowed)
     select $1, $2::date, r.n - 1, 0, r.share from unnest($3::integer[]) with ordinality as r (share, n) order by r.n
     on conflict (workspace_id, month, shard) do update set allowed = greatest(u.sent, excluded.allowed)
     returning shard, sent, allowed`,
    [target.workspaceId, target.month, shares],
  );
}

export async function addToMonth(
  tx: Queryable,
  target: MonthOfWorkspace,
  counts: readonly { shard: number; count: number }[],
): Promise<void> {
  await tx.query(
    `update usage_month u set sent = u.sent + r.count from unnest($3::integer[], $4::integer[]) as r (shard, count)
     where u.workspace_id = $1 and u.month = $2::date and u.shard = r.shard and r.count > 0`,
    [target.workspaceId, target.month, counts.map((c) => c.shard), counts.map((c) => c.count)],
  );
}
