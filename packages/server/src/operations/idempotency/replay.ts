import { timingSafeEqual } from 'node:crypto';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import type { CallReply } from '../reply.ts';
import { findReply, type IdempotencyScope, type StoredReply } from './store.ts';

/** A key and the request it stands for. */
export interface IdempotentRequest {
  scope: IdempotencyScope;
  fingerprint: Uint8Array;
}

/** What a request is told whose twin still runs. */
export function stillRuns(cause?: unknown): WapingError {
  return new WapingError('IDEMPOTENCY_IN_PROGRESS', 'the first request with this Idempotency-Key still runs', {
    retryable: true,
    retryAfter: 1,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Stands for a reply whose content was erased: the key stays taken, or a retry would do again what it did. */
export const ERASED_REPLY = 410;

function answer(stored: StoredReply | null, { fingerprint }: IdempotentRequest): CallReply {
  if (stored?.status === ERASED_REPLY) {
    throw new WapingError('CONFLICT', 'what this Idempotency-Key made has been erased; it is not made again', {
      param: 'Idempotency-Key',
    });
  }
  if (stored?.status == null || stored.body === null) throw stillRuns();
  if (stored.fingerprint.length !== fingerprint.length || !timingSafeEqual(stored.fingerprint, fingerprint)) {
    throw new WapingError('IDEMPOTENCY_CONFLICT', 'this Idempotency-Key was used with another request body', {
      param: 'Idempotency-Key',
    });
  }
  return { status: stored.status, headers: stored.headers ?? {}, body: stored.body, replayed: true };
}

/** The first answer to a key known to be taken. Throws IDEMPOTENCY_CONFLICT, or IDEMPOTENCY_IN_PROGRESS. */
export async function replay(db: Queryable, request: IdempotentRequest): Promise<CallReply> {
  return answer(await findReply(db, request.scope), request);
}

/** The first answer to a key, or null when it was never used. Throws IDEMPOTENCY_CONFLICT. */
export async function replayIfKnown(db: Queryable, request: IdempotentRequest): Promise<CallReply | null> {
  const stored = await findReply(db, request.scope);
  return stored ? answer(stored, request) : null;
}
