import { SYSTEM } from '../../operations/audit/entry.ts';
import { recordAudit } from '../../operations/audit/record.ts';
import type { MasterKeys } from '../../platform/crypto/master-keys.ts';
import type { Db } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { issueApiKey } from '../api-keys/index.ts';
import { findFirstWorkspace, insertWorkspace, type WorkspaceRow } from './store.ts';

export interface FirstStart {
  workspaceId: string;
  /** Shown once: on the start that made the workspace. */
  apiKey: string | null;
}

/** Throws StartupError unless the master key is the one this workspace was made with. */
export function proveMasterKey(masterKeys: MasterKeys, workspace: Pick<WorkspaceRow, 'id' | 'data_key'>): void {
  masterKeys.unwrap(workspace.id, workspace.data_key);
}

/**
 * Makes sure there is a workspace, on `plan` when it is made now, with an API key. Also proves that the master key is the one this database was made
 * with, before anything is read or written under another.
 */
export async function ensureFirstWorkspace(db: Db, masterKeys: MasterKeys, plan: string): Promise<FirstStart> {
  const existing = await findFirstWorkspace(db);
  if (existing) {
    proveMasterKey(masterKeys, existing);
    return { workspaceId: existing.id, apiKey: null };
  }
  return db.tx(async (tx) => {
    const workspaceId = newId('ws');
    const dataKey = masterKeys.newDataKey(workspaceId);
    await insertWorkspace(tx, { id: workspaceId, name: 'Default', plan, dataKey });
    const { apiKey } = await issueApiKey(tx, { workspaceId, name: 'First key', scopes: ['*'], expiresAt: null });
    await recordAudit(tx, [
      {
        workspaceId,
        actor: SYSTEM,
        action: 'workspaces.create',
        target: { kind: 'workspace', id: workspaceId },
        change: { after: { name: 'Default', plan } },
        address: null,
        requestId: null,
      },
    ]);
    return { workspaceId, apiKey };
  });
}
