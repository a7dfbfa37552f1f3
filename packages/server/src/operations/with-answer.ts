import type { Queryable } from '../platform/db/port.ts';
import { type IdempotentRequest, replayIfKnown, stillRuns } from './idempotency/replay.ts';
import type { CallReply } from './reply.ts';

export interface AskingCall {
  db: Queryable;
  /** Null without an Idempotency-Key. */
  idempotent: IdempotentRequest | null;
  ask(): Promise<unknown>;
  commit(answer: unknown): Promise<CallReply>;
}

/**
 * Requests with an Idempotency-Key that are asking WhatsApp now. This process knows them all: only the node that holds
 * a device's session can ask through it, and nothing is asked anywhere else.
 */
const asking = new Set<string>();

/**
 * Asks once for a key at a time, and not at all for one that has its reply: the index on keys decides only when
 * something commits, and by then WhatsApp has been asked. Throws IDEMPOTENCY_IN_PROGRESS to the twin of a running request.
 */
export async function withAnswer({ db, idempotent, ask, commit }: AskingCall): Promise<CallReply> {
  if (!idempotent) return commit(await ask());
  const { workspaceId, operation, key } = idempotent.scope;
  const name = `${workspaceId} ${operation} ${key}`;
  if (asking.has(name)) throw stillRuns();
  asking.add(name);
  try {
    return (await replayIfKnown(db, idempotent)) ?? (await commit(await ask()));
  } finally {
    asking.delete(name);
  }
}
