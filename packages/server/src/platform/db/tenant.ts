import type { Db, Statement, Transactional, Whom } from './port.ts';

/** The role of everything done in a workspace's name. It owns no table, so the policies of migration 2 bind it. */
export const TENANT_ROLE = 'waping_tenant';

/** The role of a caller that may use some devices of its workspace only: a tenant whom the policies of migration 6 bind too. */
const LIMITED_ROLE = 'waping_limited';

/**
 * Who statements run as: a workspace, on whose behalf (`identityOf`), or null for WAPing itself. A text, so that
 * identities compare by value; ids hold no space.
 */
export type Identity = string | null;

/** A workspace, held to some of its devices (an empty list is no device at all) or in a person's hands. */
export function identityOf(workspaceId: string, whom: Whom): string {
  if (whom === null) return workspaceId;
  return typeof whom === 'string' ? `${workspaceId} person ${whom}` : `${workspaceId} devices ${whom.join(',')}`;
}

/** The workspace an identity acts for. */
export function workspaceOf(identity: string): string {
  return identity.split(' ', 1)[0] ?? '';
}

type Kind = 'owner' | 'tenant' | 'limited';

/** Identities of one kind share plans: row-level security is part of a plan. */
export function kindOf(identity: Identity): Kind {
  if (identity === null) return 'owner';
  return identity.split(' ')[1] === 'devices' ? 'limited' : 'tenant';
}

const ROLE_OF: Record<Kind, string> = { owner: 'none', tenant: TENANT_ROLE, limited: LIMITED_ROLE };

/** The settings of an identity: its role, workspace, devices and person; empty is none. */
function settings(identity: Identity): [role: string, workspaceId: string, devices: string, personId: string] {
  const [workspaceId = '', kind = '', whom = ''] = (identity ?? '').split(' ');
  const of = (wanted: string): string => (kind === wanted ? whom : '');
  return [ROLE_OF[kindOf(identity)], workspaceId, of('devices'), of('person')];
}

/** Becomes a workspace until the transaction ends. */
export function enter(identity: string): Statement {
  const [role, workspaceId, devices, personId] = settings(identity);
  const tenant = `select set_config('role', '${role}', true), set_config('waping.workspace', $1, true)`;
  // What binds nobody is left out: this statement stands before every one of a workspace's.
  if (role === LIMITED_ROLE)
    return { sql: `${tenant}, set_config('waping.devices', $2, true)`, params: [workspaceId, devices] };
  if (personId !== '')
    return { sql: `${tenant}, set_config('waping.person', $2, true)`, params: [workspaceId, personId] };
  return { sql: tenant, params: [workspaceId] };
}

/** Becomes a workspace, or WAPing itself again, until told otherwise: only for a connection nobody else uses. */
export function become(identity: Identity): { sql: string; values: string[] } {
  return {
    sql: `select set_config('role', $1, false), set_config('waping.workspace', $2, false),
      set_config('waping.devices', $3, false), set_config('waping.person', $4, false)`,
    values: settings(identity),
  };
}

/** Identities whose handle is kept; one more than are used at a time costs a new object, nothing else. */
const MAX_HANDLES = 1_000;

/** One handle for each identity: who asks in the same moment as the same one can be answered together. */
export function handles(make: (as: Identity) => Transactional): Db['within'] {
  const known = new Map<string, Transactional>();
  return (workspaceId, whom = null) => {
    const as = identityOf(workspaceId, whom);
    const kept = known.get(as);
    if (kept) return kept;
    if (known.size >= MAX_HANDLES) known.clear();
    const handle = make(as);
    known.set(as, handle);
    return handle;
  };
}
