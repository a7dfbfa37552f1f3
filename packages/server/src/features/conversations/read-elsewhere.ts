import type { Address } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { isStorable } from '../../platform/storable.ts';
import { recordEvents } from '../events/index.ts';
import { setReadElsewhere } from './read-store.ts';

/** A chat the account read on its phone, up to some messages or all of it. */
export interface ReadElsewhere {
  workspaceId: string;
  deviceId: string;
  chat: Address;
  waIds: string[] | 'all';
  /** With `all`: of what was sent up to then, Unix milliseconds. */
  sentUpTo?: number;
}

/** Ids of one read that are looked at: the newest counts. */
const MAX_IDS = 1_000;

/**
 * Takes over what was read on the account's own phone, each with its event. WhatsApp is told nothing: it told us. What is
 * read here already stays so.
 */
export async function applyReads(tx: Queryable, reads: readonly ReadElsewhere[]): Promise<number> {
  let changed = 0;
  for (const { workspaceId, deviceId, chat, waIds, sentUpTo } of reads) {
    const row = await setReadElsewhere(tx, {
      workspaceId,
      deviceId,
      groupId: chat.kind === 'group' ? chat.id : chat.kind === 'status' ? 'status' : null,
      phone: chat.kind === 'person' ? (chat.phone ?? null) : null,
      lid: chat.kind === 'person' ? (chat.lid ?? null) : null,
      waIds: waIds === 'all' ? null : waIds.filter(isStorable).slice(0, MAX_IDS),
      sentUpTo: sentUpTo === undefined ? null : new Date(sentUpTo),
    });
    if (!row) continue;
    changed += 1;
    const data = { conversationId: row.id, deviceId, readUpTo: row.read_up_to, unread: row.unread };
    await recordEvents(tx, [{ workspaceId, deviceId, subjectId: row.id, type: 'conversation.read', data }]);
  }
  return changed;
}
