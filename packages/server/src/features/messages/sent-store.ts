import type { Queryable } from '../../platform/db/port.ts';
import { storable } from '../../platform/storable.ts';

/** A message this device sent, with the names of its chat and of who asks for it. */
export interface SentRow {
  workspace_id: string;
  type: string;
  content: unknown;
  kind: 'person' | 'group' | 'status';
  group_id: string | null;
  phone: string | null;
  lid: string | null;
  asker_phone: string | null;
  asker_lid: string | null;
}

/** By WhatsApp's id. Of who asks the other name is told where a contact has it. */
export async function findSentRow(
  db: Queryable,
  key: { workspaceId: string; deviceId: string; waId: string },
  asker: { phone: string | null; lid: string | null },
): Promise<SentRow | null> {
  const rows = await db.query<SentRow>(
    `select m.workspace_id, m.type, m.content, v.kind, v.group_id, c.phone, c.lid,
       coalesce($4::text, (select k.phone from contact k where k.workspace_id = $1 and k.lid = $5::text)) as asker_phone,
       coalesce($5::text, (select k.lid from contact k where k.workspace_id = $1 and k.phone = $4::text)) as asker_lid
     from message m join conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
     left join contact c on c.workspace_id = v.workspace_id and c.id = v.contact_id
     where m.workspace_id = $1 and m.device_id = $2 and m.wa_id = $3 and m.direction = 'outbound'`,
    [key.workspaceId, key.deviceId, storable(key.waId), storable(asker.phone), storable(asker.lid)],
  );
  return rows[0] ?? null;
}
