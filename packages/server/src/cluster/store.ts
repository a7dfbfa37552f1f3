import type { Queryable } from '../platform/db/port.ts';

/** A lease this node holds. `token` grows with every change of hands; a write under an older one is refused. */
export interface Lease {
  workspace_id: string;
  device_id: string;
  token: string;
}

/**
 * Takes devices that want a session and have no living holder. This node's own leases of an earlier life are taken
 * too: the data directory's lock proves that life is over. Database time only.
 */
export async function claimLeases(
  db: Queryable,
  claim: { holder: string; ttlMs: number; own: readonly string[]; limit: number },
): Promise<Lease[]> {
  return db.query<Lease>(
    `insert into device_lease as l (device_id, workspace_id, holder, token, expires_at)
     select d.id, d.workspace_id, $1, 1, clock_timestamp() + $2 * interval '1 millisecond' from device d
     where d.desired <> 'off' and d.id <> all ($3::text[])
       and not exists (select 1 from device_lease o
         where o.device_id = d.id and o.holder <> $1 and o.expires_at > clock_timestamp())
     order by d.id limit $4
     on conflict (device_id) do update
       set holder = excluded.holder, token = l.token + 1, expires_at = excluded.expires_at
       where l.expires_at <= clock_timestamp() or l.holder = excluded.holder
     returning l.workspace_id, l.device_id, l.token`,
    [claim.holder, claim.ttlMs, claim.own, claim.limit],
  );
}

/** The networks of devices that want a session. */
export async function networksInUse(db: Queryable): Promise<('whatsapp' | 'sandbox')[]> {
  const rows = await db.query<{ network: 'whatsapp' | 'sandbox' }>(
    `select distinct network from device where desired <> 'off'`,
  );
  return rows.map((row) => row.network);
}

/** Extends leases; the ones not returned are lost. */
export async function renewLeases(
  db: Queryable,
  renewal: { holder: string; ttlMs: number; leases: readonly { deviceId: string; token: number }[] },
): Promise<Set<string>> {
  const rows = await db.query<{ device_id: string }>(
    `update device_lease l set expires_at = clock_timestamp() + $2 * interval '1 millisecond'
     from unnest($3::text[], $4::bigint[]) as r (device_id, token)
     where l.device_id = r.device_id and l.token = r.token and l.holder = $1 and l.expires_at > clock_timestamp()
     returning l.device_id`,
    [renewal.holder, renewal.ttlMs, renewal.leases.map((l) => l.deviceId), renewal.leases.map((l) => l.token)],
  );
  return new Set(rows.map((row) => row.device_id));
}

/** Gives a lease up at once, so that another node need not wait for its end. The token stays: it must never repeat. */
export async function releaseLease(db: Queryable, lease: { deviceId: string; token: number }): Promise<void> {
  await db.query('update device_lease set expires_at = clock_timestamp() where device_id = $1 and token = $2', [
    lease.deviceId,
    lease.token,
  ]);
}

/**
 * Of these leases, the devices whose token still holds. The rows stay locked until the transaction ends: a takeover
 * waits for this commit, so no write lands under a token that has passed on.
 */
export async function lockLeases(
  tx: Queryable,
  leases: readonly { deviceId: string; token: number }[],
): Promise<Set<string>> {
  const rows = await tx.query<{ device_id: string }>(
    `select l.device_id from device_lease l join unnest($1::text[], $2::bigint[]) as r (device_id, token)
       on l.device_id = r.device_id and l.token = r.token
     where l.expires_at > clock_timestamp() for share of l`,
    [leases.map((l) => l.deviceId), leases.map((l) => l.token)],
  );
  return new Set(rows.map((row) => row.device_id));
}

/** Locks like `lockLeases`, but fails the batch (`isLeaseLost`) unless every one of these leases holds. */
export async function assertLeases(
  batch: Queryable,
  leases: readonly { deviceId: string; token: number }[],
): Promise<void> {
  await batch.query('select assert_leases($1::text[], $2::bigint[])', [
    leases.map((l) => l.deviceId),
    leases.map((l) => l.token),
  ]);
}

export interface WishRow {
  id: string;
  workspace_id: string;
  network: 'whatsapp' | 'sandbox';
  state: string;
  state_reason: string;
  desired: 'off' | 'open' | 'link' | 'logout';
  desired_generation: number;
  deleted: boolean;
  method: 'qr' | 'code' | null;
  phone: string | null;
}

/** What the owners of these devices should bring about. */
export async function readWishes(db: Queryable, deviceIds: readonly string[]): Promise<WishRow[]> {
  return db.query<WishRow>(
    `select d.id, d.workspace_id, d.network, d.state, d.state_reason, d.desired, d.desired_generation, d.deleted_at is not null as deleted,
       k.method, k.phone
     from device d left join device_link k on k.device_id = d.id and k.workspace_id = d.workspace_id
     where d.id = any ($1::text[])`,
    [deviceIds],
  );
}

/** Ends a wish that is fulfilled, unless a newer one came meanwhile. */
export async function settleWish(
  db: Queryable,
  wish: { id: string; workspaceId: string; generation: number },
): Promise<void> {
  await db.query(`update device set desired = 'off' where id = $1 and workspace_id = $2 and desired_generation = $3`, [
    wish.id,
    wish.workspaceId,
    wish.generation,
  ]);
}

/** Removes a device that was deleted, with everything that hangs on it. */
export async function removeDevice(db: Queryable, device: { id: string; workspaceId: string }): Promise<void> {
  await db.query('delete from device where id = $1 and workspace_id = $2 and deleted_at is not null', [
    device.id,
    device.workspaceId,
  ]);
}

/** Transitional states whose time is up, on any node's devices. */
export async function overdueDevices(db: Queryable, limit: number): Promise<{ id: string; workspace_id: string }[]> {
  return db.query('select id, workspace_id from device where state_deadline < now() order by state_deadline limit $1', [
    limit,
  ]);
}

/**
 * Deadlines of states that began in the future: the clock was set back since, and they would be late by the jump. They
 * begin anew. The end of a restriction is a time WhatsApp named, and stays.
 */
export async function mendDeadlines(db: Queryable): Promise<void> {
  await db.query(
    `update device set state_deadline = now() + (state_deadline - state_at), state_at = now()
     where state_deadline is not null and state <> 'restricted' and state_at > now() + interval '10 seconds'`,
  );
}

/** Whether a device was ever linked and not wiped since: only then is there anything to log out of. */
export async function hasCredentials(db: Queryable, device: { id: string; workspaceId: string }): Promise<boolean> {
  const rows = await db.query('select 1 from device_credentials where workspace_id = $1 and device_id = $2', [
    device.workspaceId,
    device.id,
  ]);
  return rows.length > 0;
}
