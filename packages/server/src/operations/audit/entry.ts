import type { Actor } from '../context.ts';

/** Who can stand in the log: every caller, and those who come to the domain by other ways. */
export const ACTOR_KINDS = ['api_key', 'person', 'operator', 'cli', 'system', 'anonymous'] as const satisfies readonly (
  | Actor['kind']
  | 'cli'
  | 'system'
  | 'anonymous'
)[];

export const OUTCOMES = ['done', 'refused'] as const;

/** Who acted. Only `anonymous`, who proved nothing, has no id. */
export interface AuditActor {
  kind: (typeof ACTOR_KINDS)[number];
  id: string | null;
}

/** What was acted on. */
export interface AuditTarget {
  kind: string;
  id: string;
}

/** What is worth showing of a change. It is redacted before it is stored, but keep secrets out of it all the same. */
export interface AuditChange {
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** One row of the audit log, as its writer knows it. */
export interface AuditEntry {
  workspaceId: string;
  actor: AuditActor;
  /** Id of the operation, or of the route or command that is like one. */
  action: string;
  target: AuditTarget | null;
  /** `refused` is for attempts worth knowing of, such as a wrong password. */
  outcome?: (typeof OUTCOMES)[number];
  change?: AuditChange;
  address: string | null;
  requestId: string | null;
}

/** The operator at the command line. */
export const COMMAND_LINE: AuditActor = { kind: 'cli', id: 'operator' };

/** WAPing itself, on its first start. */
export const SYSTEM: AuditActor = { kind: 'system', id: 'waping' };
