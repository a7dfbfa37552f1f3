import { type AuditChange, COMMAND_LINE } from '../../operations/audit/entry.ts';
import { kindOf } from '../../operations/audit/of-call.ts';
import { recordAudit } from '../../operations/audit/record.ts';
import type { Queryable } from '../../platform/db/port.ts';

/** Writes the audit row of a command in the transaction of what it does. `id` is what it does it to. */
export async function auditCommand(
  tx: Queryable,
  action: string,
  { workspaceId, id, ...change }: AuditChange & { workspaceId: string; id: string },
): Promise<void> {
  const target = { kind: kindOf(id), id };
  await recordAudit(tx, [{ workspaceId, actor: COMMAND_LINE, action, target, change, address: null, requestId: null }]);
}
