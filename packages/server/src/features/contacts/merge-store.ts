import type { Queryable } from '../../platform/db/port.ts';

/** Moves all that hangs on a contact to another, and deletes it. Returns the chats that became one. */
export async function mergeContactRows(
  tx: Queryable,
  pair: { workspaceId: string; kept: string; gone: string },
): Promise<{ from_chat: string; to_chat: string }[]> {
  return tx.query('select * from merge_contacts($1, $2, $3)', [pair.workspaceId, pair.kept, pair.gone]);
}

/** Has status updates that were sent to a contact be sent to the one it became. */
export async function mergeAudiences(
  tx: Queryable,
  pair: { workspaceId: string; kept: string; gone: string },
): Promise<void> {
  await tx.query(
    `update status_audience set contact_ids = array_replace(contact_ids, $3::text, $2::text)
     where workspace_id = $1 and $3 = any (contact_ids)`,
    [pair.workspaceId, pair.kept, pair.gone],
  );
}
