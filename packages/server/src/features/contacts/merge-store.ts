import type { Queryable } from '../../platform/db/port.ts';

/** Moves all that hangs on a contact to another, and deletes it. Returns the chats that became one. */
export async function mergeContactRows(
  tx: Queryable,
  pair: { workspaceId: string; kept: string; gone: string },
): Promise<{ from_chat: string; to_chat: string }[]> {
  return tx.query('select * from merge_contacts($1, $2, $3)', [pair.workspaceId, pair.kept, pair.gone]);
}
