import { isForeignKeyViolation, isUniqueViolation } from '../platform/db/db-error.ts';
import { Gathered } from '../platform/db/gathered.ts';
import type { Transactional } from '../platform/db/port.ts';
import { WapingError } from '../platform/errors.ts';
import { faultPoint } from '../platform/fault-points.ts';
import type { OperationContext } from './context.ts';
import { type IdempotentRequest, replay, replayIfKnown } from './idempotency/replay.ts';
import { insertReply, isKeyTaken } from './idempotency/store.ts';
import type { CallReply } from './reply.ts';

/** Each attempt after the first has seen what another call made meanwhile; more than a few means something else. */
const ATTEMPTS = 5;

export interface OneStepCall {
  context: Omit<OperationContext, 'tx' | 'write' | 'afterCommit'>;
  /** Null without an Idempotency-Key. */
  idempotent: IdempotentRequest | null;
  run(context: OperationContext): Promise<CallReply>;
}

/**
 * Runs a verb that only reads, then commits its writes, with its idempotency row first, in one batch. Unique indexes
 * decide every race: the loser of a key replays, the loser of any other row runs again. Throws what the verb throws.
 */
export async function callInOneStep(db: Transactional, call: OneStepCall): Promise<CallReply> {
  for (let attempt = 1; ; attempt += 1) {
    const writes = new Gathered();
    const after: (() => void)[] = [];
    const context = { ...call.context, tx: db, write: writes, afterCommit: (fn: () => void) => void after.push(fn) };
    const reply = await runOrReplay(db, call, context);
    if (reply.replayed) return reply;
    const key = new Gathered();
    if (call.idempotent && typeof reply.body === 'string') {
      await insertReply(key, call.idempotent, { ...reply, body: reply.body });
    }
    faultPoint('accept.before-commit');
    try {
      // The key comes first: a request that waits for its twin waits before it holds anything else.
      await db.batch([...key.statements, ...writes.statements]);
    } catch (error) {
      if (call.idempotent && isKeyTaken(error)) return replay(db, call.idempotent);
      if (attempt < ATTEMPTS && (isUniqueViolation(error) || isForeignKeyViolation(error))) continue;
      throw error;
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
