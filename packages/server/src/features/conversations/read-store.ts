import type { Queryable } from '../../platform/db/port.ts';

export interface ReadState {
  device_id: string;
  unread: number;
  read_up_to: string | null;
}

/** Reads where a chat stands; locked, so that two who mark it read come one after the other. */
export async function lockReadState(tx: Queryable, workspaceId: string, id: string): Promise<ReadState | null> {
  const rows = await tx.query<ReadState>(
    `select device_id, unread, read_up_to from conversation where workspace_id = $1 and id = $2 for no key update`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

/** The last received message of a chat. */
export async function newestInbound(
  tx: Queryable,
  workspaceId: string,
  conversationId: string,
): Promise<string | null> {
  const rows = await tx.query<{ id: string }>(
    `select id from message where workspace_id = $1 and conversation_id = $2 and direction = 'inbound'
     order by id desc limit 1`,
    [workspaceId, conversationId],
  );
  return rows[0]?.id ?? null;
}

/**
 * Notes that everything received up to a message is read, where that is further than what is read already (null: it is
 * not); what came after it is counted anew. Reading makes nothing unread.
 */
export async function setReadUpTo(
  tx: Queryable,
  chat: { workspaceId: string; id: string; upTo: string | null },
): Promise<number> {
  const rows = await tx.query<{ unread: number }>(
    `update conversation v set read_up_to = greatest(v.read_up_to, $3::text), unread = least(v.unread, (
       select count(*)::int from message m
       where m.workspace_id = $1 and m.conversation_id = $2 and m.direction = 'inbound'
         and m.id > coalesce(greatest(v.read_up_to, $3::text), '')))
     where v.workspace_id = $1 and v.id = $2 returning unread`,
    [chat.workspaceId, chat.id, chat.upTo],
  );
  return rows[0]?.unread ?? 0;
}

/** Has WhatsApp told of it, now or when the device is back. A chat that already waits is told of once, for all of it. */
export async function queueRead(
  tx: Queryable,
  read: { workspaceId: string; deviceId: string; conversationId: string; after: string | null; upTo: string },
): Promise<void> {
  await tx.query(
    `insert into pending_read as p (conversation_id, workspace_id, device_id, after_id, up_to) values ($3, $1, $2, $4, $5)
     on conflict (conversation_id) do update set up_to = greatest(p.up_to, excluded.up_to)`,
    [read.workspaceId, read.deviceId, read.conversationId, read.after, read.upTo],
  );
}

/** A chat whose receipts wait. */
export interface PendingRead {
  conversation_id: string;
  workspace_id: string;
  device_id: string;
  after_id: string | null;
  up_to: string;
  kind: 'person' | 'group' | 'status';
  group_id: string | null;
  phone: string | null;
  lid: string | null;
}

/**
 * Chats of these devices whose receipts wait, the longest first, but those in `without`. Runs across workspaces: it is
 * delivery's work.
 */
export async function pendingReads(
  db: Queryable,
  wanted: { deviceIds: readonly string[]; without: readonly string[]; limit: number },
): Promise<PendingRead[]> {
  return db.query<PendingRead>(
    `select p.*, v.kind, v.group_id, c.phone, c.lid from pending_read p
     join conversation v on v.workspace_id = p.workspace_id and v.id = p.conversation_id
     left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id
     where p.device_id = any ($1::text[]) and p.conversation_id <> all ($2::text[]) order by p.created_at limit $3`,
    [wanted.deviceIds, wanted.without, wanted.limit],
  );
}

export interface ReceivedMessage {
  wa_id: string;
  phone: string | null;
  lid: string | null;
}

/** The newest received messages in a chat's range that is to be told of, with who wrote them. */
export async function messagesToRead(db: Queryable, read: PendingRead, limit: number): Promise<ReceivedMessage[]> {
  return db.query<ReceivedMessage>(
    `select m.wa_id, c.phone, c.lid from message m
     left join contact c on c.workspace_id = m.workspace_id and c.id = m.sender_id
     where m.workspace_id = $1 and m.conversation_id = $2 and m.direction = 'inbound' and m.id <= $3 and m.id > $4
     order by m.id desc limit $5`,
    [read.workspace_id, read.conversation_id, read.up_to, read.after_id ?? '', limit],
  );
}

/** WhatsApp was told. What was read since then stays to be told of. */
export async function settleRead(db: Queryable, read: PendingRead): Promise<void> {
  await db.query(
    `with gone as (
       delete from pending_read where workspace_id = $1 and conversation_id = $2 and up_to = $3 returning 1)
     update pending_read set after_id = $3
     where workspace_id = $1 and conversation_id = $2 and not exists (select 1 from gone)`,
    [read.workspace_id, read.conversation_id, read.up_to],
  );
}

/**
 * Notes that a chat is read up to the newest of these received messages (`waIds`, null: of all) that was sent by then
 * (`sentUpTo`, null: whenever); null where that is nothing new. What the phone counted as unread and never sent is read
 * with the rest of its chat.
 */
export async function setReadElsewhere(
  tx: Queryable,
  read: {
    workspaceId: string;
    deviceId: string;
    groupId: string | null;
    phone: string | null;
    lid: string | null;
    waIds: string[] | null;
    sentUpTo: Date | null;
  },
): Promise<{ id: string; read_up_to: string | null; unread: number } | null> {
  const rows = await tx.query<{ id: string; read_up_to: string | null; unread: number }>(
    `with v as (
       select v.id, v.read_up_to from conversation v where v.workspace_id = $1 and v.device_id = $2 and v.group_id = $3
       union all
       select v.id, v.read_up_to from conversation v where v.workspace_id = $1 and v.device_id = $2 and v.contact_id = any (array(
         select c.id from contact c where c.workspace_id = $1 and (c.phone = $4 or c.lid = $5)))
       order by id limit 1),
     newest as (
       select m.id from v join message m on m.workspace_id = $1 and m.conversation_id = v.id and m.direction = 'inbound'
       where ($6::text[] is null or m.wa_id = any ($6::text[])) and ($7::timestamptz is null or m.sent_at <= $7)
       order by m.id desc limit 1),
     upto as (
       select v.id, greatest(v.read_up_to, newest.id) as up_to from v left join newest on true
       where newest.id is not null or $6::text[] is null or not exists (
         select 1 from message m where m.workspace_id = $1 and m.conversation_id = v.id and m.direction = 'inbound')),
     state as (
       select u.id, u.up_to, (
         select count(*)::int from message m where m.workspace_id = $1 and m.conversation_id = u.id
           and m.direction = 'inbound' and m.id > coalesce(u.up_to, '')) as unread
       from upto u)
     update conversation c set read_up_to = state.up_to, unread = least(c.unread, state.unread) from state
     where c.workspace_id = $1 and c.id = state.id
       and (coalesce(state.up_to, '') > coalesce(c.read_up_to, '') or c.unread > state.unread)
     returning c.id, c.read_up_to, c.unread`,
    [read.workspaceId, read.deviceId, read.groupId, read.phone, read.lid, read.waIds, read.sentUpTo],
  );
  return rows[0] ?? null;
}
