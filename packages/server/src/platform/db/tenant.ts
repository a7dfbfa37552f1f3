import type { Statement, Transactional } from './port.ts';

/** The role of everything done in a workspace's name. It owns no table, so the policies of migration 2 bind it. */
export const TENANT_ROLE = 'waping_tenant';

/** Who statements run as: a workspace, or null for WAPing itself. */
export type Identity = string | null;

/** Becomes a workspace until the transaction ends. */
export function enter(workspaceId: string): Statement {
  return {
    sql: `select set_config('role', '${TENANT_ROLE}', true), set_config('waping.workspace', $1, true)`,
    params: [workspaceId],
  };
}

/** Becomes a workspace, or WAPing itself again, until told otherwise: only for a connection nobody else uses. */
export function become(identity: Identity): { sql: string; values: [string, string] } {
  return {
    sql: `select set_config('role', $1, false), set_config('waping.workspace', $2, false)`,
    values: [identity === null ? 'none' : TENANT_ROLE, identity ?? ''],
  };
}

/** Workspaces whose handle is kept; one more than anybody uses at a time costs a new object, nothing else. */
const MAX_HANDLES = 1_000;

/** One handle for each workspace: who asks in the same moment for the same workspace can be answered together. */
export function handles(make: (workspaceId: string) => Transactional): (workspaceId: string) => Transactional {
  const known = new Map<string, Transactional>();
  return (workspaceId) => {
    const kept = known.get(workspaceId);
    if (kept) return kept;
    if (known.size >= MAX_HANDLES) known.clear();
    const handle = make(workspaceId);
    known.set(workspaceId, handle);
    return handle;
  };
}
