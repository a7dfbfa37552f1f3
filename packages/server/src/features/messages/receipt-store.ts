import type { Queryable } from '../../platform/db/port.ts';

/** What a member of a group, or who sees a status update, did with a message of ours. */
export interface NewReceipt {
  workspaceId: string;
  deviceId: string;
  waId: string;
  phone: string | null;
  lid: string | null;
  status: 'delivered' | 'read' | 'played';
  at: Date;
}

/** Notes what each of many did with messages, each step at its first time; reading is also receiving. */
export async function insertReceipts(db: Queryable, rows: readonly NewReceipt[]): Promise<void> {
  await db.query(
    `insert into message_receipt as o (workspace_id, device_id, message_id, participant, delivered_at, read_at, played_at)
     select r.workspace_id, r.device_id, m.id, p.participant, min(r.at), min(r.at) filter (where r.status <> 'delivered'),
       min(r.at) filter (where r.status = 'played')
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
       as r (workspace_id, device_id, wa_id, phone, lid, status, at)
     join message m on m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.wa_id
       and m.direction = 'outbound'
     cross join lateral (select coalesce(r.phone,
       (select c.phone from contact c where c.workspace_id = r.workspace_id and c.lid = r.lid),
       (select g.phone from group_member g where g.workspace_id = r.workspace_id and g.lid = r.lid and g.phone is not null limit 1),
       r.lid || '@lid') as participant) p
     where p.participant is not null
     group by 1, 2, 3, 4
     on conflict (message_id, participant) do update set delivered_at = least(o.delivered_at, excluded.delivered_at),
       read_at = least(o.read_at, excluded.read_at), played_at = least(o.played_at, excluded.played_at)`,
    [
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.phone),
      rows.map((r) => r.lid),
      rows.map((r) => r.status),
      rows.map((r) => r.at),
    ],
  );
}

/** Puts what was told of these people under the LID alone to what is told of them under the number. */
export async function foldReceipts(
  db: Queryable,
  people: readonly { workspaceId: string; phone: string; lid: string }[],
): Promise<void> {
  await db.query('select fold_receipts($1::text[], $2::text[], $3::text[])', [
    people.map((p) => p.workspaceId),
    people.map((p) => p.phone),
    people.map((p) => p.lid),
  ]);
}

export interface ReceiptRow {
  participant: string;
  contact_id: string | null;
  delivered_at: Date | null;
  read_at: Date | null;
  played_at: Date | null;
}

/** What each of many did with a message, who read it first before the others. */
export async function listReceipts(tx: Queryable, workspaceId: string, messageId: string): Promise<ReceiptRow[]> {
  return tx.query<ReceiptRow>(
    `select r.participant, coalesce(c.id, l.id) as contact_id, r.delivered_at, r.read_at, r.played_at from message_receipt r
     left join contact c on c.workspace_id = r.workspace_id and c.phone = r.participant
     left join contact l on l.workspace_id = r.workspace_id and r.participant like '%@lid'
       and l.lid = left(r.participant, -4)
     where r.workspace_id = $1 and r.message_id = $2
     order by r.read_at nulls last, r.delivered_at, r.participant limit 2000`,
    [workspaceId, messageId],
  );
}
