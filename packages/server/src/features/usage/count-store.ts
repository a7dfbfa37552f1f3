import { isCheckViolation } from '../../platform/db/db-error.ts';
import { type Queryable, ROWS } from '../../platform/db/port.ts';

export interface OutboundCount {
  workspaceId: string;
  /** `2026-11-22`. */
  day: string;
  deviceId: string;
  network: string;
  kind: string;
  shard: number;
  /** This shard's part of the monthly limit; null for what is free. */
  allowed: number | null;
}

/** Whether a commit was refused because a shard of the monthly count is full. */
export const isShardFull = (error: unknown): boolean => isCheckViolation(error, 'usage_quota');

/**
 * Counts one accepted message, in its day and, unless it is free, in its month. Fails (`isShardFull`) when the shard has
 * nothing left. Rows that run as one are grouped: an upsert must not meet the same row twice.
 */
export async function insertOutboundCount(tx: Queryable, count: OutboundCount): Promise<void> {
  await tx.query(
    `${ROWS} with r as (
       select * from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::integer[])
         as r (workspace_id, day, device_id, network, kind, shard, allowed)),
     month as (
       insert into usage_month as u (workspace_id, month, shard, sent, allowed)
       select r.workspace_id, date_trunc('month', r.day)::date, r.shard, count(*), min(r.allowed) from r
       where r.allowed is not null group by 1, 2, 3 order by 1, 2, 3
       on conflict (workspace_id, month, shard) do update set sent = u.sent + excluded.sent, allowed = excluded.allowed)
     insert into usage_day as d (workspace_id, day, device_id, network, direction, kind, shard, count)
     select r.workspace_id, r.day, r.device_id, r.network, 'outbound', r.kind, r.shard, count(*) from r
     group by 1, 2, 3, 4, 6, 7 order by 1, 2, 3, 4, 6, 7
     on conflict (workspace_id, day, device_id, direction, kind, network, shard)
       do update set count = d.count + excluded.count`,
    [[count.workspaceId], [count.day], [count.deviceId], [count.network], [count.kind], [count.shard], [count.allowed]],
  );
}

/** Counts messages that arrived. One node at a time holds a device, so these rows need no shards. */
export async function insertInboundCounts(
  tx: Queryable,
  counts: readonly { workspaceId: string; deviceId: string; kind: string }[],
  day: string,
): Promise<void> {
  await tx.query(
    `insert into usage_day as u (workspace_id, day, device_id, network, direction, kind, shard, count)
     select r.workspace_id, $4::date, r.device_id, d.network, 'inbound', r.kind, 0, count(*)
     from unnest($1::text[], $2::text[], $3::text[]) as r (workspace_id, device_id, kind)
     join device d on d.workspace_id = r.workspace_id and d.id = r.device_id
     group by r.workspace_id, r.device_id, d.network, r.kind order by 1, 3, 4, 6
     on conflict (workspace_id, day, device_id, direction, kind, network, shard)
       do update set count = u.count + excluded.count`,
    [counts.map((c) => c.workspaceId), counts.map((c) => c.deviceId), counts.map((c) => c.kind), day],
  );
}
