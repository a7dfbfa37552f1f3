import type { EventRow } from '../../features/events/index.ts';
import { WEBHOOK_COLUMNS, type WebhookRow } from '../../features/webhooks/index.ts';
import type { Queryable } from '../../platform/db/port.ts';

/** Attempts a delivery remembers. */
const KEPT_ATTEMPTS = 20;

/** Reads endpoints of a workspace to give them deliveries: those that are active, and in no other's hand. */
export async function lockToFeed(tx: Queryable, workspaceId: string, ids: readonly string[]): Promise<WebhookRow[]> {
  return tx.query<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook where workspace_id = $1 and id = any ($2::text[]) and state = 'active'
     order by id for no key update skip locked`,
    [workspaceId, ids],
  );
}

/** A delivery in hand, with what it takes to make it. */
export interface ClaimedDelivery {
  id: string;
  workspace_id: string;
  webhook_id: string;
  event_id: string;
  payload: unknown;
  failures: number;
  next_at: Date;
  /** int8, as text. */
  lock_token: string;
  url: string;
  headers_sealed: Uint8Array;
  secret_sealed: Uint8Array;
  previous_sealed: Uint8Array | null;
  previous_expires_at: Date | null;
  /** The event; all null when the log has it no more. */
  type: string | null;
  device_id: string | null;
  api_version: string | null;
  data: unknown;
  event_at: Date | null;
  sequence: string | null;
}

/** The event of a delivery, as the log has it; null when it is gone. */
export function eventOf(row: ClaimedDelivery): EventRow | null {
  const { type, api_version, event_at, sequence } = row;
  if (type === null || api_version === null || event_at === null || sequence === null) return null;
  const { event_id: id, device_id, data } = row;
  return { id, device_id, type, api_version, data, created_at: event_at, sequence, tx: '0' };
}

export interface ClaimRequest {
  /** How many of which endpoints. */
  wanted: readonly { id: string; workspace_id: string; most: number }[];
  now: Date;
  holder: string;
  /** Others take over after so many milliseconds. */
  lockMs: number;
  /** For a probe: of an endpoint that is paused, whatever the time. */
  probe: boolean;
}

/**
 * Takes deliveries in hand, those due longest first, at most so many of each endpoint; passes over those in another's
 * hand. In ordered mode one waits until those of its lane that stand before it in the log are over.
 *
 * What is picked goes on as an array, of which any plan expects ten: of a join with rows limited by a value it expects a
 * tenth of all that is pending, and reads the log and the deliveries whole.
 */
export async function claimDeliveries(db: Queryable, request: ClaimRequest): Promise<ClaimedDelivery[]> {
  const { wanted, now, holder, lockMs, probe } = request;
  return db.query<ClaimedDelivery>(
    `with wanted as (
       select * from unnest($1::text[], $2::text[], $3::integer[]) as q (webhook_id, workspace_id, most)),
     picked as materialized (
       select c.id
       from wanted q
       join webhook w on w.workspace_id = q.workspace_id and w.id = q.webhook_id
         and w.state = case when $7::boolean then 'paused' else 'active' end
         and (w.rest_until is null or w.rest_until <= $4 or $7::boolean)
       cross join lateral (
         select d.id from webhook_delivery d
         where d.workspace_id = w.workspace_id and d.webhook_id = w.id and d.state = 'pending'
           and (d.next_at <= $4 or $7::boolean) and (d.locked_until is null or d.locked_until < now())
           and (not w.ordered or not exists (
             select 1 from webhook_delivery p where p.workspace_id = w.workspace_id and p.webhook_id = w.id
               and p.lane = d.lane and p.state = 'pending' and p.position < d.position))
         order by d.next_at, d.position limit q.most for no key update skip locked) c),
     taken as (
       update webhook_delivery set locked_by = $5, locked_until = now() + $6::integer * interval '1 millisecond',
         lock_token = lock_token + 1
       where id = any (array(select picked.id from picked)) and workspace_id = any ($2::text[])
       returning id, workspace_id, webhook_id, event_id, payload, failures, next_at, lock_token)
     select t.id, t.workspace_id, t.webhook_id, t.event_id, t.payload, t.failures, t.next_at,
       t.lock_token::text as lock_token, w.url, w.headers_sealed, w.secret_sealed, w.previous_sealed,
       w.previous_expires_at, e.type, e.device_id, e.api_version, e.data, e.created_at as event_at,
       e.sequence::text as sequence
     from taken t
     join webhook w on w.workspace_id = t.workspace_id and w.id = t.webhook_id
     left join event e on e.workspace_id = t.workspace_id and e.id = t.event_id`,
    [
      wanted.map(({ id }) => id),
      wanted.map(({ workspace_id: workspaceId }) => workspaceId),
      wanted.map(({ most }) => most),
      now,
      holder,
      lockMs,
      probe,
    ],
  );
}

/** Puts back what a node of this name had in hand: an earlier life of it, or this one as it stops. All workspaces'. */
export async function releaseHeld(db: Queryable, holder: string): Promise<void> {
  await db.query('update webhook_delivery set locked_by = null, locked_until = null where locked_by = $1', [holder]);
}

/** What became of an attempt. */
export interface SettledDelivery {
  workspaceId: string;
  id: string;
  lockToken: string;
  state: 'pending' | 'delivered' | 'failed';
  failures: number;
  nextAt: Date;
  at: Date;
  /** An array of one attempt, as JSON. */
  attempt: string;
}

/** Writes what became of attempts. Of one that another node has taken over meanwhile nothing is written. */
export async function settleDeliveries(tx: Queryable, settled: readonly SettledDelivery[]): Promise<void> {
  await tx.query(
    `update webhook_delivery d set state = r.state, failures = r.failures, next_at = r.next_at,
       attempts = (case when jsonb_array_length(d.attempts) >= ${KEPT_ATTEMPTS} then d.attempts - 0 else d.attempts end)
         || r.attempt::jsonb,
       locked_by = null, locked_until = null, ended_at = case when r.state = 'pending' then null else r.at end
     from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
       $8::text[]) as r (workspace_id, id, lock_token, state, failures, next_at, at, attempt)
     where d.workspace_id = r.workspace_id and d.id = r.id and d.lock_token = r.lock_token and d.state = 'pending'`,
    [
      settled.map((one) => one.workspaceId),
      settled.map((one) => one.id),
      settled.map((one) => one.lockToken),
      settled.map((one) => one.state),
      settled.map((one) => one.failures),
      settled.map((one) => one.nextAt),
      settled.map((one) => one.at),
      settled.map((one) => one.attempt),
    ],
  );
}

/** How an endpoint did in some attempts that ended together: when the last one went well, and when the last one failed. */
export interface HookHealth {
  workspaceId: string;
  id: string;
  goodAt: Date | null;
  failedAt: Date | null;
  /** What went wrong then. */
  error: string | null;
  /** When it is asked again at the earliest; null: as the schedule of each delivery says. */
  restUntil: Date | null;
  /** When it is tried next, if it failed and is paused for that. */
  nextProbe: Date | null;
}

/**
 * Notes how endpoints do, where that says anything new. Returns those, in the order of ids: everybody locks endpoints in
 * this order, and before their deliveries.
 */
export async function noteHealth(tx: Queryable, health: readonly HookHealth[]): Promise<WebhookRow[]> {
  const rows = await tx.query<WebhookRow>(
    `with h as materialized (
       select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::timestamptz[],
         $7::timestamptz[]) as h (of_workspace, of_hook, good_at, failed_at, error, rest, probe)),
     held as materialized (
       select w.id as held_id from webhook w join h on w.workspace_id = h.of_workspace and w.id = h.of_hook
       where h.failed_at is not null or h.rest is not null or w.failing_since is not null or w.last_success_at is null
         or w.last_success_at < h.good_at - interval '1 minute'
       order by w.id for no key update of w)
     update webhook w set
       failing_since = case when h.good_at is not null then h.failed_at else coalesce(w.failing_since, h.failed_at) end,
       last_success_at = coalesce(h.good_at, w.last_success_at),
       last_failure_at = coalesce(h.failed_at, w.last_failure_at),
       last_error = coalesce(h.error, w.last_error),
       rest_until = greatest(w.rest_until, h.rest),
       probe_at = case when h.failed_at is not null and w.state = 'paused' and w.probe_at is not null then h.probe
         else w.probe_at end
     from h, held where w.workspace_id = h.of_workspace and w.id = h.of_hook and held.held_id = w.id
     returning ${WEBHOOK_COLUMNS}`,
    [
      health.map((one) => one.workspaceId),
      health.map((one) => one.id),
      health.map((one) => one.goodAt),
      health.map((one) => one.failedAt),
      health.map((one) => one.error),
      health.map((one) => one.restUntil),
      health.map((one) => one.nextProbe),
    ],
  );
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export interface ProbeRequest {
  now: Date;
  /** When they are due again, should nothing come of it. */
  again: Date;
  /** Of all workspaces together, and of one. */
  limit: number;
  each: number;
  /** Workspaces that have their share in hand. */
  busy: readonly string[];
}

/**
 * Endpoints to be challenged or probed now, of all workspaces, taken in hand by moving their time on: should this node
 * die, another finds them due again then.
 */
export async function claimProbes(db: Queryable, request: ProbeRequest): Promise<WebhookRow[]> {
  return db.query<WebhookRow>(
    `with due as materialized (
       select d.id from webhook d where d.probe_at <= $1 and d.id in (
         select r.id from (
           select w.id, w.probe_at, row_number() over (partition by w.workspace_id order by w.probe_at, w.id) as n
           from webhook w where w.probe_at <= $1 and w.workspace_id <> all ($5::text[])) r
         where r.n <= $4::integer order by r.probe_at limit $3)
       for no key update skip locked)
     update webhook set probe_at = $2, probes = probes + 1 where id in (select due.id from due)
     returning ${WEBHOOK_COLUMNS}`,
    [request.now, request.again, request.limit, request.each, request.busy],
  );
}

/** Notes a challenge that failed, and when the next goes out; null: none does by itself. */
export async function noteChallenge(
  tx: Queryable,
  hook: { workspaceId: string; id: string; at: Date; url: string; error: string; probeAt: Date | null },
): Promise<void> {
  await tx.query(
    `update webhook set probe_at = $5, last_error = $4, last_failure_at = $3
     where workspace_id = $1 and id = $2 and state = 'unverified' and url = $6`,
    [hook.workspaceId, hook.id, hook.at, hook.error, hook.probeAt, hook.url],
  );
}
