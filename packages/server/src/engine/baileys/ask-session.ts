import { EngineAskError } from '../asks.ts';
import type { Calls } from './calls.ts';
import type { ManagedSession } from './managed-session.ts';

/** Questions one session may have open: a WhatsApp that does not answer must not fill the memory of the one that waits. */
const MAX_OPEN = 32;
const open = new WeakMap<ManagedSession, number>();

/** Asks a session's worker and waits so long for its word. Rejects with EngineAskError. */
export async function answerWithin<T>(
  asked: { calls: Calls; session: ManagedSession; withinMs: number },
  post: (call: number) => void,
): Promise<T> {
  const { calls, session, withinMs } = asked;
  const others = open.get(session) ?? 0;
  if (others >= MAX_OPEN)
    throw new EngineAskError('too_fast', 'too much is being asked of this device', { retryAfterMs: 1_000 });
  open.set(session, others + 1);
  try {
    return await calls.begin<T>(session, post, withinMs);
  } catch (error) {
    if (error instanceof EngineAskError) throw error;
    // Its worker or its connection went away while the question was on its way.
    throw new EngineAskError('no_answer', error instanceof Error ? error.message : 'the session ended');
  } finally {
    open.set(session, (open.get(session) ?? 1) - 1);
  }
}
