import type { Db, Transactional } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import { faultPoint } from '../platform/fault-points.ts';
import type { AuditChange, AuditEntry } from './audit/entry.ts';
import { changeNote, entryOfCall } from './audit/of-call.ts';
import { recordAudit } from './audit/record.ts';
import type { Actor, OperationContext } from './context.ts';
import type { Operation } from './define.ts';
import { fingerprint } from './idempotency/key.ts';
import { type IdempotentRequest, replay } from './idempotency/replay.ts';
import { claimKey, storeReply } from './idempotency/store.ts';
import { callInOneStep } from './one-step.ts';
import { type CallReply, runVerb } from './reply.ts';
import { type RawInput, validateInput } from './validate.ts';

export interface CallRequest {
  operation: Operation;
  input: RawInput;
  idempotencyKey: string | null;
  /** Everything of the context but what the call itself decides. */
  context: Omit<OperationContext, 'tx' | 'write' | 'afterCommit' | 'attempt' | 'audit'>;
}

/** Whether a list of scopes grants one: exact, `resource:*` or `*`. */
export function grants(scopes: readonly string[], needed: string): boolean {
  const resource = needed.slice(0, needed.indexOf(':'));
  return scopes.some((scope) => scope === needed || scope === '*' || scope === `${resource}:*`);
}

/** The operator's operations are the operator's alone, and nothing of a workspace is. */
function checkAudience(actor: Actor, operation: Operation): void {
  if ((actor.kind === 'operator') === (operation.audience === 'operator')) return;
  throw new WapingError('UNAUTHORIZED', 'this key is not for this operation', { param: 'Authorization' });
}

/** Throws FORBIDDEN where the workspace itself may not be used, whatever the key's scopes. */
function checkWorkspace({ actor, limits }: CallRequest['context']): void {
  const refuse = (param: string, message: string) =>
    new WapingError('FORBIDDEN', message, { details: [{ param, message }] });
  if (actor.kind === 'operator') return;
  if (limits.suspended) throw refuse('workspace', 'workspace suspended');
  if (actor.kind === 'api_key' && !limits.apiAccess) throw refuse('plan', `the plan ${limits.plan} has no API access`);
}

/** Keys are held to their scopes, people to their role. FORBIDDEN says which of the two it was. */
function checkMayCall(actor: Actor, operation: Operation): void {
  if (actor.kind !== 'person') {
    if (grants(actor.scopes, operation.scope)) return;
    throw new WapingError('FORBIDDEN', `this key lacks the scope ${operation.scope}`, {
      details: [{ param: 'scope', message: `needs ${operation.scope}` }],
    });
  }
  if (operation.roles.includes(actor.role)) return;
  throw new WapingError('FORBIDDEN', `your role, ${actor.role}, does not allow this`, {
    details: [{ param: 'role', message: `needs one of: ${operation.roles.join(', ')}` }],
  });
}

function idempotentRequest(request: CallRequest, input: Record<string, unknown>): IdempotentRequest | null {
  const { operation, idempotencyKey, context } = request;
  if (idempotencyKey === null || !operation.idempotent) return null;
  const scope = { workspaceId: context.workspace.id, operation: operation.id, key: idempotencyKey };
  return { scope, fingerprint: fingerprint(input) };
}

interface Call {
  idempotent: IdempotentRequest | null;
  run(context: OperationContext): Promise<CallReply>;
  entry(reply: CallReply, change: AuditChange): AuditEntry;
}

async function runInside(context: OperationContext, { idempotent, run }: Call): Promise<CallReply> {
  if (!idempotent) return run(context);
  if (!(await claimKey(context.tx, idempotent.scope, idempotent.fingerprint))) return replay(context.tx, idempotent);
  const reply = await run(context);
  const body = reply.stored ?? reply.body;
  if (typeof body === 'string') await storeReply(context.tx, idempotent.scope, { ...reply, body });
  return reply;
}

function callInTransaction(db: Transactional, call: Call & { context: CallRequest['context'] }): Promise<CallReply> {
  return db.tx(async (tx) => {
    const afterCommit = (fn: () => void) => tx.afterCommit(fn);
    const { change, note } = changeNote();
    const context = { ...call.context, attempt: 0, tx, write: tx.later, afterCommit, audit: note };
    const reply = await runInside(context, call);
    if (!reply.replayed) await recordAudit(tx.later, [call.entry(reply, change)]);
    faultPoint('accept.before-commit');
    return reply;
  });
}

/** What a verb gets that changes nothing. */
const reading = (db: Transactional) => ({
  attempt: 0,
  tx: db,
  write: db,
  afterCommit: (fn: () => void) => fn(),
  audit: () => {},
});

/**
 * The one way into the domain: audience, workspace, scope or role → input → commit (idempotency, verb, its events, its audit row) → after-commit nudges.
 * Throws WapingError; a failed call leaves nothing behind, its idempotency key included.
 */
export async function callOperation(database: Db, request: CallRequest): Promise<CallReply> {
  const { operation, context } = request;
  checkAudience(context.actor, operation);
  checkWorkspace(context);
  checkMayCall(context.actor, operation);
  const input = validateInput(operation, request.input);
  const { actor, workspace } = context;
  const person = actor.kind === 'person' ? actor.id : undefined;
  const db = operation.audience === 'operator' ? database : database.within(workspace.id, person);
  const run = (given: OperationContext) => runVerb(operation, input, given);
  if (!operation.mutates) return run({ ...context, ...reading(db) });
  faultPoint('accept.before-transaction');
  const entry = ({ output }: CallReply, change: AuditChange) =>
    entryOfCall({ operation, context, input, output, change });
  const call = { context, idempotent: idempotentRequest(request, input), run, entry };
  const reply = operation.oneStep
    ? await callInOneStep(db, { ...call, ...(operation.refused ? { refused: operation.refused } : {}) })
    : await callInTransaction(db, call);
  faultPoint('accept.after-commit');
  return reply;
}
