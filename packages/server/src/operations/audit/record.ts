import type { Queryable } from '../../platform/db/port.ts';
import { newId, timeOfId } from '../../platform/ids.ts';
import type { AuditEntry } from './entry.ts';
import { redact, redactText } from './redact.ts';
import { type AuditInsert, insertAudit } from './store.ts';

function toRow(entry: AuditEntry): AuditInsert {
  const id = newId('aud');
  return {
    id,
    workspaceId: entry.workspaceId,
    actorKind: entry.actor.kind,
    actorId: entry.actor.id,
    action: entry.action,
    targetKind: entry.target?.kind ?? null,
    targetId: entry.target ? redactText(entry.target.id) : null,
    outcome: entry.outcome ?? 'done',
    before: redact(entry.change?.before),
    after: redact(entry.change?.after),
    address: entry.address,
    requestId: entry.requestId,
    // Lists select a period by id: the two must not differ.
    createdAt: timeOfId(id),
  };
}

/**
 * Writes audit rows in the transaction of what they tell of. The one way into the log. Without entries the statement runs
 * on no rows: where nothing is told of a sign-in that failed, it must not be answered any faster.
 */
export async function recordAudit(tx: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  await insertAudit(tx, entries.map(toRow));
}
