import { timingSafeEqual } from 'node:crypto';
import type { Db, Queryable } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import { faultPoint } from '../platform/fault-points.ts';
import type { Actor, OperationContext } from './context.ts';
import { type Operation, RawReply } from './define.ts';
import { fingerprint } from './idempotency/key.ts';
import { claimKey, findReply, type IdempotencyScope, storeReply } from './idempotency/store.ts';
import { serialize } from './serialize.ts';
import { type RawInput, validateInput } from './validate.ts';

/** A finished call: the text to send, the same for every surface. */
export interface CallReply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
  replayed: boolean;
}

export interface CallRequest {
  operation: Operation;
  input: RawInput;
  idempotencyKey: string | null;
  /** Everything of the context but what the call itself decides. */
  context: Omit<OperationContext, 'tx' | 'afterCommit'>;
}

/** Whether a list of scopes grants one: exact, `resource:*` or `*`. */
export function grants(scopes: readonly string[], needed: string): boolean {
  const resource = needed.slice(0, needed.indexOf(':'));
  return scopes.some((scope) => scope === needed || scope === '*' || scope === `${resource}:*`);
}

function checkScope(actor: Actor, operation: Operation): void {
  if (grants(actor.scopes, operation.scope)) return;
  throw new WapingError('FORBIDDEN', `this key lacks the scope ${operation.scope}`, {
    details: [{ param: 'scope', message: `needs ${operation.scope}` }],
  });
}

async function runVerb(
  request: CallRequest,
  input: Record<string, unknown>,
  context: OperationContext,
): Promise<CallReply> {
  const { operation } = request;
  const output = await operation.run(context, input);
  const { status } = operation.http;
  if (output instanceof RawReply) {
    return { status, headers: { 'content-type': output.contentType }, body: output.body, replayed: false };
  }
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
  if (operation.location) headers.location = operation.location(output);
  return { status, headers, body: status === 204 ? '' : serialize(operation, output), replayed: false };
}

async function replay(tx: Queryable, scope: IdempotencyScope, print: Uint8Array): Promise<CallReply> {
  const stored = await findReply(tx, scope);
  if (stored?.status == null || stored.body === null) {
    throw new WapingError('IDEMPOTENCY_IN_PROGRESS', 'the first request with this Idempotency-Key still runs', {
      retryable: true,
      retryAfter: 1,
    });
  }
  if (stored.fingerprint.length !== print.length || !timingSafeEqual(stored.fingerprint, print)) {
    throw new WapingError('IDEMPOTENCY_CONFLICT', 'this Idempotency-Key was used with another request body', {
      param: 'Idempotency-Key',
    });
  }
  return { status: stored.status, headers: stored.headers ?? {}, body: stored.body, replayed: true };
}

async function runIdempotent(
  request: CallRequest,
  input: Record<string, unknown>,
  context: OperationContext,
): Promise<CallReply> {
  const { operation, idempotencyKey } = request;
  if (idempotencyKey === null || !operation.idempotent) return runVerb(request, input, context);
  const scope = { workspaceId: context.workspace.id, operation: operation.id, key: idempotencyKey };
  const print = fingerprint(input);
  if (!(await claimKey(context.tx, scope, print))) return replay(context.tx, scope, print);
  const reply = await runVerb(request, input, context);
  if (typeof reply.body === 'string') await storeReply(context.tx, scope, { ...reply, body: reply.body });
  return reply;
}

/**
 * The one way into the domain: scope → input → transaction (idempotency, verb, its events) → after-commit nudges.
 * Throws WapingError; a failed call leaves nothing behind, its idempotency key included.
 */
export async function callOperation(db: Db, request: CallRequest): Promise<CallReply> {
  const { operation, context } = request;
  checkScope(context.actor, operation);
  const input = validateInput(operation, request.input);
  if (!operation.mutates) return runVerb(request, input, { ...context, tx: db, afterCommit: (fn) => fn() });
  faultPoint('accept.before-transaction');
  const reply = await db.tx(async (tx) => {
    const done = await runIdempotent(request, input, { ...context, tx, afterCommit: (fn) => tx.afterCommit(fn) });
    faultPoint('accept.before-commit');
    return done;
  });
  faultPoint('accept.after-commit');
  return reply;
}
