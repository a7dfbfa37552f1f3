import { EngineSendError, type SessionHealth } from '../port.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { ManagedSession } from './managed-session.ts';
import type { FromWorker } from './protocol.ts';

type Outcome = SessionHealth | null;

/** Requests to workers and their outcomes. A worker's death rejects the ones it held. */
export class Calls {
  readonly #open = new Map<number, { session: ManagedSession; outcome: Deferred<Outcome> }>();
  #last = 0;

  /** Registers a call; `ask` gets its number. Resolves with the worker's word. */
  begin(session: ManagedSession, ask: (call: number) => void): Promise<Outcome> {
    this.#last += 1;
    const outcome = deferred<Outcome>();
    this.#open.set(this.#last, { session, outcome });
    ask(this.#last);
    return outcome.promise;
  }

  settle(message: Extract<FromWorker, { say: 'sent' | 'not_sent' | 'health' }>): void {
    const call = this.#open.get(message.call);
    this.#open.delete(message.call);
    if (!call) return;
    if (message.say === 'sent') call.outcome.resolve(null);
    else if (message.say === 'health') call.outcome.resolve(message.health);
    else call.outcome.reject(new EngineSendError(message.reason, message.message, message.retry));
  }

  /** The session's worker can no longer answer. */
  abandon(session: ManagedSession, reason: 'worker_lost' | 'not_open'): void {
    for (const [number, call] of this.#open) {
      if (call.session !== session) continue;
      this.#open.delete(number);
      call.outcome.reject(new EngineSendError(reason, 'the session ended before the message left', true));
    }
  }
}
