import { type Queryable, ROWS } from '../../platform/db/port.ts';

export interface AuditInsert {
  id: string;
  workspaceId: string;
  actorKind: string;
  actorId: string | null;
  action: string;
  targetKind: string | null;
  targetId: string | null;
  outcome: string;
  /** JSON. */
  before: string | null;
  /** JSON. */
  after: string | null;
  address: string | null;
  requestId: string | null;
  createdAt: Date;
}

/** Appends rows in the caller's transaction. Row-wise, so that waiting acceptances are bundled: every send writes one. */
export async function insertAudit(tx: Queryable, rows: readonly AuditInsert[]): Promise<void> {
  await tx.query(
    `${ROWS} insert into audit (id, workspace_id, actor_kind, actor_id, action, target_kind, target_id, outcome, before,
       after, address, request_id, created_at)
     select r.id, r.workspace_id, r.actor_kind, r.actor_id, r.action, r.target_kind, r.target_id, r.outcome,
       r.before::jsonb, r.after::jsonb, r.address, r.request_id, r.created_at
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[])
       as r (id, workspace_id, actor_kind, actor_id, action, target_kind, target_id, outcome, before, after, address,
         request_id, created_at)`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.workspaceId),
      rows.map((row) => row.actorKind),
      rows.map((row) => row.actorId),
      rows.map((row) => row.action),
      rows.map((row) => row.targetKind),
      rows.map((row) => row.targetId),
      rows.map((row) => row.outcome),
      rows.map((row) => row.before),
      rows.map((row) => row.after),
      rows.map((row) => row.address),
      rows.map((row) => row.requestId),
      rows.map((row) => row.createdAt),
    ],
  );
}
