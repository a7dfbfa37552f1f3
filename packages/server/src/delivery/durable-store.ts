import { type DeviceBatch, EngineSendError, type EngineStore, type UnreadMessage } from '../engine/port.ts';
import type { FactServices } from '../features/devices/index.ts';
import { nextPart } from '../features/history/index.ts';
import { findSentContent, isInboundStored, listUnread, type UnreadRow } from '../features/messages/index.ts';
import type { Db } from '../platform/db/port.ts';
import { faultPoint } from '../platform/fault-points.ts';
import { firstIdAt } from '../platform/ids.ts';
import { type CommitResult, commitBatches, commitInOneStep, workspacesOf } from './commit.ts';
import { type HistoryServices, storeHistory } from './history.ts';
import { addressOf, bodyOf, personOf } from './outbound-body.ts';
import { loadCredentials, loadKeys } from './store.ts';
import { asSent } from './uploads.ts';

/** What a message changes may be gone since: then it cannot be encrypted again. */
function cannotRepeat(error: unknown): null {
  if (error instanceof EngineSendError) return null;
  throw error;
}

/** A phone is asked for no more than this at a time, and for nothing older. */
const UNREAD = { most: 500, ageMs: 24 * 3600_000 };

function unreadOf(row: UnreadRow): UnreadMessage[] {
  const chat = addressOf(row);
  const author = personOf(row.sender_phone, row.sender_lid);
  if (!chat) return [];
  return [{ waId: row.wa_id, chat, fromMe: row.direction === 'outbound', ...(author ? { author } : {}) }];
}

/** The gateway's side of the engine port, on the database. `onCommit` hears what each commit changed. */
export function createDurableStore(
  db: Db,
  services: FactServices & HistoryServices & { onCommit(result: CommitResult): void },
): EngineStore {
  return {
    loadCredentials: (workspaceId, deviceId) => loadCredentials(db, workspaceId, deviceId),
    async loadKeys(workspaceId, deviceId, type, ids) {
      const rows = await loadKeys(db, { workspaceId, deviceId, type, ids });
      return new Map(rows.map((row) => [row.id, row.sealed]));
    },
    async commit(batches: readonly DeviceBatch[]) {
      faultPoint('commit.before');
      const inTransaction = () =>
        db.patient(workspacesOf(batches)).tx(async (tx) => {
          const done = await commitBatches(tx, batches, { ...services, now: new Date() });
          faultPoint('commit.inside');
          return done;
        });
      const result = (await commitInOneStep(db, batches)) ?? (await inTransaction());
      faultPoint('commit.after');
      services.onCommit(result);
      faultPoint('commit.told');
      return { fenced: result.fenced };
    },
    mostRecords: (workspaceIds, most) => db.patient(workspaceIds).rows(most),
    async findSent(workspaceId, deviceId, waId, asker) {
      const row = await findSentContent(db, { workspaceId, deviceId, waId }, asker);
      const stored = row && (await bodyOf(db, row).catch(cannotRepeat));
      return stored && asSent(db, { workspaceId, deviceId }, stored.body);
    },
    async unread(workspaceId, deviceId) {
      const since = firstIdAt('msg', new Date(Date.now() - UNREAD.ageMs));
      const rows = await listUnread(db.patient([]), { workspaceId, deviceId }, { since, limit: UNREAD.most });
      return rows.flatMap(unreadOf);
    },
    nextHistory: (workspaceId, deviceId) => nextPart(db.patient([]), { workspaceId, deviceId }),
    commitHistory: (group) => storeHistory(db, group, services),
    hasInbound: (workspaceId, deviceId, waId) => isInboundStored(db, { workspaceId, deviceId, waId }),
  };
}
