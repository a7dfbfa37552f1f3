import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { mergeAudiences, mergeContactRows } from './merge-store.ts';
import { toContact } from './schemas.ts';
import { findByIdentities, findContact, type Identity } from './store.ts';

type Found = Awaited<ReturnType<typeof findByIdentities>>;

/** Two contacts that are one person. */
interface Pair {
  workspaceId: string;
  /** Known by the number. */
  kept: string;
  /** Known by the LID alone. */
  gone: string;
}

/** Two chats of a device that became one. */
export interface MergedChat {
  from: string;
  to: string;
}

const merged = new WeakMap<Queryable, MergedChat[]>();

/** Chats that became one in this transaction: once it is committed, whoever carries messages of them is to hear of it. */
export const mergedChats = (tx: Queryable): readonly MergedChat[] => merged.get(tx) ?? [];

/** The pairs among these rows that an identity, told under both names, shows to be one person. */
function pairsIn(found: Found, identities: readonly Identity[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { workspaceId, phone, lid } of identities) {
    if (phone === null || lid === null) continue;
    const own = found.filter((row) => row.workspace_id === workspaceId);
    const kept = own.find((row) => row.phone === phone);
    const gone = own.find((row) => row.lid === lid);
    // A LID that has another number already, or a number that has another LID, is another account's story.
    if (!kept || !gone || kept.id === gone.id || gone.phone !== null || kept.lid !== null) continue;
    pairs.set(gone.id, { workspaceId, kept: kept.id, gone: gone.id });
  }
  return [...pairs.values()];
}

/**
 * Makes contacts one that an identity shows to be one person, each pair with its event. Returns how many went.
 */
export async function mergeContacts(tx: Queryable, found: Found, identities: readonly Identity[]): Promise<number> {
  const pairs = pairsIn(found, identities);
  for (const { workspaceId, kept, gone } of pairs) {
    await mergeAudiences(tx, { workspaceId, kept, gone });
    const chats = await mergeContactRows(tx, { workspaceId, kept, gone });
    const conversations = chats.map(({ from_chat: from, to_chat: to }) => ({ from, to }));
    merged.set(tx, [...mergedChats(tx), ...conversations]);
    const row = await findContact(tx, workspaceId, kept);
    if (!row) continue;
    const data = { contact: toContact(row), mergedContactId: gone, conversations };
    await recordEvents(tx, [{ workspaceId, deviceId: null, subjectId: kept, type: 'contact.merged', data }]);
  }
  return pairs.length;
}

/** The same of identities learnt without a message. */
export async function mergeKnown(tx: Queryable, identities: readonly Identity[]): Promise<number> {
  if (identities.length === 0) return 0;
  return mergeContacts(tx, await findByIdentities(tx, identities), identities);
}

/** Whether `mergeKnown` has something to do: most often it has not, and needs no transaction. */
export async function areTwo(db: Queryable, identities: readonly Identity[]): Promise<boolean> {
  if (identities.length === 0) return false;
  return pairsIn(await findByIdentities(db, identities), identities).length > 0;
}
