import { LANE, statusEventsSql } from '../features/messages/index.ts';
import type { Queryable, SqlValue, Statement } from '../platform/db/port.ts';
import { newId } from '../platform/ids.ts';

/** A message handed to the engine, with what its address is made of. */
export interface ClaimedRow {
  id: string;
  workspace_id: string;
  device_id: string;
  conversation_id: string;
  wa_id: string;
  type: string;
  content: unknown;
  kind: 'person' | 'group' | 'status';
  group_id: string | null;
  phone: string | null;
  lid: string | null;
  /** The contact has opted out, and this is not marked transactional. */
  opted_out: boolean;
  /** Which try this is, from 1. */
  attempts: number;
}

export interface ClaimRequest {
  workspaceId: string;
  deviceId: string;
  /** How many more messages this device may have on the way. */
  room: number;
  /** How many where they are of the lanes `otp` and `reply`, `room` by default; more urgent ones count as well. */
  urgentRoom?: number;
  /** The same for `bulk`. */
  bulkRoom?: number;
}

/** How far a claim looks into one device's queue for chats that are free. */
const LOOKAHEAD = 200;

/** Messages of one chat a claim takes at most: more would keep an urgent one waiting behind them. */
const CHAT_DEPTH = 4;

/**
 * The text of a claim: marks messages sending, tells of each that was not before, and gives what their sends are made of.
 * `picked` is a query with the columns message_id and workspace_id; `eventId` the parameter of one new event id.
 */
function claimSql(picked: string, eventId: string): string {
  return `with ${picked},
     c as (update outbox o set claimed_at = now(), attempts = o.attempts + 1 from picked p
       where o.message_id = p.message_id and o.workspace_id = p.workspace_id and o.claimed_at is null
       returning o.message_id, o.workspace_id, o.lane, o.position, o.attempts),
     m as (update message m set status = 'sending', status_rank = 2, held_reason = null, next_attempt_at = null,
         status_at = case when m.status = 'sending' then m.status_at else now() end
       from c where m.id = c.message_id and m.workspace_id = c.workspace_id and m.status_rank <= 2
       returning m.id, m.workspace_id, m.device_id, m.conversation_id, m.wa_id, m.type, m.content, m.status_at, m.client_ref,
         m.transactional, c.lane, c.position, c.attempts),
     told as (${statusEventsSql(
       `select m.id, m.workspace_id, m.device_id, m.conversation_id, 'sending' as status, m.status_at,
          null::jsonb as error, null::text as held_reason, null::timestamptz as next_attempt_at, m.client_ref,
          row_number() over (order by m.lane, m.position) as n
        from m where m.attempts = 1`,
       eventId,
     )})
     select m.id, m.workspace_id, m.device_id, m.conversation_id, m.wa_id, m.type, m.content, m.attempts,
       v.kind, v.group_id, k.phone, k.lid, (k.opted_out_at is not null and not m.transactional) as opted_out from m
     join conversation v on v.id = m.conversation_id and v.workspace_id = m.workspace_id
     left join contact k on k.id = v.contact_id and k.workspace_id = m.workspace_id
     order by m.lane, m.position`;
}

// The last condition is an equality because a plan made for any value expects few rows of one, and a third of all of a
// comparison: of hundreds expected it reads the whole of every table it joins, for the handful that is claimed.
const CLAIM_NEXT = claimSql(
  `d as (select * from unnest($1::text[], $2::text[], $3::int[], $6::int[], $7::int[])
       as d (workspace_id, device_id, room, urgent_room, bulk_room)),
     h as (
       select x.*, row_number() over (partition by x.device_id order by x.lane, x.position) as n,
         case when x.lane <= ${LANE.reply} then d.urgent_room when x.lane >= ${LANE.bulk} then d.bulk_room
           else d.room end as room from d
       cross join lateral (
         select * from (
           select q.*, row_number() over (partition by q.conversation_id order by q.lane, q.position) as depth from (
             select o.message_id, o.workspace_id, o.device_id, o.conversation_id, o.lane, o.position from outbox o
             where o.device_id = d.device_id and o.workspace_id = d.workspace_id and o.waits is null
               and o.claimed_at is null and o.valid_until > now() and o.conversation_id <> all ($4::text[])
             order by o.lane, o.position limit ${LOOKAHEAD}) q) c
         where c.depth <= ${CHAT_DEPTH}) x),
     picked as (select message_id, workspace_id from h where greatest(h.n - h.room, 0) = 0)`,
  '$5',
);

/**
 * Takes the first waiting messages of each free chat of each device, marks them sending and tells of each that was not
 * before, in one statement. Chats in `busy` are passed over: their order is kept by whoever carries their messages.
 */
export async function claimNext(
  db: Queryable,
  requests: readonly ClaimRequest[],
  busy: readonly string[],
): Promise<ClaimedRow[]> {
  return db.query<ClaimedRow>(CLAIM_NEXT, [
    requests.map((r) => r.workspaceId),
    requests.map((r) => r.deviceId),
    requests.map((r) => r.room),
    busy,
    newId('evt'),
    requests.map((r) => r.urgentRoom ?? r.room),
    requests.map((r) => r.bulkRoom ?? r.room),
  ]);
}

const CLAIM_CHOSEN = claimSql(
  `picked as (
       select o.message_id, o.workspace_id from unnest($1::text[], $2::text[]) as r (workspace_id, id)
       join outbox o on o.workspace_id = r.workspace_id and o.message_id = r.id
       where o.waits is null and o.claimed_at is null and o.valid_until > now())`,
  '$3',
);

/** Claims these messages, as `claimNext` does; its rows are ClaimedRow. */
export function claimChosenStatement(rows: readonly { workspace_id: string; id: string }[]): Statement {
  return { sql: CLAIM_CHOSEN, params: [rows.map((r) => r.workspace_id), rows.map((r) => r.id), newId('evt')] };
}

/**
 * Puts claimed messages of a device back in line: its connection is new, and what it had on the way is unknown. One whose
 * validity is over stays claimed: it cannot go again, and may have arrived.
 */
export async function unclaimDevice(db: Queryable, device: { workspaceId: string; deviceId: string }): Promise<void> {
  await db.query(
    `update outbox set claimed_at = null
     where workspace_id = $1 and device_id = $2 and waits is null and claimed_at is not null and valid_until > now()`,
    [device.workspaceId, device.deviceId],
  );
}

/** Puts claimed messages back in line, unless another claim has taken them since. */
export async function unclaimMessages(
  db: Queryable,
  rows: readonly Pick<ClaimedRow, 'workspace_id' | 'id' | 'attempts'>[],
): Promise<void> {
  await db.query(
    `update outbox o set claimed_at = null from unnest($1::text[], $2::text[], $3::int[]) as r (workspace_id, id, attempts)
     where o.workspace_id = r.workspace_id and o.message_id = r.id and o.attempts = r.attempts`,
    [rows.map((r) => r.workspace_id), rows.map((r) => r.id), rows.map((r) => r.attempts)],
  );
}

/** Puts back what got no answer for too long on these devices and is still valid; returns the devices concerned. */
export async function unclaimSilent(
  db: Queryable,
  deviceIds: readonly string[],
  silentMs: number,
): Promise<{ device_id: string; message_id: string }[]> {
  return db.query(
    `update outbox set claimed_at = null where device_id = any ($1::text[]) and waits is null and valid_until > now()
       and claimed_at < now() - $2 * interval '1 millisecond' returning device_id, message_id`,
    [deviceIds, silentMs],
  );
}

/**
 * Messages whose validity is over, none of which was handed over within the grace: not by the claim it has, nor, where it
 * is back in line, by its first. What was may be at WhatsApp already, and its ack late.
 */
export async function findExpired(
  db: Queryable,
  graceMs: number,
  limit: number,
): Promise<{ id: string; workspaceId: string }[]> {
  return db.query(
    `select o.message_id as id, o.workspace_id as "workspaceId" from outbox o
     join message m on m.workspace_id = o.workspace_id and m.id = o.message_id
     where o.valid_until < now() and coalesce(o.claimed_at, case when m.status = 'sending' then m.status_at end,
       '-infinity') < now() - $1 * interval '1 millisecond'
     order by o.valid_until limit $2`,
    [graceMs, limit],
  );
}

export async function loadCredentials(
  db: Queryable,
  workspaceId: string,
  deviceId: string,
): Promise<Uint8Array | null> {
  const rows = await db.query<{ sealed: Uint8Array }>(
    'select sealed from device_credentials where workspace_id = $1 and device_id = $2',
    [workspaceId, deviceId],
  );
  return rows[0]?.sealed ?? null;
}

export async function loadKeys(
  db: Queryable,
  key: { workspaceId: string; deviceId: string; type: string; ids: readonly string[] },
): Promise<{ id: string; sealed: Uint8Array }[]> {
  return db.query(
    'select id, sealed from signal_key where workspace_id = $1 and device_id = $2 and type = $3 and id = any ($4::text[])',
    [key.workspaceId, key.deviceId, key.type, key.ids],
  );
}

export async function saveCredentials(
  tx: Queryable,
  rows: readonly { workspaceId: string; deviceId: string; sealed: Uint8Array }[],
): Promise<void> {
  await tx.query(
    `insert into device_credentials (workspace_id, device_id, sealed)
     select * from unnest($1::text[], $2::text[], $3::bytea[])
     on conflict (device_id) do update set sealed = excluded.sealed, updated_at = now()
       where device_credentials.workspace_id = excluded.workspace_id`,
    [rows.map((r) => r.workspaceId), rows.map((r) => r.deviceId), rows.map((r) => r.sealed)],
  );
}

/** Wipes a device's credentials and Signal keys: after an explicit logout, and only then. */
export async function wipeCredentials(tx: Queryable, device: { workspaceId: string; deviceId: string }): Promise<void> {
  const params: SqlValue[] = [device.workspaceId, device.deviceId];
  await tx.query(
    `with c as (delete from device_credentials where workspace_id = $1 and device_id = $2)
     delete from signal_key where workspace_id = $1 and device_id = $2`,
    params,
  );
}

export interface KeyRow {
  workspaceId: string;
  deviceId: string;
  type: string;
  id: string;
  sealed: Uint8Array;
}

export async function saveKeys(tx: Queryable, rows: readonly KeyRow[]): Promise<void> {
  await tx.query(
    `insert into signal_key (workspace_id, device_id, type, id, sealed)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
     on conflict (device_id, type, id) do update set sealed = excluded.sealed
       where signal_key.workspace_id = excluded.workspace_id`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.type),
      rows.map((r) => r.id),
      rows.map((r) => r.sealed),
    ],
  );
}

export async function deleteKeys(tx: Queryable, rows: readonly Omit<KeyRow, 'sealed'>[]): Promise<void> {
  await tx.query(
    `delete from signal_key k using unnest($1::text[], $2::text[], $3::text[], $4::text[]) as r (workspace_id, device_id, type, id)
     where k.workspace_id = r.workspace_id and k.device_id = r.device_id and k.type = r.type and k.id = r.id`,
    [rows.map((r) => r.workspaceId), rows.map((r) => r.deviceId), rows.map((r) => r.type), rows.map((r) => r.id)],
  );
}
