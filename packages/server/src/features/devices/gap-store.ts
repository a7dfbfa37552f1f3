import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { insertEventsSql } from '../events/index.ts';

interface Device {
  workspaceId: string;
  deviceId: string;
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** The public form of a gap, of the row `g`. */
const SHOWN = `jsonb_build_object('deviceId', g.device_id, 'gap', jsonb_build_object('id', g.id,
  'from', to_char(g.from_at at time zone 'UTC', ${ISO}), 'to', to_char(g.to_at at time zone 'UTC', ${ISO}),
  'reason', g.reason, 'status', g.status, 'messagesRecovered', g.recovered))`;

/** The text of an INSERT of an event of this type for each row of `gaps`. */
function gapEventsSql(gaps: string, type: string, firstId: string): string {
  return insertEventsSql(
    `select g.workspace_id, g.device_id, g.id as subject_id, '${type}' as type, ${SHOWN} as data, 1 as n from (${gaps}) g`,
    firstId,
  );
}

/**
 * Begins a gap, or goes on with the one whose filling the lost connection cut off. Without `from` it begins when the
 * device's health was last seen, which is what is known where a node died.
 */
export async function openGap(tx: Queryable, gap: Device & { from: Date | null; reason: string }): Promise<void> {
  await tx.query(
    `insert into device_gap as g (id, workspace_id, device_id, from_at, reason, status)
     values ($1, $2, $3, least(now(), coalesce($4, (select h.seen_at from device_health h
       where h.workspace_id = $2 and h.device_id = $3), now())), $5, 'open')
     on conflict (device_id) where status in ('open', 'filling')
       do update set status = 'open', to_at = null where g.workspace_id = excluded.workspace_id`,
    [newId('gap'), gap.workspaceId, gap.deviceId, gap.from, gap.reason],
  );
}

/**
 * The device is connected again: its gap has an end, and WhatsApp sends what it kept. Told at once where it was longer
 * than `tellSeconds` or the device was deaf, which nobody could see; else only if something was missed.
 */
export async function endGap(tx: Queryable, gap: Device & { tellSeconds: number }): Promise<void> {
  await tx.query(
    `with b as (
       select workspace_id, id, told as told_before from device_gap
       where workspace_id = $1 and device_id = $2 and status = 'open' for update),
     g as (
       update device_gap g set status = 'filling', to_at = now(),
         told = g.told or g.reason = 'deaf' or g.from_at < now() - $3 * interval '1 second'
       from b where g.workspace_id = b.workspace_id and g.id = b.id returning g.*, b.told_before)
     ${gapEventsSql('select * from g where told and not told_before', 'gap.detected', '$4')}`,
    [gap.workspaceId, gap.deviceId, gap.tellSeconds, newId('evt')],
  );
}

/** Counts messages that came late into the gaps of their devices. */
export async function countRecovered(tx: Queryable, counts: readonly (Device & { messages: number })[]): Promise<void> {
  await tx.query(
    `update device_gap g set recovered = g.recovered + r.messages, recovered_at = now()
     from unnest($1::text[], $2::text[], $3::int[]) as r (workspace_id, device_id, messages)
     where g.workspace_id = r.workspace_id and g.device_id = r.device_id and g.status in ('open', 'filling')`,
    [counts.map((c) => c.workspaceId), counts.map((c) => c.deviceId), counts.map((c) => c.messages)],
  );
}

/** Everything WhatsApp kept has come. Tells of a gap that nobody was told of if something was missed in it. */
export async function tellMissed(tx: Queryable, device: Device): Promise<void> {
  await tx.query(
    `with g as (
       update device_gap set told = true
       where workspace_id = $1 and device_id = $2 and status = 'filling' and not told and recovered > 0 returning *)
     ${gapEventsSql('select * from g', 'gap.detected', '$3')}`,
    [device.workspaceId, device.deviceId, newId('evt')],
  );
}

/** The gap is filled, where it is not older than `openedSince`. Told where its beginning was. */
export async function fillGap(tx: Queryable, device: Device & { openedSince: Date | null }): Promise<void> {
  await tx.query(
    `with g as (
       update device_gap set status = 'recovered', ended_at = now()
       where workspace_id = $1 and device_id = $2 and status = 'filling'
         and ($4::timestamptz is null or created_at >= $4) returning *)
     ${gapEventsSql('select * from g where told', 'gap.recovered', '$3')}`,
    [device.workspaceId, device.deviceId, newId('evt'), device.openedSince],
  );
}

/** The link is gone, and with it what WhatsApp kept: the gap stays. Told once more, with status `lost`. */
export async function loseGap(tx: Queryable, device: Device): Promise<void> {
  await tx.query(
    `with g as (
       update device_gap set status = 'lost', ended_at = now(), to_at = coalesce(to_at, now()), told = true
       where workspace_id = $1 and device_id = $2 and status in ('open', 'filling') returning *)
     ${gapEventsSql('select * from g', 'gap.detected', '$3')}`,
    [device.workspaceId, device.deviceId, newId('evt')],
  );
}

/**
 * Gives up on gaps whose filling never ended though the connection stood, and into which no message came for as long.
 * Runs across workspaces.
 */
export async function loseStaleGaps(db: Queryable, olderThan: Date): Promise<void> {
  await db.query(
    `with g as (
       update device_gap set status = 'lost', ended_at = now(), told = true
       where status = 'filling' and to_at < $1 and (recovered_at is null or recovered_at < $1) returning *)
     ${gapEventsSql('select * from g', 'gap.detected', '$2')}`,
    [olderThan, newId('evt')],
  );
}

/** Forgets gaps that ended long ago, at most `limit`; returns how many. Runs across workspaces. */
export async function deleteOldGaps(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `with old as (select id, workspace_id from device_gap where ended_at < $1 limit $2 for update skip locked)
     delete from device_gap g using old where g.workspace_id = old.workspace_id and g.id = old.id returning 1`,
    [before, limit],
  );
  return rows.length;
}

export interface GapRow {
  id: string;
  from_at: Date;
  to_at: Date | null;
  reason: string;
  status: 'open' | 'filling' | 'recovered' | 'lost';
  recovered: number;
}

/** The newest gaps of a device that its workspace was told of, or that are not filled yet. */
export async function listGaps(tx: Queryable, device: Device, limit: number): Promise<GapRow[]> {
  return tx.query<GapRow>(
    `select id, from_at, to_at, reason, status, recovered from device_gap
     where workspace_id = $1 and device_id = $2 and (told or status in ('open', 'filling')) order by id desc limit $3`,
    [device.workspaceId, device.deviceId, limit],
  );
}
