import type { Queryable } from '../../platform/db/port.ts';

/** Whose picture it is: the device's own account, a contact or a group. */
export interface PictureSubject {
  workspaceId: string;
  deviceId: string;
  contactId: string | null;
  groupId: string | null;
}

export interface SeenPicture extends PictureSubject {
  /** WhatsApp's name of it; null: there is none. */
  waId: string | null;
  seenAt: Date;
}

/** The id of who it is of. */
export const subjectOf = ({ deviceId, contactId, groupId }: PictureSubject): string => contactId ?? groupId ?? deviceId;

/** Notes pictures, each subject once; answers with the subjects of which another one was known, or none. */
export async function savePictures(
  tx: Queryable,
  seen: readonly SeenPicture[],
): Promise<{ device_id: string; subject_id: string }[]> {
  return tx.query(
    `insert into picture as p (workspace_id, device_id, subject_id, contact_id, group_id, wa_id, seen_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
     on conflict (device_id, subject_id) do update set wa_id = excluded.wa_id, seen_at = excluded.seen_at
       where p.workspace_id = excluded.workspace_id and p.wa_id is distinct from excluded.wa_id
     returning device_id, subject_id`,
    [
      seen.map((s) => s.workspaceId),
      seen.map((s) => s.deviceId),
      seen.map(subjectOf),
      seen.map((s) => s.contactId),
      seen.map((s) => s.groupId),
      seen.map((s) => s.waId),
      seen.map((s) => s.seenAt),
    ],
  );
}
