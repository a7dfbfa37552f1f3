import type { Db, Transactional } from '../platform/db/port.ts';
import { faultPoint } from '../platform/fault-points.ts';
import { checkAccess } from './access.ts';
import type { AuditChange, AuditEntry } from './audit/entry.ts';
import { changeNote, entryOfCall } from './audit/of-call.ts';
import { recordAudit } from './audit/record.ts';
import { devicesOf, type OperationContext } from './context.ts';
import type { Operation } from './define.ts';
import { checkDeviceList } from './device-list.ts';
import { fingerprint } from './idempotency/key.ts';
import { type IdempotentRequest, replay, stillRuns } from './idempotency/replay.ts';
import { claimKey, isKeyAwaited, storeReply } from './idempotency/store.ts';
import { callInOneStep } from './one-step.ts';
import { type CallReply, runVerb } from './reply.ts';
import { type RawInput, validateInput } from './validate.ts';
import { withAnswer } from './with-answer.ts';

export interface CallRequest {
  operation: Operation;
  input: RawInput;
  idempotencyKey: string | null;
  /** Everything of the context but what the call itself decides. */
  context: Omit<OperationContext, 'tx' | 'write' | 'afterCommit' | 'attempt' | 'audit'>;
  /** Has a call wait for its turn, and told the time then. At once where absent. */
  inTurn?: (run: (now: Date) => Promise<CallReply>) => Promise<CallReply>;
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
  /** Null where nothing is told: the call changes nothing of the workspace's. */
  entry: ((reply: CallReply, change: AuditChange) => AuditEntry) | null;
}

async function runInside(context: OperationContext, { idempotent, run }: Call): Promise<CallReply> {
  if (!idempotent) return run(context);
  const isFirst = await claimKey(context.tx, idempotent.scope, idempotent.fingerprint).catch((error: unknown) => {
    throw isKeyAwaited(error) ? stillRuns(error) : error;
  });
  if (!isFirst) return replay(context.tx, idempotent);
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
    if (!reply.replayed && call.entry) await recordAudit(tx.later, [call.entry(reply, change)]);
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

/** What is left of a call once there is nothing more to ask of anybody: the verb, and its commit where it changes something. */
async function finish(
  db: Transactional,
  { operation, context }: CallRequest,
  call: { input: Record<string, unknown>; idempotent: IdempotentRequest | null; answer: unknown },
): Promise<CallReply> {
  const { input, idempotent, answer } = call;
  const run = (given: OperationContext) => runVerb(operation, input, given, answer);
  if (!operation.mutates) {
    if (idempotent === null) return run({ ...context, ...reading(db) });
    return callInTransaction(db, { context, idempotent, run, entry: null });
  }
  faultPoint('accept.before-transaction');
  const entry = ({ output }: CallReply, change: AuditChange) =>
    entryOfCall({ operation, context, input, output, change });
  const whole = { context, idempotent, run, entry };
  const reply = operation.oneStep
    ? await callInOneStep(db, { ...whole, ...(operation.refused ? { refused: operation.refused } : {}) })
    : await callInTransaction(db, whole);
  faultPoint('accept.after-commit');
  return reply;
}

/**
 * The one way into the domain: audience, workspace, scope or role → input → device list → what WhatsApp is asked →
 * commit (idempotency, verb, its events, its audit row) → after-commit nudges.
 * Throws WapingError; a failed call leaves nothing behind, its idempotency key included.
 */
export async function callOperation(database: Db, request: CallRequest): Promise<CallReply> {
  const { operation, context, inTurn } = request;
  checkAccess(operation, context);
  const input = validateInput(operation, request.input);
  // What asks waits for WhatsApp, not for the database: a turn would be held for nothing while others stand in line.
  const asks = operation.wire !== undefined && operation.asks?.(input) !== false;
  if (asks || !inTurn) return callValid(database, request, { input, asks });
  return inTurn((now) => callValid(database, { ...request, context: { ...context, now } }, { input, asks }));
}

async function callValid(
  database: Db,
  request: CallRequest,
  { input, asks }: { input: Record<string, unknown>; asks: boolean },
): Promise<CallReply> {
  const { operation, context } = request;
  const devices = devicesOf(context.actor);
  const { actor, workspace } = context;
  if (devices) await checkDeviceList(database, { workspaceId: workspace.id, devices, input });
  const whom = actor.kind === 'person' ? actor.id : devices;
  const db = operation.audience === 'operator' ? database : database.within(workspace.id, whom);
  const idempotent = idempotentRequest(request, input);
  const commit = (answer: unknown) => finish(db, request, { input, idempotent, answer });
  if (!operation.wire || !asks) return commit(undefined);
  const ask = operation.wire.bind(operation, { ...context, ...reading(db) }, input);
  return withAnswer({ db, idempotent, ask, commit });
}
