import type { OperationContext } from '../context.ts';
import type { Operation } from '../define.ts';
import type { AuditChange, AuditEntry, AuditTarget } from './entry.ts';

/** A call that succeeded and is about to commit. */
export interface AuditedCall {
  operation: Operation;
  context: Pick<OperationContext, 'workspace' | 'actor' | 'address' | 'requestId'>;
  input: Record<string, unknown>;
  output: unknown;
  change: AuditChange;
}

const KINDS: Record<string, string> = {
  dev: 'device',
  msg: 'message',
  cnv: 'conversation',
  con: 'contact',
  grp: 'group',
  med: 'media',
  tpl: 'template',
  call: 'call',
  key: 'api_key',
  usr: 'person',
  ses: 'session',
  inv: 'invitation',
  ws: 'workspace',
  whk: 'webhook',
  wdl: 'webhook_delivery',
};

/** What an id is of, by its prefix; of a kind not named here, `otherwise`, or else the prefix itself. */
export function kindOf(id: string, otherwise?: string): string {
  const prefix = /^([a-z]+)_/.exec(id)?.[1] ?? 'other';
  return KINDS[prefix] ?? otherwise ?? prefix;
}

function made(output: unknown): AuditTarget | null {
  const id: unknown = output !== null && typeof output === 'object' && 'id' in output ? output.id : null;
  return typeof id === 'string' ? { kind: kindOf(id), id } : null;
}

function named({ operation, input }: AuditedCall): AuditTarget | null {
  const name = [...operation.http.path.matchAll(/\{(\w+)\}/g)].at(-1)?.[1];
  const id = name === undefined ? null : input[name];
  if (name === undefined || typeof id !== 'string') return null;
  return { kind: kindOf(id, name.replace(/Id$/, '')), id };
}

/** What an operation says its target is; else what it created, what its path ends in, or what it answers. */
function targetOf(call: AuditedCall): AuditTarget | null {
  const { operation, input, output } = call;
  if (operation.auditTarget) return operation.auditTarget({ input, output });
  return (operation.http.status === 201 ? made(output) : null) ?? named(call) ?? made(output);
}

/** The audit row of a call. What the operator does to a workspace stands in that workspace's log, what concerns none under the operator's name. */
export function entryOfCall(call: AuditedCall): AuditEntry {
  const { operation, context, change } = call;
  const target = targetOf(call);
  const concerned = operation.audience === 'operator' && target?.kind === 'workspace' ? target.id : null;
  return {
    workspaceId: concerned ?? context.workspace.id,
    actor: { kind: context.actor.kind, id: context.actor.id },
    action: operation.id,
    target,
    change,
    address: context.address,
    requestId: context.requestId,
  };
}

/** Gathers what a verb tells of its change; said more than once, the later word adds to the earlier. */
export function changeNote(): { change: AuditChange; note: (change: AuditChange) => void } {
  const change: AuditChange = {};
  return {
    change,
    note: ({ before, after }) => {
      if (before) change.before = { ...change.before, ...before };
      if (after) change.after = { ...change.after, ...after };
    },
  };
}
