import { type AuditActor, type AuditEntry, COMMAND_LINE } from '../../operations/audit/entry.ts';
import { recordAudit } from '../../operations/audit/record.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { Origin } from './services.ts';
import { listMemberships } from './store.ts';

/** Who does something to a person's account, by which action, and from where. */
export interface AccountAct {
  actor: AuditActor;
  action: string;
  address: string | null;
  requestId: string | null;
}

/** The person themselves. */
export function ownAct(personId: string, { action, address, requestId }: Origin): AccountAct {
  return { actor: { kind: 'person', id: personId }, action, address, requestId };
}

/** Someone who has not shown who they are. */
export function strangersAct({ action, address, requestId }: Origin): AccountAct {
  return { actor: { kind: 'anonymous', id: null }, action, address, requestId };
}

/** The operator at the command line. */
export function commandsAct(action: string): AccountAct {
  return { actor: COMMAND_LINE, action, address: null, requestId: null };
}

/**
 * Writes the audit rows of something done to an account, in its transaction: one in each of `workspaceIds`, or in every
 * workspace the person belongs to, since what weakens or strengthens an account concerns all of them.
 */
export async function auditAccount(
  tx: Queryable,
  act: AccountAct,
  account: { personId: string; workspaceIds?: readonly string[] } & Pick<AuditEntry, 'outcome' | 'change'>,
): Promise<void> {
  const { personId, workspaceIds, ...rest } = account;
  const concerned = workspaceIds ?? (await listMemberships(tx, personId)).map((row) => row.workspace_id);
  const target = { kind: 'person', id: personId };
  await recordAudit(
    tx,
    concerned.map((workspaceId) => ({ ...act, ...rest, workspaceId, target })),
  );
}
