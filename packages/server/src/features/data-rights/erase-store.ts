import { ERASED_REPLY } from '../../operations/idempotency/replay.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { JobRow } from '../../platform/jobs/store.ts';
import { TOMBSTONE } from './tables.ts';

// Erasing reaches into the tables of every feature: what it does to each stands in `tables.ts`, the statements here.

export interface ErasedContact {
  id: string;
  phone: string | null;
  lid: string | null;
}

/** Reads a contact that is being erased; locked, so that no new chat with it begins until the transaction ends. */
export async function lockContact(tx: Queryable, workspaceId: string, id: string): Promise<ErasedContact | null> {
  const rows = await tx.query<ErasedContact>(
    'select id, phone, lid from contact where workspace_id = $1 and id = $2 for update',
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

/** Locks a contact's chats: no message is added to them until the transaction ends. */
export async function lockChats(tx: Queryable, workspaceId: string, contactId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select id from conversation where workspace_id = $1 and contact_id = $2 order by id for update',
    [workspaceId, contactId],
  );
  return rows.map(({ id }) => id);
}

/** Messages to a contact that wait for their device. */
export async function waitingMessages(
  tx: Queryable,
  target: { workspaceId: string; contactId: string; limit: number },
): Promise<{ id: string; workspaceId: string }[]> {
  return tx.query(
    `select o.message_id as id, o.workspace_id as "workspaceId" from outbox o
     join conversation v on v.workspace_id = o.workspace_id and v.id = o.conversation_id
     where o.workspace_id = $1 and v.contact_id = $2 order by o.position limit $3`,
    [target.workspaceId, target.contactId, target.limit],
  );
}

export interface MessagePage {
  /** Messages looked at. */
  seen: number;
  /** The last of them; null when there was none. */
  last: string | null;
  /** Those in the contact's chats, or written by it in a group. */
  theirs: string[];
}

/** Looks through a workspace's messages, oldest first, for those of a contact. */
export async function pageOfMessages(
  tx: Queryable,
  page: { workspaceId: string; contactId: string; after: string; limit: number },
): Promise<MessagePage> {
  const rows = await tx.query<MessagePage>(
    `with page as (
       select m.id, m.conversation_id, m.sender_id from message m
       where m.workspace_id = $1 and m.id > $2 order by m.id limit $4)
     select count(*)::int as seen, max(p.id) as last,
       coalesce(array_agg(p.id) filter (where v.contact_id = $3 or p.sender_id = $3), '{}') as theirs
     from page p join conversation v on v.workspace_id = $1 and v.id = p.conversation_id`,
    [page.workspaceId, page.after, page.contactId, page.limit],
  );
  return rows[0] ?? { seen: 0, last: null, theirs: [] };
}

export async function messagesInChats(
  tx: Queryable,
  target: { workspaceId: string; conversationIds: readonly string[]; limit: number },
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select id from message where workspace_id = $1 and conversation_id = any ($2::text[]) order by id limit $3',
    [target.workspaceId, target.conversationIds, target.limit],
  );
  return rows.map(({ id }) => id);
}

/** Takes the data out of every event about these objects. Returns how many there were. */
export async function blankEventsOf(
  tx: Queryable,
  workspaceId: string,
  subjectIds: readonly string[],
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with hit as (
       update event set data = '${TOMBSTONE}' where workspace_id = $1 and subject_id = any ($2::text[])
         and data <> '${TOMBSTONE}' returning 1)
     select count(*)::int as count from hit`,
    [workspaceId, subjectIds],
  );
  return rows[0]?.count ?? 0;
}

/** Deletes messages; a trigger takes them out of the outbox. */
export async function deleteMessages(tx: Queryable, workspaceId: string, ids: readonly string[]): Promise<void> {
  await tx.query('delete from message where workspace_id = $1 and id = any ($2::text[])', [workspaceId, ids]);
}

export interface SweptEvents {
  seen: number;
  hit: number;
  tx: string | null;
  sequence: string | null;
}

/** Takes the data out of events that mention any of these texts; a page of the log, oldest first. */
export async function blankEventsMentioning(
  tx: Queryable,
  page: { workspaceId: string; afterTx: string; afterSequence: string; texts: readonly string[]; limit: number },
): Promise<SweptEvents> {
  const rows = await tx.query<SweptEvents>(
    `with page as (
       select e.id, e.tx, e.sequence, e.data::text as data from event e
       where e.workspace_id = $1 and (e.tx, e.sequence) > ($2::text::xid8, $3::bigint)
       order by e.tx, e.sequence limit $5),
     hit as (
       update event e set data = '${TOMBSTONE}' from page p
       where e.workspace_id = $1 and e.id = p.id and e.data <> '${TOMBSTONE}'
         and exists (select 1 from unnest($4::text[]) t where strpos(p.data, t) > 0) returning 1),
     last as (select tx, sequence from page order by tx desc, sequence desc limit 1)
     select (select count(*)::int from page) as seen, (select count(*)::int from hit) as hit,
       (select tx::text from last) as tx, (select sequence::text from last) as sequence`,
    [page.workspaceId, page.afterTx, page.afterSequence, page.texts, page.limit],
  );
  return rows[0] ?? { seen: 0, hit: 0, tx: null, sequence: null };
}

export interface SweptReplies {
  seen: number;
  hit: number;
  operation: string | null;
  key: string | null;
}

export interface SweptAnswers {
  seen: number;
  webhook: string | null;
  id: string | null;
}

/** Takes out of deliveries what receivers of webhooks answered that mentions any of these texts, a page of them. */
export async function blankAnswersMentioning(
  tx: Queryable,
  page: { workspaceId: string; afterWebhook: string; afterId: string; texts: readonly string[]; limit: number },
): Promise<SweptAnswers> {
  const rows = await tx.query<SweptAnswers>(
    `with page as (
       select webhook_id, id from webhook_delivery
       where workspace_id = $1 and (webhook_id, id) > ($2, $3) order by webhook_id, id limit $5),
     hit as (
       update webhook_delivery d set attempts = (
         select jsonb_agg(a.attempt || '{"answer": null}' order by a.n)
         from jsonb_array_elements(d.attempts) with ordinality as a (attempt, n))
       from page p where d.workspace_id = $1 and d.id = p.id
         and exists (select 1 from unnest($4::text[]) t where strpos(d.attempts::text, t) > 0) returning 1),
     last as (select webhook_id, id from page order by webhook_id desc, id desc limit 1)
     select (select count(*)::int from page) as seen, (select webhook_id from last) as webhook, (select id from last) as id`,
    [page.workspaceId, page.afterWebhook, page.afterId, page.texts, page.limit],
  );
  return rows[0] ?? { seen: 0, webhook: null, id: null };
}

/**
 * Takes the content out of idempotency replies that mention any of these texts; their keys stay taken. The replies of
 * the data rights themselves name an id and nothing else: a retry is to be told of the same job.
 */
export async function blankRepliesMentioning(
  tx: Queryable,
  page: { workspaceId: string; afterOperation: string; afterKey: string; texts: readonly string[]; limit: number },
): Promise<SweptReplies> {
  const rows = await tx.query<SweptReplies>(
    `with page as (
       select operation, key, body from idempotency
       where workspace_id = $1 and (operation, key) > ($2, $3) order by operation, key limit $5),
     hit as (
       update idempotency i set status = ${ERASED_REPLY}, headers = null, body = '', fingerprint = ''::bytea from page p
       where i.workspace_id = $1 and i.operation = p.operation and i.key = p.key
         and i.operation not in ('contacts.erase', 'contacts.export')
         and exists (select 1 from unnest($4::text[]) t where strpos(p.body, t) > 0) returning 1),
     last as (select operation, key from page order by operation desc, key desc limit 1)
     select (select count(*)::int from page) as seen, (select count(*)::int from hit) as hit,
       (select operation from last) as operation, (select key from last) as key`,
    [page.workspaceId, page.afterOperation, page.afterKey, page.texts, page.limit],
  );
  return rows[0] ?? { seen: 0, hit: 0, operation: null, key: null };
}

/**
 * Deletes Signal keys whose name holds a number or LID (its digits). Keys of the devices' own accounts and those named
 * by a plain count stay. WhatsApp makes new ones when the person writes again.
 */
export async function deleteSignalKeysOf(
  tx: Queryable,
  workspaceId: string,
  digits: readonly string[],
): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `with gone as (
       delete from signal_key k using device d
       where k.workspace_id = $1 and d.workspace_id = $1 and d.id = k.device_id
         and k.type not in ('pre-key', 'app-state-sync-key', 'app-state-sync-version')
         and exists (select 1 from unnest($2::text[]) n where k.id ~ ('(^|[^0-9])' || n || '([^0-9]|$)')
           and n is distinct from ltrim(d.phone, '+') and n is distinct from split_part(split_part(d.lid, '@', 1), ':', 1))
       returning 1)
     select count(*)::int as count from gone`,
    [workspaceId, digits],
  );
  return rows[0]?.count ?? 0;
}

/** Locks the exports that hold, or may hold, a contact: its own and those of the whole workspace. */
export async function lockExportsWith(tx: Queryable, workspaceId: string, contactId: string): Promise<JobRow[]> {
  return tx.query<JobRow>(
    `select * from job where workspace_id = $1 and state <> 'failed' and state <> 'canceled'
       and (kind = 'workspace.export' or (kind = 'contact.export' and input ->> 'contactId' = $2))
     order by id for no key update`,
    [workspaceId, contactId],
  );
}

/** Withdraws what a finished export made. */
export async function withdrawResult(tx: Queryable, workspaceId: string, jobId: string): Promise<void> {
  await tx.query(
    `with gone as (delete from job_chunk where workspace_id = $1 and job_id = $2)
     update job set result_expires_at = null where workspace_id = $1 and id = $2`,
    [workspaceId, jobId],
  );
}

/** Takes a contact out of the groups it is listed in, with its receipts there, and what was asked of WhatsApp about its number. */
export async function deleteListings(
  tx: Queryable,
  workspaceId: string,
  { phone, lid }: Pick<ErasedContact, 'phone' | 'lid'>,
): Promise<void> {
  await tx.query(
    `with listed as (delete from group_member where workspace_id = $1 and (phone = $2 or lid = $3)),
       receipts as (delete from message_receipt where workspace_id = $1 and participant in ($2, $3 || '@lid'))
     delete from number_check where workspace_id = $1 and (phone = $2 or canonical = $2 or lid = $3)`,
    [workspaceId, phone, lid],
  );
}

/** Deletes a contact. The caller holds its lock and has removed its chats. */
export async function deleteContact(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await tx.query('delete from contact where workspace_id = $1 and id = $2', [workspaceId, id]);
}

/** Deletes what a contact did to messages of others, and its calls. What was done to its own goes with them. */
export async function deleteChangesBy(tx: Queryable, workspaceId: string, contactId: string): Promise<void> {
  await tx.query(
    `with calls as (delete from call where workspace_id = $1 and contact_id = $2)
     delete from message_change where workspace_id = $1 and sender_id = $2`,
    [workspaceId, contactId],
  );
}

export async function deleteChats(tx: Queryable, workspaceId: string, contactId: string): Promise<void> {
  await tx.query('delete from conversation where workspace_id = $1 and contact_id = $2', [workspaceId, contactId]);
}

export async function countMessages(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: string }>('select count(*) as count from message where workspace_id = $1', [
    workspaceId,
  ]);
  return Number(rows[0]?.count ?? 0);
}

export async function countEvents(tx: Queryable, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: string }>('select count(*) as count from event where workspace_id = $1', [
    workspaceId,
  ]);
  return Number(rows[0]?.count ?? 0);
}
