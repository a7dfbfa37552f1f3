import type { Queryable } from '../platform/db/port.ts';
import type { IdPrefix } from '../platform/ids.ts';

/** Ids of devices and of what is on a device: all that `findDevicesOf` looks up. */
export const DEVICE_BOUND: readonly IdPrefix[] = ['dev', 'msg', 'cnv', 'evt', 'grp', 'lnk', 'med', 'gap', 'call'];

/** The device behind each id of a device-bound thing; null for what is the workspace's. Ids that do not exist are left out. */
export async function findDevicesOf(
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<{ id: string; device_id: string | null }[]> {
  return db.query(
    `select id, id as device_id from device where workspace_id = $1 and id = any ($2::text[]) and deleted_at is null
     union all select id, device_id from message where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from conversation where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from wa_group where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from event where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from link_page where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from media where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from device_gap where workspace_id = $1 and id = any ($2::text[])
     union all select id, device_id from call where workspace_id = $1 and id = any ($2::text[])`,
    [workspaceId, ids],
  );
}
