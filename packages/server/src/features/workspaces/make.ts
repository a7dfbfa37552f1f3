import type { PlanBook } from '../../operations/context.ts';
import { isMasterKeyReplaced } from '../../platform/db/db-error.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { issueApiKey } from '../api-keys/index.ts';
import { requirePlan } from '../plans/index.ts';
import { findWorkspace, insertWorkspace, type WorkspaceRow } from './store.ts';

export interface NewWorkspace {
  name: string;
  plan: string;
  deviceLimit: number | null;
  outboundLimit: number | null;
}

interface Made {
  row: WorkspaceRow;
  /** Shown once. Null where the plan has no API access. */
  apiKey: string | null;
}

// Within seconds this process notices the new master key.
function explainReplacedKey(error: unknown): never {
  if (!isMasterKeyReplaced(error)) throw error;
  throw new WapingError('SERVICE_UNAVAILABLE', 'the master key was just replaced; try again', { retryAfter: 3 });
}

/** Makes a workspace with its data key and, where its plan has them, a first API key. Throws VALIDATION_ERROR on an unknown plan. */
export async function makeWorkspace(
  tx: Queryable,
  services: { plans: PlanBook; newDataKey(workspaceId: string): Buffer },
  wanted: NewWorkspace,
): Promise<Made> {
  requirePlan(services.plans, wanted.plan);
  const id = newId('ws');
  await insertWorkspace(tx, { ...wanted, id, dataKey: services.newDataKey(id) }).catch(explainReplacedKey);
  const row = await findWorkspace(tx, id);
  if (!row) throw new Error('the workspace just made is not there');
  if (!services.plans.find(wanted.plan)?.apiAccess) return { row, apiKey: null };
  const { apiKey } = await issueApiKey(tx, { workspaceId: id, name: 'First key', scopes: ['*'], expiresAt: null });
  return { row, apiKey };
}
