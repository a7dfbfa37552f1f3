import type { Queryable } from '../../platform/db/port.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { deleteUnnamed, lockMediaOf, lockUnnamedMedia } from './naming-store.ts';

/**
 * Deletes the media that these messages show and no other message does, uploads too: they are about to be erased.
 * Returns how many there were.
 */
export async function forgetMediaOf(
  tx: Queryable,
  workspaceId: string,
  messageIds: readonly string[],
): Promise<number> {
  if (messageIds.length === 0) return 0;
  const mediaIds = await lockMediaOf(tx, workspaceId, messageIds);
  return mediaIds.length === 0 ? 0 : deleteUnnamed(tx, workspaceId, { mediaIds, except: messageIds });
}

/** Deletes media made before this time that no message shows, oldest first. Fewer than `limit`: there is no more. */
export async function forgetOldMedia(
  tx: Queryable,
  page: { workspaceId: string; before: Date; limit: number },
): Promise<number> {
  const { workspaceId, before, limit } = page;
  const mediaIds = await lockUnnamedMedia(tx, { workspaceId, beforeId: firstIdAt('med', before), limit });
  if (mediaIds.length > 0) await deleteUnnamed(tx, workspaceId, { mediaIds, except: [] });
  return mediaIds.length;
}
