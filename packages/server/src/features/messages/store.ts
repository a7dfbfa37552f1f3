import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import { type Queryable, ROWS } from '../../platform/db/port.ts';
import { storable } from '../../platform/storable.ts';

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
  transactional: boolean;
  valid_until: Date | null;
  sent_at: Date | null;
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
  status: 'queued' | 'held';
  statusRank: number;
  heldReason: string | null;
  clientRef: string | null;
  metadata: unknown;
  transactional: boolean;
  validUntil: Date;
  createdAt: Date;
}

/** Writes an accepted message and its outbox row in one statement. */
export async function insertOutbound(tx: Queryable, m: NewOutbound): Promise<void> {
  await tx.query(
    `${ROWS} with r as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::smallint[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::boolean[])
         with ordinality as r (id, workspace_id, device_id, conversation_id, wa_id, type, content, status, status_rank,
           held_reason, client_ref, metadata, valid_until, created_at, transactional, n)),
     m as (
       insert into message (id, workspace_id, device_id, conversation_id, direction, wa_id, origin, type, content,
         status, status_rank, held_reason, client_ref, metadata, valid_until, created_at, status_at, transactional)
       select r.id, r.workspace_id, r.device_id, r.conversation_id, 'outbound', r.wa_id, 'api', r.type, r.content::jsonb,
         r.status, r.status_rank, r.held_reason, r.client_ref, r.metadata::jsonb, r.valid_until, r.created_at, r.created_at,
         r.transactional
       from r)
     insert into outbox (message_id, workspace_id, device_id, conversation_id, lane, valid_until)
     select r.id, r.workspace_id, r.device_id, r.conversation_id, 2, r.valid_until from r order by r.n`,
    [
      [m.id],
      [m.workspaceId],
      [m.deviceId],
      [m.conversationId],
      [m.waId],
      [m.type],
      [JSON.stringify(m.content)],
      [m.status],
      [m.statusRank],
      [m.heldReason],
      [m.clientRef],
      [m.metadata === null ? null : JSON.stringify(m.metadata)],
      [m.validUntil],
      [m.createdAt],
      [m.transactional],
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
  type: string;
  content: unknown;
  status: 'received' | 'sent';
  statusRank: number;
  sentAt: Date;
  createdAt: Date;
}

/** Stores what arrived. A message already there (redelivered after a crash) is left alone; returns the ids that are new. */
export async function insertInbound(tx: Queryable, rows: readonly NewInbound[]): Promise<Set<string>> {
  const inserted = await tx.query<{ id: string }>(
    `insert into message (id, workspace_id, device_id, conversation_id, sender_id, direction, wa_id, origin, type,
       content, status, status_rank, sent_at, created_at)
     select r.id, r.workspace_id, r.device_id, r.conversation_id, r.sender_id, r.direction, r.wa_id, r.origin, r.type,
       r.content::jsonb, r.status, r.status_rank, r.sent_at, r.created_at
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::int[], $13::timestamptz[], $14::timestamptz[])
       as r (id, workspace_id, device_id, conversation_id, sender_id, direction, wa_id, origin, type, content, status,
         status_rank, sent_at, created_at)
     on conflict (device_id, wa_id, direction) do nothing returning id`,
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
    ],
  );
  return new Set(inserted.map((row) => row.id));
}

const SELECT = `select m.*, v.contact_id, c.phone as contact_phone from message m
  join conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
  left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id`;

export async function findMessage(tx: Queryable, workspaceId: string, id: string): Promise<MessageRow | null> {
  const rows = await tx.query<MessageRow>(`${SELECT} where m.workspace_id = $1 and m.id = $2`, [workspaceId, id]);
  return rows[0] ?? null;
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
    .and('m.client_ref = ?', filter.clientRef)
    .and('c.phone = ?', filter.phone);
  return tx.query<MessageRow>(`${SELECT} ${pageSql(where, 'm.id', filter.page)}`, where.params);
}

/** The body of a message this device sent, by WhatsApp's id, for a recipient that asks for it again. */
export async function findSentContent(
  tx: Queryable,
  key: { workspaceId: string; deviceId: string; waId: string },
): Promise<{ type: string; content: unknown } | null> {
  const rows = await tx.query<{ type: string; content: unknown }>(
    `select type, content from message
     where workspace_id = $1 and device_id = $2 and wa_id = $3 and direction = 'outbound'`,
    [key.workspaceId, key.deviceId, storable(key.waId)],
  );
  return rows[0] ?? null;
}

export async function isInboundStored(
  tx: Queryable,
  key: { workspaceId: string; deviceId: string; waId: string },
): Promise<boolean> {
  const rows = await tx.query(
    'select 1 from message where workspace_id = $1 and device_id = $2 and wa_id = $3 limit 1',
    [key.workspaceId, key.deviceId, storable(key.waId)],
  );
  return rows.length > 0;
}
