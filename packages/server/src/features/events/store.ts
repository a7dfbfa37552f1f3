import { type Queryable, ROWS } from '../../platform/db/port.ts';

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

/** `tx` leaves as text: to order by the number, name the column with its table. */
export const COLUMNS = 'id, device_id, type, api_version, data, created_at, sequence, tx::text as tx';

/** Version of the payload shapes, sent in every envelope. */
export const EVENT_API_VERSION = '2026-11-01';

/**
 * The text of an INSERT that makes one event of each row of `rows`, a query with the columns workspace_id, device_id,
 * subject_id, type, data and n (their order): for statements that change rows and tell of it at once. `firstId`, a
 * parameter like `$3`, is one new event id: its last six characters become the row's number.
 */
export function insertEventsSql(rows: string, firstId: string): string {
  return `insert into event (id, workspace_id, device_id, subject_id, type, api_version, data)
    select left(${firstId}, -6) || lpad(to_hex(row_number() over (order by e.n)), 6, '0'),
      e.workspace_id, e.device_id, e.subject_id, e.type, '${EVENT_API_VERSION}', e.data from (${rows}) e order by e.n`;
}

/** Appends events in the caller's transaction. Their sequence follows the order given. */
export async function insertEvents(tx: Queryable, events: readonly EventInsert[]): Promise<void> {
  await tx.query(
    `${ROWS} insert into event (id, workspace_id, device_id, subject_id, type, api_version, data)
     select e.id, e.workspace_id, e.device_id, e.subject_id, e.type, '${EVENT_API_VERSION}', e.data::jsonb
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       with ordinality as e (id, workspace_id, device_id, subject_id, type, data, n) order by e.n`,
    [
      events.map((e) => e.id),
      events.map((e) => e.workspaceId),
      events.map((e) => e.deviceId),
      events.map((e) => e.subjectId),
      events.map((e) => e.type),
      events.map((e) => JSON.stringify(e.data)),
    ],
  );
}

/** What stays of a message in events that told what it said: where it stood, and when. */
const KEPT =
  "'{id,conversationId,deviceId,direction,type,status,statusAt,heldReason,nextAttemptAt,error,createdAt,sentAt}'::text[]";

/** Takes what a message said out of the events that told it. They keep their place in the log. */
export async function blankMessageEvents(
  tx: Queryable,
  message: { workspaceId: string; messageId: string },
): Promise<void> {
  await tx.query(
    `update event e set data = (e.data - '{reaction,vote}'::text[]) || jsonb_build_object('erased', true, 'message',
       (select jsonb_object_agg(f.key, f.value) from jsonb_each(e.data -> 'message') f where f.key = any (${KEPT})))
     where e.workspace_id = $1 and e.subject_id = $2 and e.data -> 'message' ? 'direction' and not e.data ? 'erased'`,
    [message.workspaceId, message.messageId],
  );
}

/** What happened to one object, oldest first: the newest 200 events of it. */
export async function listEventsOfSubject(tx: Queryable, workspaceId: string, subjectId: string): Promise<EventRow[]> {
  return tx.query<EventRow>(
    `select ${COLUMNS} from (
       select * from event where workspace_id = $1 and subject_id = $2 order by sequence desc limit 200) newest
     order by newest.sequence`,
    [workspaceId, subjectId],
  );
}

/** Forgets events of a type that is worth nothing once it is old, in every workspace, at most `limit`; returns how many. */
export async function deleteEventsOfType(
  db: Queryable,
  type: 'presence.changed',
  old: { before: Date; limit: number },
): Promise<number> {
  const rows = await db.query(
    `with old as (
       select id, workspace_id from event where type = '${type}' and created_at < $1 order by created_at limit $2
       for update skip locked)
     delete from event e using old where e.workspace_id = old.workspace_id and e.id = old.id returning 1`,
    [old.before, old.limit],
  );
  return rows.length;
}
