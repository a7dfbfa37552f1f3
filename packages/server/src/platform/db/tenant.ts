import type { Statement } from './port.ts';

/** The role of everything done in a workspace's name. It owns no table, so the policies of migration 2 bind it. */
export const TENANT_ROLE = 'waping_tenant';

/** Who statements run as: a workspace, perhaps in the hands of a person, or null for WAPing itself. */
export type Identity = string | null;

/** The identity of a workspace and, where one is given, of the person who calls. Ids hold no space. */
export function identityOf(workspaceId: string, personId?: string): Identity {
  return personId === undefined ? workspaceId : `${workspaceId} ${personId}`;
}

/** Workspace and person; empty is nobody. */
function partsOf(identity: Identity): [workspaceId: string, personId: string] {
  const [workspaceId = '', personId = ''] = (identity ?? '').split(' ');
  return [workspaceId, personId];
}

/** Becomes a workspace until the transaction ends. */
export function enter(identity: string): Statement {
  return {
    sql: `select set_config('role', '${TENANT_ROLE}', true), set_config('waping.workspace', $1, true),
      set_config('waping.person', $2, true)`,
    params: partsOf(identity),
  };
}

/** Becomes a workspace, or WAPing itself again, until told otherwise: only for a connection nobody else uses. */
export function become(identity: Identity): { sql: string; values: string[] } {
  return {
    sql: `select set_config('role', $1, false), set_config('waping.workspace', $2, false),
      set_config('waping.person', $3, false)`,
    values: [identity === null ? 'none' : TENANT_ROLE, ...partsOf(identity)],
  };
}
