import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import { Lookup } from '../../platform/db/lookup.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface ConversationRow {
  id: string;
  device_id: string;
  kind: 'person' | 'group' | 'status';
  contact_id: string | null;
  group_id: string | null;
  contact_phone: string | null;
  contact_lid: string | null;
  contact_name: string | null;
  contact_opted_out_at: Date | null;
  /** When the account left the group; null while it is in it, and for chats of other kinds. */
  group_left_at: Date | null;
  unread: number;
  last_message_at: Date | null;
  created_at: Date;
}

/** The chat of a device with a contact, made if there is none. Two racing callers get the same one. */
export async function ensureConversationWithContact(
  tx: Queryable,
  input: { id: string; workspaceId: string; deviceId: string; contactId: string },
): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    `with found as (select id from conversation where workspace_id = $2 and device_id = $3 and contact_id = $4),
     made as (
       insert into conversation (id, workspace_id, device_id, kind, contact_id)
       select $1, $2, $3, 'person', $4 where not exists (select 1 from found)
       on conflict (device_id, contact_id) where contact_id is not null
         do update set contact_id = excluded.contact_id returning id)
     select id from found union all select id from made`,
    [input.id, input.workspaceId, input.deviceId, input.contactId],
  );
  return rows[0]?.id ?? input.id;
}

/** Makes the chat of a device with a contact. Fails on the unique index when there is one by now. */
export async function insertConversation(
  tx: Queryable,
  chat: { id: string; workspaceId: string; deviceId: string; contactId: string },
): Promise<void> {
  await tx.query(
    `insert into conversation (id, workspace_id, device_id, kind, contact_id) values ($1, $2, $3, 'person', $4)`,
    [chat.id, chat.workspaceId, chat.deviceId, chat.contactId],
  );
}

/** Makes the chat of a device with a group. Fails on the unique index when there is one by now. */
export async function insertGroupConversation(
  tx: Queryable,
  chat: { id: string; workspaceId: string; deviceId: string; groupId: string },
): Promise<void> {
  await tx.query(
    `insert into conversation (id, workspace_id, device_id, kind, group_id) values ($1, $2, $3, 'group', $4)`,
    [chat.id, chat.workspaceId, chat.deviceId, chat.groupId],
  );
}

/** Makes the chat that holds the status updates a device sees. Fails on the unique index when there is one by now. */
export async function insertStatusConversation(
  tx: Queryable,
  chat: { id: string; workspaceId: string; deviceId: string },
): Promise<void> {
  await tx.query(
    `insert into conversation (id, workspace_id, device_id, kind, group_id) values ($1, $2, $3, 'status', 'status')`,
    [chat.id, chat.workspaceId, chat.deviceId],
  );
}

/** A contact and its chat with one device, where they have one. */
export interface ContactChat {
  contact_id: string;
  phone: string | null;
  opted_out_at: Date | null;
  conversation_id: string | null;
}

const CONTACT_CHAT = 'c.id as contact_id, c.phone, c.opted_out_at, v.id as conversation_id';

interface PhoneChat {
  workspaceId: string;
  deviceId: string;
  phone: string;
}

/** As a number leads to it. Without a contact yet, `phone` is the form of the number to make one with. */
export type PhonesChat = Omit<ContactChat, 'contact_id'> & { contact_id: string | null };

const byPhone = new Lookup<PhoneChat, PhonesChat>({
  name: ({ workspaceId, deviceId, phone }) => `${workspaceId} ${deviceId} ${phone}`,
  find: findChatsByPhone,
});

/** The look-ups of callers of the same moment are one statement. Not for use inside a transaction. */
export function findChatByPhone(db: Queryable, chat: PhoneChat): Promise<PhonesChat | null> {
  return byPhone.get(db, chat);
}

/**
 * Contacts by number with their chats, each with the place of its question in the list, from 0. A number in its other
 * form is read as the one WhatsApp knows, where a number check has learnt it.
 */
export async function findChatsByPhone(
  db: Queryable,
  chats: readonly PhoneChat[],
): Promise<(PhonesChat & { at: number })[]> {
  // `case`, since behind the wall between workspaces no condition with `coalesce` goes along an index: PostgreSQL takes
  // it for one that may leak.
  return db.query(
    `select c.id as contact_id, coalesce(c.phone, k.canonical) as phone, c.opted_out_at, v.id as conversation_id,
       r.n::int - 1 as at
     from unnest($1::text[], $2::text[], $3::text[]) with ordinality as r (workspace_id, device_id, phone, n)
     left join lateral (
       select n.canonical from number_check n
       where n.workspace_id = r.workspace_id and n.phone = r.phone and n.canonical <> n.phone limit 1) k on true
     left join contact c on c.workspace_id = r.workspace_id
       and c.phone = case when k.canonical is null then r.phone else k.canonical end
     left join conversation v on v.workspace_id = r.workspace_id and v.device_id = r.device_id and v.contact_id = c.id
     where c.id is not null or k.canonical is not null`,
    [chats.map((c) => c.workspaceId), chats.map((c) => c.deviceId), chats.map((c) => c.phone)],
  );
}

export async function findChatByContact(
  tx: Queryable,
  chat: { workspaceId: string; deviceId: string; contactId: string },
): Promise<ContactChat | null> {
  const rows = await tx.query<ContactChat>(
    `select ${CONTACT_CHAT} from contact c
     left join conversation v on v.workspace_id = c.workspace_id and v.device_id = $2 and v.contact_id = c.id
     where c.workspace_id = $1 and c.id = $3`,
    [chat.workspaceId, chat.deviceId, chat.contactId],
  );
  return rows[0] ?? null;
}

/** Contacts by id with their chats, each with the place of its question in the list, from 0. */
export async function findChatsByContact(
  tx: Queryable,
  chats: readonly { workspaceId: string; deviceId: string; contactId: string }[],
): Promise<(ContactChat & { at: number })[]> {
  return tx.query(
    `select ${CONTACT_CHAT}, r.n::int - 1 as at
     from unnest($1::text[], $2::text[], $3::text[]) with ordinality as r (workspace_id, device_id, contact_id, n)
     join contact c on c.workspace_id = r.workspace_id and c.id = r.contact_id
     left join conversation v on v.workspace_id = r.workspace_id and v.device_id = r.device_id and v.contact_id = c.id`,
    [chats.map((c) => c.workspaceId), chats.map((c) => c.deviceId), chats.map((c) => c.contactId)],
  );
}

/** A chat as a batch names it: by contact, or by WhatsApp group id. */
export interface ChatKey {
  workspaceId: string;
  deviceId: string;
  kind: 'person' | 'group' | 'status';
  contactId: string | null;
  groupId: string | null;
}

export async function insertConversations(tx: Queryable, rows: readonly (ChatKey & { id: string })[]): Promise<void> {
  await tx.query(
    `insert into conversation (id, workspace_id, device_id, kind, contact_id, group_id)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) on conflict do nothing`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.kind),
      rows.map((r) => r.contactId),
      rows.map((r) => r.groupId),
    ],
  );
}

export async function findByChatKeys(
  tx: Queryable,
  keys: readonly ChatKey[],
): Promise<{ id: string; device_id: string; contact_id: string | null; group_id: string | null }[]> {
  return tx.query(
    `select c.id, c.device_id, c.contact_id, c.group_id from conversation c
     join (select distinct * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as k (workspace_id, device_id, contact_id, group_id)) k
       on c.workspace_id = k.workspace_id and c.device_id = k.device_id
       and (c.contact_id = k.contact_id or c.group_id = k.group_id)`,
    [
      keys.map((k) => k.workspaceId),
      keys.map((k) => k.deviceId),
      keys.map((k) => k.contactId),
      keys.map((k) => k.groupId),
    ],
  );
}

/** Counts new unread messages, and moves forward when there was a message last, and when one came in. */
export async function touchConversations(
  tx: Queryable,
  rows: readonly { id: string; workspaceId: string; unread: number; at: Date }[],
): Promise<void> {
  await tx.query(
    `update conversation c set unread = c.unread + t.unread, last_message_at = greatest(c.last_message_at, t.at),
       inbound_at = greatest(c.inbound_at, t.inbound_at)
     from (select id, workspace_id, sum(unread)::int as unread, max(at) as at, max(at) filter (where unread > 0) as inbound_at
       from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[]) as t (id, workspace_id, unread, at) group by 1, 2) t
     where c.id = t.id and c.workspace_id = t.workspace_id`,
    [rows.map((r) => r.id), rows.map((r) => r.workspaceId), rows.map((r) => r.unread), rows.map((r) => r.at)],
  );
}

/** What the phone says of chats of the past: the unread ones are added once, whatever came since the link is counted already. */
export async function rememberChats(
  db: Queryable,
  rows: readonly { id: string; workspaceId: string; unread: number; lastAt: Date | null }[],
): Promise<void> {
  await db.query(
    `update conversation c set history_at = coalesce(c.history_at, now()),
       unread = case when c.history_at is null then c.unread + h.unread else c.unread end,
       last_message_at = greatest(c.last_message_at, h.last_at)
     from (select id, workspace_id, max(unread) as unread, max(last_at) as last_at
       from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[]) as h (id, workspace_id, unread, last_at)
       group by 1, 2) h
     where c.id = h.id and c.workspace_id = h.workspace_id`,
    [rows.map((r) => r.id), rows.map((r) => r.workspaceId), rows.map((r) => r.unread), rows.map((r) => r.lastAt)],
  );
}

const SELECT = `select v.id, v.device_id, v.kind, v.contact_id, v.group_id, v.unread, v.last_message_at, v.created_at,
  c.phone as contact_phone, c.lid as contact_lid, coalesce(c.name, c.push_name) as contact_name, c.opted_out_at as contact_opted_out_at,
  (select g.left_at from wa_group g
    where g.workspace_id = v.workspace_id and g.device_id = v.device_id and g.wa_id = v.group_id) as group_left_at
  from conversation v left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id`;

export async function findConversation(
  tx: Queryable,
  workspaceId: string,
  id: string,
): Promise<ConversationRow | null> {
  const rows = await tx.query<ConversationRow>(`${SELECT} where v.workspace_id = $1 and v.id = $2`, [workspaceId, id]);
  return rows[0] ?? null;
}

export async function findConversations(
  tx: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<ConversationRow[]> {
  return tx.query<ConversationRow>(`${SELECT} where v.workspace_id = $1 and v.id = any ($2::text[])`, [
    workspaceId,
    ids,
  ]);
}

export async function listConversationRows(
  tx: Queryable,
  filter: { workspaceId: string; deviceId: string | null; page: PageWindow },
): Promise<ConversationRow[]> {
  const where = new Conditions().and('v.workspace_id = ?', filter.workspaceId).and('v.device_id = ?', filter.deviceId);
  return tx.query<ConversationRow>(`${SELECT} ${pageSql(where, 'v.id', filter.page)}`, where.params);
}

/** Ids of the chats with a contact, one for each device that has one. */
export async function conversationsOf(tx: Queryable, workspaceId: string, contactId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select id from conversation where workspace_id = $1 and contact_id = $2 order by id',
    [workspaceId, contactId],
  );
  return rows.map(({ id }) => id);
}
