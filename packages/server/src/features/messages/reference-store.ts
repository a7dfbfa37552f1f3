import type { Queryable } from '../../platform/db/port.ts';

/** A message that another speaks of, with who wrote it. */
export interface ReferenceRow {
  id: string;
  wa_id: string;
  direction: 'inbound' | 'outbound';
  /** `phone`: made on the account's phone or another of its devices. */
  origin: 'api' | 'contact' | 'phone';
  type: string;
  content: unknown;
  /** Of a poll that another made: the sealed secret votes on it need. */
  answer_secret: Uint8Array | null;
  sender_phone: string | null;
  sender_lid: string | null;
}

export async function findReferences(
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReferenceRow[]> {
  return db.query<ReferenceRow>(
    `select m.id, m.wa_id, m.direction, m.origin, m.type, m.content, m.answer_secret, c.phone as sender_phone, c.lid as sender_lid from message m
     left join contact c on c.workspace_id = m.workspace_id and c.id = m.sender_id
     where m.workspace_id = $1 and m.id = any ($2::text[])`,
    [workspaceId, ids],
  );
}
