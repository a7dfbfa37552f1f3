import { EngineAskError } from '../asks.ts';
import { EngineSendError } from '../port.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { ManagedSession } from './managed-session.ts';
import type { FromWorker } from './protocol.ts';

type Word = Extract<FromWorker, { say: 'sent' | 'not_sent' | 'health' | 'answered' | 'unanswered' }>;

/** Requests to workers and their outcomes. A worker's death rejects the ones it held. */
export class Calls {
  readonly #open = new Map<number, { session: ManagedSession; outcome: Deferred<unknown> }>();
  #last = 0;

  /**
   * Registers a call; `ask` gets its number. Resolves with the worker's word. Guarantee of the type: a worker answers
   * each order with the word that belongs to it, and both ends are this package in one version. With `withinMs` it
   * rejects with EngineAskError `no_answer` after so long, and a word that comes later is nobody's.
   */
  begin<T>(session: ManagedSession, ask: (call: number) => void, withinMs?: number): Promise<T> {
    this.#last += 1;
    const call = this.#last;
    const outcome = deferred<unknown>();
    this.#open.set(call, { session, outcome });
    ask(call);
    if (withinMs === undefined) return outcome.promise as Promise<T>;
    const timer = setTimeout(() => {
      this.#open.delete(call);
      outcome.reject(new EngineAskError('no_answer', 'WhatsApp did not answer'));
    }, withinMs);
    return outcome.promise.finally(() => clearTimeout(timer)) as Promise<T>;
  }

  settle(message: Word): void {
    const call = this.#open.get(message.call);
    this.#open.delete(message.call);
    if (!call) return;
    const { outcome } = call;
    switch (message.say) {
      case 'sent':
        outcome.resolve(null);
        return;
      case 'health':
        outcome.resolve(message.health);
        return;
      case 'answered':
        outcome.resolve(message.answer);
        return;
      case 'not_sent':
        outcome.reject(new EngineSendError(message.reason, message.message, message.retry, message));
        return;
      case 'unanswered':
        outcome.reject(new EngineAskError(message.reason, message.message, message));
        return;
    }
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
