import { isForeignKeyViolation, isUniqueViolation } from '../platform/db/db-error.ts';
import { Gathered } from '../platform/db/gathered.ts';
import type { Transactional } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import { faultPoint } from '../platform/fault-points.ts';
import type { AuditChange, AuditEntry } from './audit/entry.ts';
import { changeNote } from './audit/of-call.ts';
import { recordAudit } from './audit/record.ts';
import type { OperationContext } from './context.ts';
import { type IdempotentRequest, replay, replayIfKnown, stillRuns } from './idempotency/replay.ts';
import { insertReply, isKeyAwaited, isKeyTaken } from './idempotency/store.ts';
import type { CallReply } from './reply.ts';

/** Each race lost after the first has seen what another call made meanwhile; more than a few means something else. */
const RACES = 5;

export interface OneStepCall {
  context: Omit<OperationContext, 'tx' | 'write' | 'afterCommit' | 'attempt' | 'audit'>;
  /** Null without an Idempotency-Key. */
  idempotent: IdempotentRequest | null;
  run(context: OperationContext): Promise<CallReply>;
  entry(reply: CallReply, change: AuditChange): AuditEntry;
  /** The operation's own judgement of a refused commit. */
  refused?: (error: unknown, context: OperationContext) => boolean;
}

/**
 * Runs a verb that only reads, then commits its writes, with its idempotency row first, in one batch. Unique indexes
 * decide every race: the loser of a key replays, the loser of any other row runs again; other refusals are for the
 * operation to judge. Throws what the verb throws.
 */
export async function callInOneStep(db: Transactional, call: OneStepCall): Promise<CallReply> {
  let attempt = 0;
  for (let races = 1; ; ) {
    const writes = new Gathered();
    const after: (() => void)[] = [];
    const afterCommit = (fn: () => void) => void after.push(fn);
    const { change, note } = changeNote();
    const context = { ...call.context, attempt, tx: db, write: writes, afterCommit, audit: note };
    const reply = await runOrReplay(db, call, context);
    if (reply.replayed) return reply;
    const first = new Gathered();
    const body = reply.stored ?? reply.body;
    if (call.idempotent && typeof body === 'string') await insertReply(first, call.idempotent, { ...reply, body });
    // Before the verb's writes: the last of them may hold a row that others wait for.
    await recordAudit(first, [call.entry(reply, change)]);
    faultPoint('accept.before-commit');
    try {
      // The key comes first: a request that waits for its twin waits before it holds anything else.
      await db.batch([...first.statements, ...writes.statements]);
    } catch (error) {
      if (call.idempotent && isKeyTaken(error)) return replay(db, call.idempotent);
      if (call.idempotent && isKeyAwaited(error)) throw stillRuns(error);
      const again = call.refused?.(error, context) ?? false;
      if (again) attempt += 1;
      else if (races < RACES && (isUniqueViolation(error) || isForeignKeyViolation(error))) races += 1;
      else throw error;
      continue;
    }
    for (const fn of after) fn();
    return reply;
  }
}

// What succeeded once is repeated from its key even where the verb would refuse it now.
async function runOrReplay(db: Transactional, call: OneStepCall, context: OperationContext): Promise<CallReply> {
  try {
    return await call.run(context);
  } catch (error) {
    const known = call.idempotent && error instanceof WapingError ? await replayIfKnown(db, call.idempotent) : null;
    if (known) return known;
    throw error;
  }
}
