import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { LogCursor } from '../events/index.ts';
import type { WebhookReason, WebhookState } from './state.ts';

export interface WebhookRow {
  id: string;
  workspace_id: string;
  url: string;
  description: string;
  events: string[];
  device_ids: string[] | null;
  ordered: boolean;
  header_names: string[];
  headers_sealed: Uint8Array;
  secret_sealed: Uint8Array;
  /** The secret before the last rotation, which signs too until `previous_expires_at`. */
  previous_sealed: Uint8Array | null;
  previous_expires_at: Date | null;
  rotated_at: Date | null;
  state: WebhookState;
  state_reason: WebhookReason | null;
  state_at: Date;
  /** The last event it was given a delivery of, or passed over. Both as text. */
  cursor_tx: string;
  cursor_sequence: string;
  probe_at: Date | null;
  probes: number;
  rest_until: Date | null;
  failing_since: Date | null;
  last_success_at: Date | null;
  last_failure_at: Date | null;
  last_error: string | null;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

/** All columns; `xid8` as text on either database. */
export const WEBHOOK_COLUMNS = `id, workspace_id, url, description, events, device_ids, ordered, header_names, headers_sealed,
  secret_sealed, previous_sealed, previous_expires_at, rotated_at, state, state_reason, state_at, cursor_tx::text as cursor_tx,
  cursor_sequence::text as cursor_sequence, probe_at, probes, rest_until, failing_since, last_success_at, last_failure_at,
  last_error, created_by, created_at, updated_at`;

function one<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('the statement returned no row');
  return row;
}

export interface WebhookSettings {
  url: string;
  description: string;
  events: readonly string[];
  deviceIds: readonly string[] | null;
  ordered: boolean;
  headerNames: readonly string[];
  headersSealed: Uint8Array;
}

/** Writes a new endpoint, unverified: it gets the events from its own transaction on, once it is verified. */
export async function insertWebhook(
  tx: Queryable,
  hook: WebhookSettings & {
    id: string;
    workspaceId: string;
    secretSealed: Uint8Array;
    createdBy: string;
    now: Date;
  },
): Promise<WebhookRow> {
  const rows = await tx.query<WebhookRow>(
    `insert into webhook (id, workspace_id, url, description, events, device_ids, ordered, header_names, headers_sealed,
       secret_sealed, state, state_at, probe_at, created_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'unverified', $11, $11, $12, $11, $11) returning ${WEBHOOK_COLUMNS}`,
    [
      hook.id,
      hook.workspaceId,
      hook.url,
      hook.description,
      hook.events,
      hook.deviceIds,
      hook.ordered,
      hook.headerNames,
      hook.headersSealed,
      hook.secretSealed,
      hook.now,
      hook.createdBy,
    ],
  );
  return one(rows);
}

export async function countWebhooks(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>('select count(*)::int as count from webhook where workspace_id = $1', [
    workspaceId,
  ]);
  return rows[0]?.count ?? 0;
}

export async function findWebhook(tx: Queryable, workspaceId: string, id: string): Promise<WebhookRow | null> {
  const rows = await tx.query<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook where workspace_id = $1 and id = $2`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

/** Reads an endpoint for a change: nobody else changes it until the transaction ends. */
export async function lockWebhook(tx: Queryable, workspaceId: string, id: string): Promise<WebhookRow | null> {
  const rows = await tx.query<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook where workspace_id = $1 and id = $2 for no key update`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

export async function listWebhookRows(
  tx: Queryable,
  filter: { workspaceId: string; state: WebhookState | null; page: PageWindow },
): Promise<WebhookRow[]> {
  const where = new Conditions().and('workspace_id = ?', filter.workspaceId).and('state = ?', filter.state);
  return tx.query<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook ${pageSql(where, 'id', filter.page)}`,
    where.params,
  );
}

/** Writes the settings; the caller holds the row's lock. */
export async function writeSettings(
  tx: Queryable,
  hook: WebhookSettings & { id: string; workspaceId: string; now: Date },
): Promise<WebhookRow> {
  const rows = await tx.query<WebhookRow>(
    `update webhook set url = $3, description = $4, events = $5, device_ids = $6, ordered = $7, header_names = $8,
       headers_sealed = $9, updated_at = $10
     where workspace_id = $1 and id = $2 returning ${WEBHOOK_COLUMNS}`,
    [
      hook.workspaceId,
      hook.id,
      hook.url,
      hook.description,
      hook.events,
      hook.deviceIds,
      hook.ordered,
      hook.headerNames,
      hook.headersSealed,
      hook.now,
    ],
  );
  return one(rows);
}

/** Gives an endpoint a new secret; the one before signs too until `previousUntil`, or not at all where that is null. */
export async function writeSecret(
  tx: Queryable,
  hook: { workspaceId: string; id: string; secretSealed: Uint8Array; previousUntil: Date | null; now: Date },
): Promise<WebhookRow | null> {
  const rows = await tx.query<WebhookRow>(
    `update webhook set secret_sealed = $3, rotated_at = $5, updated_at = $5, previous_expires_at = $4,
       previous_sealed = case when $4::timestamptz is null then null else secret_sealed end
     where workspace_id = $1 and id = $2 returning ${WEBHOOK_COLUMNS}`,
    [hook.workspaceId, hook.id, hook.secretSealed, hook.previousUntil, hook.now],
  );
  return rows[0] ?? null;
}

/** Writes a state; the caller holds the row's lock. `forgive` forgets earlier failures. */
export async function writeState(
  tx: Queryable,
  change: {
    workspaceId: string;
    id: string;
    state: WebhookState;
    reason: WebhookReason | null;
    probeAt: Date | null;
    forgive: boolean;
    now: Date;
  },
): Promise<WebhookRow> {
  const rows = await tx.query<WebhookRow>(
    `update webhook set state = $3, state_reason = $4, state_at = $7, probe_at = $5, probes = 0, updated_at = $7,
       failing_since = case when $6 then null else failing_since end,
       rest_until = case when $6 then null else rest_until end,
       last_error = case when $6 then null else last_error end
     where workspace_id = $1 and id = $2 returning ${WEBHOOK_COLUMNS}`,
    [change.workspaceId, change.id, change.state, change.reason, change.probeAt, change.forgive, change.now],
  );
  return one(rows);
}

/** Has an endpoint that is not verified be challenged now, with all tries before it. */
export async function challengeNow(
  tx: Queryable,
  hook: { workspaceId: string; id: string; now: Date },
): Promise<WebhookRow | null> {
  const rows = await tx.query<WebhookRow>(
    `update webhook set probe_at = $3, probes = 0, last_error = null, updated_at = $3
     where workspace_id = $1 and id = $2 and state = 'unverified' returning ${WEBHOOK_COLUMNS}`,
    [hook.workspaceId, hook.id, hook.now],
  );
  return rows[0] ?? null;
}

/** Moves endpoints of a workspace to other places of the log: what comes after them is given deliveries next. */
export async function writeCursors(
  tx: Queryable,
  workspaceId: string,
  hooks: readonly { id: string; place: LogCursor }[],
): Promise<void> {
  await tx.query(
    `update webhook w set cursor_tx = c.tx::xid8, cursor_sequence = c.sequence
     from unnest($2::text[], $3::text[], $4::bigint[]) as c (id, tx, sequence)
     where w.workspace_id = $1 and w.id = c.id`,
    [
      workspaceId,
      hooks.map(({ id }) => id),
      hooks.map(({ place }) => place.tx),
      hooks.map(({ place }) => place.sequence),
    ],
  );
}

/** Deletes an endpoint with its deliveries. */
export async function deleteWebhookRow(tx: Queryable, workspaceId: string, id: string): Promise<WebhookRow | null> {
  const rows = await tx.query<WebhookRow>(
    `delete from webhook where workspace_id = $1 and id = $2 returning ${WEBHOOK_COLUMNS}`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}
