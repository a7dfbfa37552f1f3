import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface DeliveryRow {
  id: string;
  workspace_id: string;
  webhook_id: string;
  event_id: string;
  event_type: string;
  state: DeliveryState;
  failures: number;
  next_at: Date;
  attempts: unknown;
  created_at: Date;
  ended_at: Date | null;
}

const COLUMNS = `id, workspace_id, webhook_id, event_id, event_type, state, failures, next_at, attempts, created_at,
  ended_at`;

export interface NewDelivery {
  id: string;
  webhookId: string;
  eventId: string;
  eventType: string;
  lane: string;
}

interface Batch {
  workspaceId: string;
  deliveries: readonly NewDelivery[];
  now: Date;
}

const columnsOf = ({ workspaceId, deliveries, now }: Batch) => [
  workspaceId,
  now,
  deliveries.map(({ id }) => id),
  deliveries.map(({ webhookId }) => webhookId),
  deliveries.map(({ eventId }) => eventId),
  deliveries.map(({ eventType }) => eventType),
  deliveries.map(({ lane }) => lane),
];

// In the order given, which is the log's: `position` follows it.
const INSERT = `insert into webhook_delivery (id, workspace_id, webhook_id, event_id, event_type, lane, next_at, created_at)
  select d.id, $1::text, d.webhook_id, d.event_id, d.event_type, d.lane, $2::timestamptz, $2::timestamptz
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) with ordinality
    as d (id, webhook_id, event_id, event_type, lane, n)
  order by d.n`;

/** Makes deliveries, due now. An event that its endpoint was given before stays as it is. */
export async function insertDeliveries(tx: Queryable, batch: Batch): Promise<void> {
  await tx.query(`${INSERT} on conflict (webhook_id, event_id) do nothing`, columnsOf(batch));
}

/** Has events delivered again, or for the first time. What is under way stays as it is. Returns how many are. */
export async function deliverAgain(tx: Queryable, batch: Batch): Promise<number> {
  const rows = await tx.query(
    `${INSERT} on conflict (webhook_id, event_id) do update set state = 'pending', failures = 0,
       next_at = excluded.next_at, ended_at = null
     where webhook_delivery.workspace_id = excluded.workspace_id and webhook_delivery.state <> 'pending' returning 1`,
    columnsOf(batch),
  );
  return rows.length;
}

/** A delivery of what stands in no log. */
export async function insertTestDelivery(
  tx: Queryable,
  delivery: NewDelivery & { workspaceId: string; payload: unknown; now: Date },
): Promise<DeliveryRow> {
  const rows = await tx.query<DeliveryRow>(
    `insert into webhook_delivery (id, workspace_id, webhook_id, event_id, event_type, lane, payload, next_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $8) returning ${COLUMNS}`,
    [
      delivery.id,
      delivery.workspaceId,
      delivery.webhookId,
      delivery.eventId,
      delivery.eventType,
      delivery.lane,
      JSON.stringify(delivery.payload),
      delivery.now,
    ],
  );
  const [row] = rows;
  if (!row) throw new Error('the statement returned no row');
  return row;
}

interface OneDelivery {
  workspaceId: string;
  webhookId: string;
  id: string;
}

export async function findDelivery(tx: Queryable, of: OneDelivery): Promise<DeliveryRow | null> {
  const rows = await tx.query<DeliveryRow>(
    `select ${COLUMNS} from webhook_delivery where workspace_id = $1 and webhook_id = $2 and id = $3`,
    [of.workspaceId, of.webhookId, of.id],
  );
  return rows[0] ?? null;
}

/** Has one delivery made again from the start of its schedule. Null when there is none. */
export async function replayOne(tx: Queryable, of: OneDelivery & { now: Date }): Promise<DeliveryRow | null> {
  const rows = await tx.query<DeliveryRow>(
    `update webhook_delivery set state = 'pending', failures = 0, next_at = $4, ended_at = null
     where workspace_id = $1 and webhook_id = $2 and id = $3 returning ${COLUMNS}`,
    [of.workspaceId, of.webhookId, of.id, of.now],
  );
  return rows[0] ?? null;
}

/** Has the deliveries that failed for good made again, those of the log's oldest events first. Returns how many. */
export async function replayFailed(
  tx: Queryable,
  page: { workspaceId: string; webhookId: string; endedBefore: Date; now: Date; limit: number },
): Promise<number> {
  const rows = await tx.query(
    `with page as (
       select id from webhook_delivery
       where workspace_id = $1 and webhook_id = $2 and state = 'failed' and ended_at <= $3
       order by position limit $5 for no key update)
     update webhook_delivery d set state = 'pending', failures = 0, next_at = $4, ended_at = null from page
     where d.workspace_id = $1 and d.id = page.id returning 1`,
    [page.workspaceId, page.webhookId, page.endedBefore, page.now, page.limit],
  );
  return rows.length;
}

export async function countFailed(tx: Queryable, workspaceId: string, webhookId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from webhook_delivery where workspace_id = $1 and webhook_id = $2 and state = 'failed'`,
    [workspaceId, webhookId],
  );
  return rows[0]?.count ?? 0;
}

/** Deliveries of an endpoint that are not over, `most` at the most. */
export async function countOpen(
  tx: Queryable,
  of: { workspaceId: string; webhookId: string; most: number },
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from (
       select 1 from webhook_delivery where workspace_id = $1 and webhook_id = $2 and state = 'pending' limit $3) open`,
    [of.workspaceId, of.webhookId, of.most],
  );
  return rows[0]?.count ?? 0;
}

/** Those of some endpoints that have `most` deliveries, or more, that are not over. */
export async function listFull(
  tx: Queryable,
  of: { workspaceId: string; ids: readonly string[]; most: number },
): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    `select q.id from unnest($2::text[]) as q (id) where (select count(*) from (
       select 1 from webhook_delivery d where d.workspace_id = $1 and d.webhook_id = q.id and d.state = 'pending'
       limit $3) open) >= $3`,
    [of.workspaceId, of.ids, of.most],
  );
  return new Set(rows.map(({ id }) => id));
}

/** What waits for its next attempt is tried now. */
export async function hurryDeliveries(
  tx: Queryable,
  of: { workspaceId: string; webhookId: string; now: Date },
): Promise<void> {
  await tx.query(
    `update webhook_delivery set next_at = $3
     where workspace_id = $1 and webhook_id = $2 and state = 'pending' and next_at > $3`,
    [of.workspaceId, of.webhookId, of.now],
  );
}

export async function listDeliveryRows(
  tx: Queryable,
  filter: {
    workspaceId: string;
    webhookId: string;
    state: DeliveryState | null;
    eventType: string | null;
    eventId: string | null;
    page: PageWindow;
  },
): Promise<DeliveryRow[]> {
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('webhook_id = ?', filter.webhookId)
    .and('state = ?', filter.state)
    .and('event_type = ?', filter.eventType)
    .and('event_id = ?', filter.eventId);
  return tx.query<DeliveryRow>(
    `select ${COLUMNS} from webhook_delivery ${pageSql(where, 'id', filter.page)}`,
    where.params,
  );
}

/** Forgets deliveries made before, whatever became of them, in every workspace, at most `limit`; returns how many. */
export async function deleteOldDeliveries(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `with old as (
       select id, workspace_id from webhook_delivery where created_at < $1 order by created_at limit $2
       for update skip locked)
     delete from webhook_delivery d using old where d.workspace_id = old.workspace_id and d.id = old.id returning 1`,
    [before, limit],
  );
  return rows.length;
}
