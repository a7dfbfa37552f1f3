import { assertLeases } from '../cluster/store.ts';
import type { HistoryGroup } from '../engine/history.ts';
import type { MergedChat } from '../features/contacts/index.ts';
import { mergePeople, movePart, placeChats, seeChats, tellProgress } from '../features/history/index.ts';
import {
  type ChangeServices,
  type HistoryRows,
  historyRows,
  insertHistoryRows,
  isHistoryAwaited,
  settleHistoryRows,
} from '../features/messages/index.ts';
import { DatabaseError, isLeaseLost } from '../platform/db/db-error.ts';
import { Gathered } from '../platform/db/gathered.ts';
import type { Db, Queryable } from '../platform/db/port.ts';
import { faultPoint } from '../platform/fault-points.ts';

/** Items after which an event tells how far a part is. */
const TELL_EVERY = 1_000;

/** Whether the part was read already, or belongs to an earlier link. */
const isPartOver = (error: unknown): boolean => error instanceof DatabaseError && error.sqlstate === 'WA018';

/** What storing history needs beside the database. */
export type HistoryServices = ChangeServices & {
  /** Hears of chats that became one, after the commit. */
  onMerged?(chats: readonly MergedChat[]): void;
};

/**
 * Stores items of a part of history. Contacts and chats that are missing are made first, one by one; what is told of
 * them, the messages, and how far the part is commit together. All of it stands behind the live traffic, and storing a
 * group twice changes nothing. False: the lease, or the part, is gone, and nothing of the batch was written.
 */
export async function storeHistory(db: Db, group: HistoryGroup, services: HistoryServices): Promise<boolean> {
  const { workspaceId, deviceId, token, waId, from, done, end, people } = group;
  const device = { workspaceId, deviceId };
  const named = [
    ...people.map(({ person }) => person),
    ...group.chats.map(({ chat }) => chat),
    ...group.messages.map(({ sender }) => sender),
  ];
  const merged = await mergePeople(db, device, named);
  if (merged.length > 0) services.onMerged?.(merged);
  // Of nobody: the past gives way to callers of its own workspace too.
  const patient = db.patient([]);
  const chats = await placeChats(patient, device, group.chats);
  const rows = await historyRows(patient, device, { messages: group.messages, first: from });
  const told = end !== undefined || Math.floor(done / TELL_EVERY) > Math.floor(from / TELL_EVERY);
  const batch = new Gathered();
  await assertLeases(batch, [{ deviceId, token }]);
  await seeChats(batch, device, { ...chats, people });
  await insertHistoryRows(batch, { ...device, partWaId: waId }, rows);
  const reason = end?.state === 'failed' ? end.reason : null;
  await movePart(batch, { ...device, waId, done, state: end?.state ?? 'waiting', reason });
  if (told) await tellProgress(batch, { ...device, waId });
  // The part goes on after these rows whatever becomes of this process: what they are to settle goes with them.
  const settles = await isHistoryAwaited(patient, device, rows);
  try {
    faultPoint('history.before');
    if (settles) await db.tx((tx) => storeAndSettle(tx, batch, rows, services));
    else await patient.batch(batch.statements);
    faultPoint('history.after');
  } catch (error) {
    if (isLeaseLost(error) || isPartOver(error)) return false;
    throw error;
  }
  // What came live since this looked.
  if (!settles && (await isHistoryAwaited(patient, device, rows)))
    await db.tx((tx) => settleHistoryRows(tx, rows, services));
  return true;
}

async function storeAndSettle(tx: Queryable, batch: Gathered, rows: HistoryRows, services: HistoryServices) {
  for (const { sql, params } of batch.statements) await tx.query(sql, params);
  await settleHistoryRows(tx, rows, services);
}
