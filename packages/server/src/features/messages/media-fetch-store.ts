import type { Queryable } from '../../platform/db/port.ts';

/** A file of a received message that is still to be downloaded. */
export interface NewFetch {
  workspaceId: string;
  deviceId: string;
  messageId: string;
  /** `Inbound.sealedMedia`. */
  sealed: Uint8Array;
}

/** Notes files to be downloaded, in the transaction that stores their messages. */
export async function insertFetches(tx: Queryable, rows: readonly NewFetch[]): Promise<void> {
  await tx.query(
    `insert into media_fetch (message_id, workspace_id, device_id, sealed)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[])`,
    [
      rows.map((r) => r.messageId),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.sealed),
    ],
  );
}

/** Notes where files of the past lie that are here now, for when somebody asks for them. `db` may be one that only gathers. */
export async function insertPastFiles(db: Queryable, rows: readonly NewFetch[]): Promise<void> {
  await db.query(
    `insert into media_fetch (message_id, workspace_id, device_id, sealed, next_at)
     select r.message_id, r.workspace_id, r.device_id, r.sealed, 'infinity'
     from unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) as r (message_id, workspace_id, device_id, sealed)
     join message m on m.workspace_id = r.workspace_id and m.id = r.message_id
     on conflict (message_id) do nothing`,
    [
      rows.map((r) => r.messageId),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.sealed),
    ],
  );
}

/** `waits`: it was asked for before. `full`: so many of its device wait already. `none`: it is not to be had. */
export type Wanted = 'begun' | 'waits' | 'full' | 'none';

/** Has the file of a message of the past downloaded, where fewer than `atMost` files of its device wait. */
export async function wantFile(
  tx: Queryable,
  wanted: { workspaceId: string; messageId: string; atMost: number },
): Promise<Wanted> {
  const rows = await tx.query<{ answer: Wanted }>('select want_file($1, $2, $3) as answer', [
    wanted.workspaceId,
    wanted.messageId,
    wanted.atMost,
  ]);
  return rows[0]?.answer ?? 'none';
}

/** A file to be downloaded, with the message it came in. */
export interface FetchRow {
  message_id: string;
  workspace_id: string;
  device_id: string;
  sealed: Uint8Array;
  attempts: number;
  /** The media host has it no more: the phone is to upload it again. */
  asks_phone: boolean;
  /** How often the phone was asked. */
  phone_asks: number;
  wa_id: string;
  direction: 'inbound' | 'outbound';
  type: string;
  content: unknown;
  kind: 'person' | 'group' | 'status';
  group_id: string | null;
  chat_phone: string | null;
  chat_lid: string | null;
  sender_phone: string | null;
  sender_lid: string | null;
}

/** What may be begun now. */
export interface FetchRoom {
  /** Devices that may download. */
  deviceIds: readonly string[];
  /** Workspaces that have their share of the downloads already. */
  fullIds: readonly string[];
  /** Devices whose phone may be asked. */
  phoneIds: readonly string[];
  /** Messages in hand. */
  without: readonly string[];
  limit: number;
}

/** Files that are due and for which there is room: those to download first, longest due first. Runs across workspaces. */
export async function dueFetches(db: Queryable, room: FetchRoom): Promise<FetchRow[]> {
  return db.query<FetchRow>(
    `select f.message_id, f.workspace_id, f.device_id, f.sealed, f.attempts, f.asks_phone, f.phone_asks, m.wa_id,
       m.direction, m.type, m.content, v.kind, v.group_id, c.phone as chat_phone, c.lid as chat_lid, s.phone as sender_phone, s.lid as sender_lid
     from media_fetch f
     join message m on m.workspace_id = f.workspace_id and m.id = f.message_id
     join conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
     left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id
     left join contact s on s.workspace_id = m.workspace_id and s.id = m.sender_id
     where f.device_id = any ($1::text[] || $2::text[]) and f.next_at <= now() and f.message_id <> all ($3::text[])
       and case when f.asks_phone then f.device_id = any ($2::text[])
         else f.device_id = any ($1::text[]) and f.workspace_id <> all ($4::text[]) end
     order by f.asks_phone, f.next_at limit $5`,
    [room.deviceIds, room.phoneIds, room.without, room.fullIds, room.limit],
  );
}

/** What is to be done next for a file. */
export type NextFetch = Pick<FetchRow, 'attempts' | 'asks_phone' | 'phone_asks' | 'sealed'> & {
  /** From now on. */
  ms: number;
};

/** Puts off what is to be done next for a file. */
export async function postponeFetch(
  db: Queryable,
  { workspace_id, message_id }: Pick<FetchRow, 'workspace_id' | 'message_id'>,
  next: NextFetch,
): Promise<void> {
  await db.query(
    `update media_fetch set next_at = now() + $3 * interval '1 millisecond', attempts = $4, asks_phone = $5,
       phone_asks = $6, sealed = $7
     where workspace_id = $1 and message_id = $2`,
    [workspace_id, message_id, next.ms, next.attempts, next.asks_phone, next.phone_asks, next.sealed],
  );
}

/** Takes a file off the list, in the transaction that says what became of it. False where another has, or the message is gone. */
export async function endFetch(tx: Queryable, workspaceId: string, messageId: string): Promise<boolean> {
  const rows = await tx.query('delete from media_fetch where workspace_id = $1 and message_id = $2 returning 1', [
    workspaceId,
    messageId,
  ]);
  return rows.length > 0;
}

/** Files that are wanted since before this time, and nobody could download. Runs across workspaces. */
export async function staleFetches(
  db: Queryable,
  before: Date,
  limit: number,
): Promise<{ workspace_id: string; message_id: string }[]> {
  return db.query(
    `select workspace_id, message_id from media_fetch where next_at < 'infinity' and created_at < $1
     order by created_at limit $2`,
    [before, limit],
  );
}

/** What an event about a file tells of its message. */
export interface FiledMessage {
  id: string;
  workspace_id: string;
  device_id: string;
  conversation_id: string;
  type: string;
  content: unknown;
}

/**
 * Changes what a message says of its file. Null where the message is gone, or says nothing any more because it was taken
 * back.
 */
export async function changeFile(
  tx: Queryable,
  change: { workspaceId: string; messageId: string; fields: Record<string, unknown> },
): Promise<FiledMessage | null> {
  const rows = await tx.query<FiledMessage>(
    `update message set content = jsonb_set(content, '{media}', (content -> 'media') || $3::jsonb)
     where workspace_id = $1 and id = $2 and content ? 'media'
     returning id, workspace_id, device_id, conversation_id, type, content`,
    [change.workspaceId, change.messageId, JSON.stringify(change.fields)],
  );
  return rows[0] ?? null;
}
