import type { Db, Statement, Transactional } from './port.ts';

/** The role of everything done in a workspace's name. It owns no table, so the policies of migration 2 bind it. */
export const TENANT_ROLE = 'waping_tenant';

/** The role of a caller that may use some devices of its workspace only: a tenant whom the policies of migration 6 bind too. */
const LIMITED_ROLE = 'waping_limited';

/**
 * Who statements run as: a workspace, a workspace and the devices it is held to (`identityOf`), or null for WAPing
 * itself. A text, so that identities compare by value.
 */
export type Identity = string | null;

/** A workspace, held to some of its devices where a list is given. An empty list is no device at all. */
export function identityOf(workspaceId: string, devices: readonly string[] | null): string {
  return devices === null ? workspaceId : `${workspaceId} ${devices.join(',')}`;
}

type Kind = 'owner' | 'tenant' | 'limited';

/** Identities of one kind share plans: row-level security is part of a plan. */
export function kindOf(identity: Identity): Kind {
  if (identity === null) return 'owner';
  return identity.includes(' ') ? 'limited' : 'tenant';
}

const ROLE_OF: Record<Kind, string> = { owner: 'none', tenant: TENANT_ROLE, limited: LIMITED_ROLE };

function settings(identity: Identity): [string, string, string] {
  const [workspaceId = '', devices = ''] = (identity ?? '').split(' ');
  return [ROLE_OF[kindOf(identity)], workspaceId, devices];
}

/** Becomes a workspace until the transaction ends. */
export function enter(identity: string): Statement {
  const [, workspaceId, devices] = settings(identity);
  const tenant = `select set_config('role', '${ROLE_OF[kindOf(identity)]}', true), set_config('waping.workspace', $1, true)`;
  // The list is left out where it binds nobody: this statement stands before every one of a workspace's.
  if (kindOf(identity) === 'tenant') return { sql: tenant, params: [workspaceId] };
  return { sql: `${tenant}, set_config('waping.devices', $2, true)`, params: [workspaceId, devices] };
}

/** Becomes a workspace, or WAPing itself again, until told otherwise: only for a connection nobody else uses. */
export function become(identity: Identity): { sql: string; values: string[] } {
  return {
    sql: `select set_config('role', $1, false), set_config('waping.workspace', $2, false), set_config('waping.devices', $3, false)`,
    values: settings(identity),
  };
}

/** Identities whose handle is kept; one more than are used at a time costs a new object, nothing else. */
const MAX_HANDLES = 1_000;

/** One handle for each identity: who asks in the same moment as the same one can be answered together. */
export function handles(make: (as: Identity) => Transactional): Db['within'] {
  const known = new Map<string, Transactional>();
  return (workspaceId, devices = null) => {
    const as = identityOf(workspaceId, devices);
    const kept = known.get(as);
    if (kept) return kept;
    if (known.size >= MAX_HANDLES) known.clear();
    const handle = make(as);
    known.set(as, handle);
    return handle;
  };
}
