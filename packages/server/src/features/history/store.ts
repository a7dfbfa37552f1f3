import type { HistoryPart, WaitingHistory } from '../../engine/history.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { insertEventsSql } from '../events/index.ts';

interface Device {
  workspaceId: string;
  deviceId: string;
}

/** Notes parts a phone announced; one announced again stays as it is. */
export async function insertParts(tx: Queryable, parts: readonly (Device & HistoryPart)[]): Promise<void> {
  await tx.query(
    `insert into history_part (workspace_id, device_id, wa_id, kind, chunk, percent, sealed)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::smallint[], $7::bytea[])
     on conflict (device_id, wa_id) do nothing`,
    [
      parts.map((p) => p.workspaceId),
      parts.map((p) => p.deviceId),
      parts.map((p) => p.waId),
      parts.map((p) => p.kind),
      parts.map((p) => p.chunk),
      parts.map((p) => p.percent),
      parts.map((p) => p.sealed),
    ],
  );
}

/** The part of a device that waits for longest. */
export async function nextPart(db: Queryable, { workspaceId, deviceId }: Device): Promise<WaitingHistory | null> {
  const rows = await db.query<{ wa_id: string; sealed: Uint8Array; done: number }>(
    `select wa_id, sealed, done from history_part
     where workspace_id = $1 and device_id = $2 and state = 'waiting' order by position limit 1`,
    [workspaceId, deviceId],
  );
  const [row] = rows;
  return row ? { waId: row.wa_id, sealed: row.sealed, done: row.done } : null;
}

/** Moves a part on. Fails (`isPartOver`) when it does not wait any more. */
export async function movePart(
  db: Queryable,
  part: Device & { waId: string; done: number; state: 'waiting' | 'done' | 'failed'; reason: string | null },
): Promise<void> {
  await db.query('select move_history($1, $2, $3, $4, $5, $6)', [
    part.workspaceId,
    part.deviceId,
    part.waId,
    part.done,
    part.state,
    part.reason,
  ]);
}

/** Says on a device how far its history is, after a part of it came or moved on, with an event. */
export async function tellProgress(db: Queryable, part: Device & { waId: string }): Promise<void> {
  await db.query(
    `with p as (
       select p.*, exists (select 1 from history_part o where o.workspace_id = $1 and o.device_id = $2
         and o.state = 'waiting') as more
       from history_part p where p.workspace_id = $1 and p.device_id = $2 and p.wa_id = $3),
     d as (
       update device d set
         history_state = case when p.more then 'syncing' else p.state end,
         history_percent = case when p.state = 'done' and p.kind in ('recent', 'full')
           then coalesce(p.percent, d.history_percent) else d.history_percent end
       from p where d.workspace_id = $1 and d.id = $2
       returning d.id, d.history_state, d.history_percent, d.history_messages)
     ${insertEventsSql(
       `select p.workspace_id, p.device_id, p.device_id as subject_id, 'device.history_sync' as type, 1 as n,
          jsonb_build_object('deviceId', p.device_id,
            'historySync', jsonb_build_object('state', d.history_state, 'percent', d.history_percent,
              'messages', d.history_messages),
            'part', jsonb_build_object('kind', p.kind, 'chunk', p.chunk, 'percent', p.percent, 'state', p.state,
              'items', p.done, 'messages', p.messages, 'reason', p.reason)) as data
        from p, d`,
       '$4',
     )}`,
    [part.workspaceId, part.deviceId, part.waId, newId('evt')],
  );
}

/** Forgets what an earlier link of the device left: another account may stand behind the new one. */
export async function resetHistory(tx: Queryable, { workspaceId, deviceId }: Device): Promise<void> {
  await tx.query(
    `with gone as (delete from history_part where workspace_id = $1 and device_id = $2)
     update device set history_state = 'none', history_percent = 0, history_messages = 0
     where workspace_id = $1 and id = $2`,
    [workspaceId, deviceId],
  );
}
