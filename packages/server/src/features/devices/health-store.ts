import type { SessionHealth } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { DeviceRow } from './store.ts';

/** A device with what its health is judged by and what was last told of it. */
export interface MeasuredRow extends DeviceRow {
  drops: number;
  lost_gaps: number;
  /** The owner's last measurement. */
  live: SessionHealth | null;
  measured_at: Date | null;
  told_score: number | null;
  told_at: Date | null;
}

/** What is known of these devices' health; of one workspace, or of any where none is named. */
export async function measureDevices(
  db: Queryable,
  devices: { workspaceId: string | null; ids: readonly string[] },
): Promise<MeasuredRow[]> {
  return db.query<MeasuredRow>(
    `select d.*, h.live, h.measured_at, h.told_score, h.told_at,
       (select count(*)::int from device_gap g where g.workspace_id = d.workspace_id and g.device_id = d.id
          and g.created_at > now() - interval '1 hour') as drops,
       (select count(*)::int from device_gap g where g.workspace_id = d.workspace_id and g.device_id = d.id
          and g.status = 'lost' and g.created_at > now() - interval '1 day') as lost_gaps
     from device d left join device_health h on h.workspace_id = d.workspace_id and h.device_id = d.id
     where d.id = any ($2::text[]) and ($1::text is null or d.workspace_id = $1) and d.deleted_at is null`,
    [devices.workspaceId, devices.ids],
  );
}

export interface HealthWrite {
  workspaceId: string;
  deviceId: string;
  score: number;
  reasons: unknown;
  live: SessionHealth | null;
  /** When the session last heard anything; null leaves what was known. */
  seenAt: Date | null;
  toldScore: number;
  toldAt: Date | null;
}

/** Keeps what was measured. */
export async function writeHealth(tx: Queryable, rows: readonly HealthWrite[], now: Date): Promise<void> {
  await tx.query(
    `insert into device_health as h (device_id, workspace_id, score, reasons, live, seen_at, measured_at, told_score, told_at)
     select r.device_id, r.workspace_id, r.score, r.reasons::jsonb, r.live::jsonb, r.seen_at, $9::timestamptz, r.told_score, r.told_at
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::int[], $8::timestamptz[])
       as r (device_id, workspace_id, score, reasons, live, seen_at, told_score, told_at)
     join device d on d.workspace_id = r.workspace_id and d.id = r.device_id
     on conflict (device_id) do update set score = excluded.score, reasons = excluded.reasons, live = excluded.live,
       seen_at = coalesce(excluded.seen_at, h.seen_at), measured_at = excluded.measured_at,
       told_score = excluded.told_score, told_at = excluded.told_at
       where h.workspace_id = excluded.workspace_id`,
    [
      rows.map((r) => r.deviceId),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.score),
      rows.map((r) => JSON.stringify(r.reasons)),
      rows.map((r) => JSON.stringify(r.live)),
      rows.map((r) => r.seenAt),
      rows.map((r) => r.toldScore),
      rows.map((r) => r.toldAt),
      now,
    ],
  );
}
