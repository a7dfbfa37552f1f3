import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import { type Queryable, ROWS } from '../../platform/db/port.ts';
import { storable } from '../../platform/storable.ts';
import { LANE, type Priority } from './priority.ts';

export interface MessageRow {
  id: string;
  device_id: string;
  conversation_id: string;
  contact_id: string | null;
  contact_phone: string | null;
  sender_id: string | null;
  direction: 'inbound' | 'outbound';
  origin: 'api' | 'contact' | 'phone';
  source: 'live' | 'history' | 'recovered';
  type: string;
  content: unknown;
  status: string;
  status_at: Date;
  held_reason: string | null;
  next_attempt_at: Date | null;
  error: unknown;
  client_ref: string | null;
  metadata: unknown;
  priority: string;
  transactional: boolean;
  send_at: Date | null;
  valid_until: Date | null;
  sent_at: Date | null;
  edited_at: Date | null;
  revoked_at: Date | null;
  /** Latest reaction and vote of each sender, oldest first. */
  responses: unknown;
  created_at: Date;
}

export interface NewOutbound {
  id: string;
  workspaceId: string;
  deviceId: string;
  conversationId: string;
  waId: string;
  type: string;
  content: unknown;
  status: 'scheduled' | 'queued' | 'held';
  statusRank: number;
  heldReason: string | null;
  clientRef: string | null;
  metadata: unknown;
  priority: Priority;
  transactional: boolean;
  /** When it is to go; null: as soon as it can. */
  sendAt: Date | null;
  validUntil: Date;
  createdAt: Date;
}

/** Writes an accepted message and its outbox row in one statement. */
export const insertOutbound = (tx: Queryable, message: NewOutbound): Promise<void> => insertOutbounds(tx, [message]);

/** Writes accepted messages and their outbox rows, in the order given, in one statement. */
export async function insertOutbounds(tx: Queryable, rows: readonly NewOutbound[]): Promise<void> {
  await tx.query(
    `${ROWS} with r as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::smallint[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::boolean[],
         $16::text[], $17::smallint[], $18::timestamptz[])
         with ordinality as r (id, workspace_id, device_id, conversation_id, wa_id, type, content, status, status_rank,
           held_reason, client_ref, metadata, valid_until, created_at, transactional, priority, lane, send_at, n)),
     m as (
       insert into message (id, workspace_id, device_id, conversation_id, direction, wa_id, origin, type, content,
         status, status_rank, held_reason, client_ref, metadata, valid_until, created_at, status_at, transactional,
         priority, send_at, next_attempt_at)
       select r.id, r.workspace_id, r.device_id, r.conversation_id, 'outbound', r.wa_id, 'api', r.type, r.content::jsonb,
         r.status, r.status_rank, r.held_reason, r.client_ref, r.metadata::jsonb, r.valid_until, r.created_at, r.created_at,
         r.transactional, r.priority, r.send_at, r.send_at
       from r)
     insert into outbox (message_id, workspace_id, device_id, conversation_id, lane, valid_until, not_before, waits)
     select r.id, r.workspace_id, r.device_id, r.conversation_id, r.lane, r.valid_until, coalesce(r.send_at, r.created_at),
       case when r.send_at is not null then 'schedule' end from r order by r.n`,
    [
      rows.map((m) => m.id),
      rows.map((m) => m.workspaceId),
      rows.map((m) => m.deviceId),
      rows.map((m) => m.conversationId),
      rows.map((m) => m.waId),
      rows.map((m) => m.type),
      rows.map((m) => JSON.stringify(m.content)),
      rows.map((m) => m.status),
      rows.map((m) => m.statusRank),
      rows.map((m) => m.heldReason),
      rows.map((m) => m.clientRef),
      rows.map((m) => (m.metadata === null ? null : JSON.stringify(m.metadata))),
      rows.map((m) => m.validUntil),
      rows.map((m) => m.createdAt),
      rows.map((m) => m.transactional),
      rows.map((m) => m.priority),
      rows.map((m) => LANE[m.priority]),
      rows.map((m) => m.sendAt),
    ],
  );
}

export interface NewInbound {
  id: string;
  workspaceId: string;
  deviceId: string;
  conversationId: string;
  senderId: string | null;
  direction: 'inbound' | 'outbound';
  waId: string;
  origin: 'contact' | 'phone';
  source: 'live' | 'recovered';
  type: string;
  content: Record<string, unknown>;
  status: 'received' | 'sent';
  statusRank: number;
  sentAt: Date;
  /** Sealed. */
  answerSecret: Uint8Array | null;
  createdAt: Date;
}

/** A message that was stored now. */
export interface Inserted {
  id: string;
  /** Whether a change that came before it waits for it. */
  awaited: boolean;
  /** What its workspace set of the words people opt out with. */
  consent_words: unknown;
}

/** Stores what arrived. A message already there (redelivered after a crash) is left alone; returns those that are new, by id. */
export async function insertInbound(tx: Queryable, rows: readonly NewInbound[]): Promise<Map<string, Inserted>> {
  const inserted = await tx.query<Inserted>(
    `with made as (
     insert into message (id, workspace_id, device_id, conversation_id, sender_id, direction, wa_id, origin, type,
       content, status, status_rank, status_at, sent_at, created_at, answer_secret, source)
     select r.id, r.workspace_id, r.device_id, r.conversation_id, r.sender_id, r.direction, r.wa_id, r.origin, r.type,
       r.content::jsonb, r.status, r.status_rank, r.sent_at, r.sent_at, r.created_at, r.answer_secret, r.source
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::int[], $13::timestamptz[], $14::timestamptz[], $15::bytea[], $16::text[])
       as r (id, workspace_id, device_id, conversation_id, sender_id, direction, wa_id, origin, type, content, status,
         status_rank, sent_at, created_at, answer_secret, source)
     on conflict (device_id, wa_id, direction) do nothing returning id, workspace_id, device_id, wa_id)
     select m.id, exists (select 1 from message_change c where c.workspace_id = m.workspace_id
       and c.device_id = m.device_id and c.target_wa_id = m.wa_id and c.message_id is null) as awaited,
       (select w.consent_words from workspace w where w.id = m.workspace_id) as consent_words from made m`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.conversationId),
      rows.map((r) => r.senderId),
      rows.map((r) => r.direction),
      rows.map((r) => r.waId),
      rows.map((r) => r.origin),
      rows.map((r) => r.type),
      rows.map((r) => JSON.stringify(r.content)),
      rows.map((r) => r.status),
      rows.map((r) => r.statusRank),
      rows.map((r) => r.sentAt),
      rows.map((r) => r.createdAt),
      rows.map((r) => r.answerSecret),
      rows.map((r) => r.source),
    ],
  );
  return new Map(inserted.map((row) => [row.id, row]));
}

const RESPONSES = `(select jsonb_agg(jsonb_build_object('kind', r.kind, 'senderId', r.sender_id, 'content', r.content,
    'at', to_char(r.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by r.at)
  from (select distinct on (e.kind, e.sender_id) e.kind, e.sender_id, e.content, e.at from message_change e
    where e.workspace_id = m.workspace_id and e.message_id = m.id and e.kind in ('reaction', 'vote')
    order by e.kind, e.sender_id, e.at desc, e.created_at desc) r)`;

const SELECT = `select m.*, v.contact_id, c.phone as contact_phone, ${RESPONSES} as responses from message m
  join conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
  left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id`;

export async function findMessage(tx: Queryable, workspaceId: string, id: string): Promise<MessageRow | null> {
  const rows = await tx.query<MessageRow>(`${SELECT} where m.workspace_id = $1 and m.id = $2`, [workspaceId, id]);
  return rows[0] ?? null;
}

export async function findMessagesById(
  tx: Queryable,
  keys: readonly { workspaceId: string; id: string }[],
): Promise<MessageRow[]> {
  return tx.query<MessageRow>(
    `${SELECT} join unnest($1::text[], $2::text[]) as k (workspace_id, id) on m.workspace_id = k.workspace_id and m.id = k.id`,
    [keys.map((k) => k.workspaceId), keys.map((k) => k.id)],
  );
}

/** Those of the ids that are messages of this workspace, in no order. */
export async function listMessagesById(
  tx: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<MessageRow[]> {
  return tx.query<MessageRow>(`${SELECT} where m.workspace_id = $1 and m.id = any ($2::text[])`, [workspaceId, ids]);
}

export interface MessageFilter {
  workspaceId: string;
  deviceId: string | null;
  conversationId: string | null;
  direction: string | null;
  status: string | null;
  type: string | null;
  /** Edits and revokes too, which are messages of their own to WhatsApp. */
  withChanges: boolean;
  clientRef: string | null;
  phone: string | null;
  page: PageWindow;
}

export async function listMessageRows(tx: Queryable, filter: MessageFilter): Promise<MessageRow[]> {
  const where = new Conditions()
    .and('m.workspace_id = ?', filter.workspaceId)
    .and('m.device_id = ?', filter.deviceId)
    .and('m.conversation_id = ?', filter.conversationId)
    .and('m.direction = ?', filter.direction)
    .and('m.status = ?', filter.status)
    .and('m.type = ?', filter.type)
    .when(!filter.withChanges, "m.type not in ('edit', 'revoke')")
    .and('m.client_ref = ?', filter.clientRef)
    .and('c.phone = ?', filter.phone);
  return tx.query<MessageRow>(`${SELECT} ${pageSql(where, 'm.id', filter.page)}`, where.params);
}

/** Holds a waiting message's place until the transaction ends: none claims it meanwhile. False when it has none, or is claimed. */
export async function lockWaiting(tx: Queryable, workspaceId: string, messageId: string): Promise<boolean> {
  const rows = await tx.query<{ waiting: boolean }>(
    'select claimed_at is null as waiting from outbox where workspace_id = $1 and message_id = $2 for update',
    [workspaceId, messageId],
  );
  return rows[0]?.waiting ?? false;
}

/** Whether a message, or change, is here with what it says. */
export async function isInboundStored(
  tx: Queryable,
  key: { workspaceId: string; deviceId: string; waId: string },
): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from message where workspace_id = $1 and device_id = $2 and wa_id = $3 and type <> 'undecryptable'
     union all select 1 from message_change where workspace_id = $1 and device_id = $2 and wa_id = $3 limit 1`,
    [key.workspaceId, key.deviceId, storable(key.waId)],
  );
  return rows.length > 0;
}
