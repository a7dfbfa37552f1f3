import { isAwaited, isUniqueViolation } from '../../platform/db/db-error.ts';
import { type Queryable, ROWS } from '../../platform/db/port.ts';

export interface StoredReply {
  fingerprint: Uint8Array;
  /** Null while the first request still runs (visible only to the transaction that runs it). */
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
}

export interface IdempotencyScope {
  workspaceId: string;
  operation: string;
  key: string;
}

/** Bounds, for the rest of its transaction, how long a statement waits for one that runs: a twin waits no longer. */
const PATIENCE = `set_config('lock_timeout', '5s', true)`;

/**
 * Takes the key for this transaction; false when it is taken. A second request waits here on the unique index until the
 * first commits or rolls back: the index decides the race. After five seconds it gives up (`isKeyAwaited`).
 */
export async function claimKey(tx: Queryable, scope: IdempotencyScope, fingerprint: Uint8Array): Promise<boolean> {
  const rows = await tx.query(
    `insert into idempotency (workspace_id, operation, key, fingerprint) select $1::text, $2::text, $3::text, $4::bytea from ${PATIENCE}
     on conflict do nothing returning 1`,
    [scope.workspaceId, scope.operation, scope.key, fingerprint],
  );
  return rows.length === 1;
}

/**
 * Stores the key with its finished reply. Fails on a key that is taken (`isKeyTaken`), and waits for the transaction
 * that is about to take it, for five seconds (`isKeyAwaited`): the index decides the race.
 */
export async function insertReply(
  tx: Queryable,
  request: { scope: IdempotencyScope; fingerprint: Uint8Array },
  reply: { status: number; headers: Record<string, string>; body: string },
): Promise<void> {
  const { scope, fingerprint } = request;
  await tx.query(
    `${ROWS} insert into idempotency (workspace_id, operation, key, fingerprint, status, headers, body)
     select r.workspace_id, r.operation, r.key, r.fingerprint, r.status, r.headers::jsonb, r.body
     from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::smallint[], $6::text[], $7::text[])
       as r (workspace_id, operation, key, fingerprint, status, headers, body), ${PATIENCE}`,
    [
      [scope.workspaceId],
      [scope.operation],
      [scope.key],
      [fingerprint],
      [reply.status],
      [JSON.stringify(reply.headers)],
      [reply.body],
    ],
  );
}

/** True when the request that took the key first still runs, after the longest wait for it. */
export const isKeyAwaited = (error: unknown): boolean => isAwaited(error, 'idempotency');

export const isKeyTaken = (error: unknown): boolean => isUniqueViolation(error, 'idempotency_pkey');

export async function findReply(tx: Queryable, scope: IdempotencyScope): Promise<StoredReply | null> {
  const rows = await tx.query<StoredReply>(
    `select fingerprint, status, headers, body from idempotency
     where workspace_id = $1 and operation = $2 and key = $3`,
    [scope.workspaceId, scope.operation, scope.key],
  );
  return rows[0] ?? null;
}

export async function storeReply(
  tx: Queryable,
  scope: IdempotencyScope,
  reply: { status: number; headers: Record<string, string>; body: string },
): Promise<void> {
  await tx.query(
    `update idempotency set status = $4, headers = $5::jsonb, body = $6
     where workspace_id = $1 and operation = $2 and key = $3`,
    [scope.workspaceId, scope.operation, scope.key, reply.status, JSON.stringify(reply.headers), reply.body],
  );
}

/**
 * Forgets replies older than the promised seven days, at most `limit`; returns how many. Runs across workspaces: it is the
 * operator's housekeeping.
 */
export async function deleteOldReplies(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `with old as (
       select workspace_id, operation, key from idempotency where created_at < $1 limit $2 for update skip locked)
     delete from idempotency i using old
     where i.workspace_id = old.workspace_id and i.operation = old.operation and i.key = old.key returning 1`,
    [before, limit],
  );
  return rows.length;
}
