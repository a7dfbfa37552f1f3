import type { Queryable } from '../../platform/db/port.ts';
import type { Inserted, NewInbound } from './store.ts';

/** A message that can be read now. */
export interface RecoveredRow extends Inserted {
  /** The id its arrival was given, which it does not take. */
  given_id: string;
  workspace_id: string;
  conversation_id: string;
}

/** What is filled in of a message. */
export type Readable = Pick<
  NewInbound,
  'id' | 'workspaceId' | 'deviceId' | 'waId' | 'direction' | 'type' | 'content' | 'answerSecret'
>;

/** Fills in what messages say that are noted as undecryptable; others stay as they are. */
export async function recoverRows(tx: Queryable, rows: readonly Readable[]): Promise<RecoveredRow[]> {
  return tx.query<RecoveredRow>(
    `with r as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
         as r (id, workspace_id, device_id, wa_id, direction, type, content, answer_secret)),
     m as (
       update message m set type = r.type, content = r.content::jsonb, answer_secret = r.answer_secret, source = 'recovered'
       from r where m.workspace_id = r.workspace_id and m.device_id = r.device_id and m.wa_id = r.wa_id
         and m.direction = r.direction and m.type = 'undecryptable'
       returning m.id, m.workspace_id, m.device_id, m.conversation_id, m.wa_id, r.id as given_id)
     select m.id, m.given_id, m.workspace_id, m.conversation_id,
       exists (select 1 from message_change c where c.workspace_id = m.workspace_id and c.device_id = m.device_id
         and c.target_wa_id = m.wa_id and c.message_id is null) as awaited,
       (select w.consent_words from workspace w where w.id = m.workspace_id) as consent_words from m`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.workspaceId),
      rows.map((r) => r.deviceId),
      rows.map((r) => r.waId),
      rows.map((r) => r.direction),
      rows.map((r) => r.type),
      rows.map((r) => JSON.stringify(r.content)),
      rows.map((r) => r.answerSecret),
    ],
  );
}

/** A message that cannot be read yet, with its chat and who wrote it. */
export interface UnreadRow {
  wa_id: string;
  direction: 'inbound' | 'outbound';
  kind: 'person' | 'group' | 'status';
  group_id: string | null;
  phone: string | null;
  lid: string | null;
  sender_phone: string | null;
  sender_lid: string | null;
}

/**
 * What a device could not read, the newest first, at most `limit`: of its messages from the id `since` on, and of no more
 * than the newest 5,000, which bounds what a start of many devices costs.
 */
export async function listUnread(
  db: Queryable,
  device: { workspaceId: string; deviceId: string },
  { since, limit }: { since: string; limit: number },
): Promise<UnreadRow[]> {
  return db.query<UnreadRow>(
    `select m.wa_id, m.direction, v.kind, v.group_id, c.phone, c.lid, s.phone as sender_phone, s.lid as sender_lid
     from (select * from message where workspace_id = $1 and device_id = $2 and id >= $3 order by id desc limit 5000) m
     join conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
     left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id
     left join contact s on s.workspace_id = m.workspace_id and s.id = m.sender_id
     where m.type = 'undecryptable' order by m.id desc limit $4`,
    [device.workspaceId, device.deviceId, since, limit],
  );
}
