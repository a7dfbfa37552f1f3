import { z } from 'zod';
import type { DeviceBatch, EngineStore, MessageContent } from '../engine/port.ts';
import type { FactServices } from '../features/devices/index.ts';
import { findSentContent, isInboundStored } from '../features/messages/index.ts';
import type { Db } from '../platform/db/port.ts';
import { faultPoint } from '../platform/fault-points.ts';
import { type CommitResult, commitBatches, commitInOneStep } from './commit.ts';
import { loadCredentials, loadKeys } from './store.ts';

const contentSchema = z.union([
  z.object({ type: z.literal('text'), text: z.object({ body: z.string() }) }),
  z.object({ type: z.literal('unsupported'), unsupported: z.object({ kind: z.string() }) }),
]);

/** A stored body as the engine takes it. Throws when the row holds a type this version does not know. */
export function toContent(type: string, content: unknown): MessageContent {
  return contentSchema.parse({ type, ...(content !== null && typeof content === 'object' ? content : {}) });
}

/** The gateway's side of the engine port, on the database. `onCommit` hears what each commit changed. */
export function createDurableStore(
  db: Db,
  services: FactServices & { onCommit(result: CommitResult): void },
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
        db.tx(async (tx) => {
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
    async findSent(workspaceId, deviceId, waId) {
      const row = await findSentContent(db, { workspaceId, deviceId, waId });
      return row ? toContent(row.type, row.content) : null;
    },
    hasInbound: (workspaceId, deviceId, waId) => isInboundStored(db, { workspaceId, deviceId, waId }),
  };
}
