import type { Queryable } from '../../platform/db/port.ts';

export interface EventInsert {
  id: string;
  workspaceId: string;
  deviceId: string | null;
  subjectId: string | null;
  type: string;
  data: unknown;
}

export interface EventRow {
  id: string;
  device_id: string | null;
  type: string;
  api_version: string;
  data: unknown;
  created_at: Date;
  sequence: string;
  tx: string;
}

// `tx` leaves as text: to order by the number, name the column with its table.
const COLUMNS = 'id, device_id, type, api_version, data, created_at, sequence, tx::text as tx';

/** Appends events in the caller's transaction. Their sequence follows the order given. */
export async function insertEvents(tx: Queryable, apiVersion: string, events: readonly EventInsert[]): Promise<void> {
  await tx.query(
    `insert into event (id, workspace_id, device_id, subject_id, type, api_version, data)
     select e.id, e.workspace_id, e.device_id, e.subject_id, e.type, $7, e.data::jsonb
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       with ordinality as e (id, workspace_id, device_id, subject_id, type, data, n) order by e.n`,
    [
      events.map((e) => e.id),
      events.map((e) => e.workspaceId),
      events.map((e) => e.deviceId),
      events.map((e) => e.subjectId),
      events.map((e) => e.type),
      events.map((e) => JSON.stringify(e.data)),
      apiVersion,
    ],
  );
}

/**
 * Events after a cursor, oldest first, below every transaction still open: with `sequence > last` alone a reader would
 * step over rows that commit late.
 */
export async function listEventsAfter(
  tx: Queryable,
  filter: {
    workspaceId: string;
    afterTx: string;
    afterSequence: string;
    types: string[] | null;
    deviceId: string | null;
    limit: number;
  },
): Promise<EventRow[]> {
  return tx.query<EventRow>(
    `select ${COLUMNS} from event
     where workspace_id = $1 and (tx, sequence) > ($2::xid8, $3::bigint)
       and tx < pg_snapshot_xmin(pg_current_snapshot())
       and ($4::text[] is null or type = any ($4)) and ($5::text is null or device_id = $5)
     order by event.tx, event.sequence limit $6`,
    [filter.workspaceId, filter.afterTx, filter.afterSequence, filter.types, filter.deviceId, filter.limit],
  );
}

/** Everything that happened to one object, oldest first. */
export async function listEventsOfSubject(tx: Queryable, workspaceId: string, subjectId: string): Promise<EventRow[]> {
  return tx.query<EventRow>(
    `select ${COLUMNS} from event where workspace_id = $1 and subject_id = $2 order by sequence limit 200`,
    [workspaceId, subjectId],
  );
}
