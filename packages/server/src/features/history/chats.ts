import type { HistoryChat, HistoryPerson } from '../../engine/history.ts';
import type { Address } from '../../engine/port.ts';
import type { Db, Queryable } from '../../platform/db/port.ts';
import { storable } from '../../platform/storable.ts';
import { areTwo, type MergedChat, mergedChats, mergeKnown, nameContacts } from '../contacts/index.ts';
import { ensureConversations, rememberChats } from '../conversations/index.ts';
import { chatKey, placeContacts } from '../messages/index.ts';

interface Device {
  workspaceId: string;
  deviceId: string;
}

/** Chats of the past with the rows they have here. */
export interface Chats {
  chats: { id: string; workspaceId: string; unread: number; lastAt: Date | null }[];
  names: { id: string; workspaceId: string; name: string }[];
}

/**
 * Makes contacts one that history, which names people under both names, shows to be one person: in a transaction of its
 * own, so that the event of it comes with it. Returns the chats that became one.
 */
export async function mergePeople(
  db: Db,
  { workspaceId }: Device,
  people: readonly Address[],
): Promise<readonly MergedChat[]> {
  const identities = people.flatMap((one) => {
    if (one.kind !== 'person' || one.phone === undefined || one.lid === undefined) return [];
    return [{ workspaceId, phone: storable(one.phone), lid: storable(one.lid) }];
  });
  if (!(await areTwo(db.patient([]), identities))) return [];
  return db.tx(async (tx) => {
    await mergeKnown(tx, identities);
    return mergedChats(tx);
  });
}

/** Finds or makes the contacts and conversations of chats. */
export async function placeChats(db: Queryable, device: Device, chats: readonly HistoryChat[]): Promise<Chats> {
  const arrived = chats.map((chat) => ({ ...storable(chat), ...device, sender: chat.chat, fromMe: true }));
  const placed = (await placeContacts(db, arrived)).filter(
    ({ message, chatContact }) => message.chat.kind !== 'person' || chatContact !== null,
  );
  const ids = await ensureConversations(db, placed.map(chatKey));
  const { workspaceId } = device;
  return {
    chats: placed.map(({ message: { unread, lastAt } }, i) => ({
      id: ids[i] ?? '',
      workspaceId,
      unread,
      lastAt: lastAt === undefined ? null : new Date(lastAt),
    })),
    names: placed.flatMap(({ message: { name }, chatContact: id }) =>
      name !== undefined && id !== null ? [{ id, workspaceId, name }] : [],
    ),
  };
}

/** What is written of chats and people. */
export interface Seen extends Chats {
  people: readonly HistoryPerson[];
}

/** Writes what the phone shows of chats, and what people are called where they are contacts. `db` may only gather. */
export async function seeChats(db: Queryable, { workspaceId }: Device, { chats, names, people }: Seen): Promise<void> {
  if (chats.length > 0) await rememberChats(db, chats);
  const called = people.flatMap(({ person, pushName }) => {
    if (person.kind !== 'person' || pushName === undefined) return [];
    return [{ workspaceId, phone: person.phone ?? null, lid: person.lid ?? null, pushName: storable(pushName) }];
  });
  if (called.length > 0 || names.length > 0) await nameContacts(db, { called, names });
}
