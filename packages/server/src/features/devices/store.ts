import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import { Lookup } from '../../platform/db/lookup.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface DeviceRow {
  id: string;
  workspace_id: string;
  label: string;
  network: 'whatsapp' | 'sandbox';
  state: string;
  state_reason: string;
  state_at: Date;
  state_deadline: Date | null;
  retry_at: Date | null;
  /** Until when WhatsApp restricts the account, as last told. */
  restricted_until: Date | null;
  desired: 'off' | 'open' | 'link' | 'logout';
  desired_generation: number;
  phone: string | null;
  lid: string | null;
  account_name: string | null;
  /** What was set of its pacing; null: nothing. */
  pacing: unknown;
  /** Since when it is linked to this number. */
  linked_at: Date | null;
  /** The UTC day of `cold_used`. */
  cold_day: string | null;
  cold_used: number;
  history_state: 'none' | 'syncing' | 'done' | 'failed';
  history_percent: number;
  history_messages: number;
  reject_calls: boolean;
  created_at: Date;
}

export async function insertDevice(
  tx: Queryable,
  device: { id: string; workspaceId: string; label: string; network: string },
): Promise<DeviceRow> {
  const rows = await tx.query<DeviceRow>(
    `insert into device (id, workspace_id, label, network, state, state_reason)
     values ($1, $2, $3, $4, 'unlinked', 'created') returning *`,
    [device.id, device.workspaceId, device.label, device.network],
  );
  return one(rows);
}

function one<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('the statement returned no row');
  return row;
}

export async function findDevice(tx: Queryable, workspaceId: string, id: string): Promise<DeviceRow | null> {
  const rows = await tx.query<DeviceRow>(
    'select * from device where workspace_id = $1 and id = $2 and deleted_at is null',
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

/** Those of the ids that are devices of this workspace. */
export async function findDevices(tx: Queryable, workspaceId: string, ids: readonly string[]): Promise<DeviceRow[]> {
  return tx.query<DeviceRow>(
    'select * from device where workspace_id = $1 and id = any ($2::text[]) and deleted_at is null',
    [workspaceId, ids],
  );
}

const inUse = new Lookup<{ workspaceId: string; id: string }, DeviceRow>({
  name: ({ workspaceId, id }) => `${workspaceId} ${id}`,
  find: findDevicesInUse,
});

/** A device many look at in the same moment: their look-ups are one statement. Not for use inside a transaction. */
export function lookUpDevice(db: Queryable, workspaceId: string, id: string): Promise<DeviceRow | null> {
  return inUse.get(db, { workspaceId, id });
}

async function findDevicesInUse(
  db: Queryable,
  keys: readonly { workspaceId: string; id: string }[],
): Promise<(DeviceRow & { at: number })[]> {
  return db.query(
    `select d.*, r.n::int - 1 as at from unnest($1::text[], $2::text[]) with ordinality as r (workspace_id, id, n)
     join device d on d.workspace_id = r.workspace_id and d.id = r.id and d.deleted_at is null`,
    [keys.map((k) => k.workspaceId), keys.map((k) => k.id)],
  );
}

/** Those of the ids that are devices of this workspace. */
export async function listExistingDevices(
  tx: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select id from device where workspace_id = $1 and id = any ($2::text[]) and deleted_at is null',
    [workspaceId, ids],
  );
  return rows.map(({ id }) => id);
}

/** Reads a device for a state change: the row stays locked until the transaction ends, so there is one writer. */
export async function lockDevice(tx: Queryable, workspaceId: string, id: string): Promise<DeviceRow | null> {
  const rows = await tx.query<DeviceRow>('select * from device where workspace_id = $1 and id = $2 for no key update', [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

export async function listDeviceRows(
  tx: Queryable,
  filter: { workspaceId: string; state: string | null; page: PageWindow },
): Promise<DeviceRow[]> {
  const where = new Conditions()
    .and('deleted_at is null and workspace_id = ?', filter.workspaceId)
    .and('state = ?', filter.state);
  return tx.query<DeviceRow>(`select * from device ${pageSql(where, 'id', filter.page)}`, where.params);
}

/** Sets a device's name, pacing and whether it takes calls; null takes the pacing back to its defaults. */
export async function updateDeviceRow(
  tx: Queryable,
  device: { workspaceId: string; id: string; label: string; pacing: unknown; rejectCalls: boolean },
): Promise<DeviceRow | null> {
  const { workspaceId, id, label, pacing, rejectCalls } = device;
  const rows = await tx.query<DeviceRow>(
    `update device set label = $3, pacing = $4::jsonb, reject_calls = $5, updated_at = now()
     where workspace_id = $1 and id = $2 and deleted_at is null returning *`,
    [workspaceId, id, label, pacing === null ? null : JSON.stringify(pacing), rejectCalls],
  );
  return rows[0] ?? null;
}

/** Writes a state with its reason; the caller holds the row's lock. */
export async function writeState(
  tx: Queryable,
  change: {
    workspaceId: string;
    id: string;
    state: string;
    reason: string;
    deadline: Date | null;
    retryAt: Date | null;
  },
): Promise<DeviceRow> {
  const rows = await tx.query<DeviceRow>(
    `update device set state = $3, state_reason = $4, state_at = now(), state_deadline = $5, retry_at = $6, updated_at = now()
     where workspace_id = $1 and id = $2 returning *`,
    [change.workspaceId, change.id, change.state, change.reason, change.deadline, change.retryAt],
  );
  return one(rows);
}

/** The device tries again later than its row says, and nothing else has changed. */
export async function writeRetry(
  tx: Queryable,
  change: { workspaceId: string; id: string; deadline: Date | null; retryAt: Date },
): Promise<DeviceRow> {
  const rows = await tx.query<DeviceRow>(
    'update device set state_deadline = $3, retry_at = $4 where workspace_id = $1 and id = $2 returning *',
    [change.workspaceId, change.id, change.deadline, change.retryAt],
  );
  return one(rows);
}

export async function writeAccount(
  tx: Queryable,
  account: {
    workspaceId: string;
    id: string;
    phone: string;
    lid: string | null;
    name: string | null;
    companion: number;
  },
): Promise<void> {
  await tx.query(
    // The right-hand sides are those before: a number that comes back goes on with its warm-up.
    `update device set phone = $3, lid = coalesce($4, lid), account_name = coalesce($5, account_name), companion = $6,
       linked_at = case when phone is not distinct from $3 and linked_at is not null then linked_at else now() end
     where workspace_id = $1 and id = $2`,
    [account.workspaceId, account.id, account.phone, account.lid, account.name, account.companion],
  );
}

/** Until when WhatsApp restricts the account; null: it does not. */
export async function writeRestriction(
  tx: Queryable,
  device: { workspaceId: string; id: string; until: Date | null },
): Promise<void> {
  await tx.query('update device set restricted_until = $3 where workspace_id = $1 and id = $2', [
    device.workspaceId,
    device.id,
    device.until,
  ]);
}

/** Says what the device's owner should bring about. A new generation makes it act even on the same wish. */
export async function setDesired(
  tx: Queryable,
  wish: { workspaceId: string; id: string; desired: DeviceRow['desired'] },
): Promise<void> {
  await tx.query(
    `update device set desired = $3, desired_generation = desired_generation + 1, updated_at = now()
     where workspace_id = $1 and id = $2`,
    [wish.workspaceId, wish.id, wish.desired],
  );
}

/** Changes the wish without asking for action: the session already is what is wished. */
export async function settleDesired(
  tx: Queryable,
  wish: { workspaceId: string; id: string; desired: DeviceRow['desired'] },
): Promise<void> {
  await tx.query('update device set desired = $3 where workspace_id = $1 and id = $2', [
    wish.workspaceId,
    wish.id,
    wish.desired,
  ]);
}

/** A device just linked wishes for its connection: at once, or once its suspended workspace is resumed. */
export async function settleOpen(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await tx.query(
    `update device d set desired = case when w.suspended_at is null then 'open' else 'off' end,
       resume_desired = case when w.suspended_at is null then null else 'open' end
     from workspace w where w.id = d.workspace_id and d.workspace_id = $1 and d.id = $2`,
    [workspaceId, id],
  );
}

export async function markDeleted(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await tx.query('update device set deleted_at = now() where workspace_id = $1 and id = $2', [workspaceId, id]);
}

/** Devices that count against a plan. */
export async function countDevices(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>('select count_devices($1) as count', [workspaceId]);
  return rows[0]?.count ?? 0;
}

/** Devices that hold or seek a connection. A logout on its way goes on. */
export async function listActiveDevices(tx: Queryable, workspaceId: string): Promise<DeviceRow[]> {
  return tx.query<DeviceRow>(
    `select * from device where workspace_id = $1 and desired in ('open', 'link') order by id`,
    [workspaceId],
  );
}

export async function listSuspendedDevices(tx: Queryable, workspaceId: string): Promise<DeviceRow[]> {
  return tx.query<DeviceRow>(
    'select * from device where workspace_id = $1 and resume_desired is not null and deleted_at is null order by id',
    [workspaceId],
  );
}

/** Has every active device closed, noting which are to be opened again. */
export async function closeActive(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query(
    `update device set resume_desired = case when desired = 'open' then 'open' end, desired = 'off',
       desired_generation = desired_generation + 1, updated_at = now()
     where workspace_id = $1 and desired in ('open', 'link')`,
    [workspaceId],
  );
}

/** Has every device opened again that `closeActive` closed. */
export async function reopenSuspended(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query(
    `update device set desired = resume_desired, resume_desired = null,
       desired_generation = desired_generation + 1, updated_at = now()
     where workspace_id = $1 and resume_desired is not null and deleted_at is null and desired = 'off'`,
    [workspaceId],
  );
}
