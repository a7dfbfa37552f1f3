import { type Deferred, deferred } from '../deferred.ts';
import type { Answer, FromWorker, Question, SessionNumber } from '../protocol.ts';

/** The store cannot hold what it was given; giving it again changes nothing. */
export class RefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedError';
  }
}

/** Questions to the gateway's store and their answers. The gateway answers each, so nothing waits for ever. */
export class Questions {
  readonly #post: (message: FromWorker) => void;
  readonly #open = new Map<number, Deferred<Answer>>();
  #last = 0;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  ask(session: SessionNumber, question: Question): Promise<Answer> {
    this.#last += 1;
    const waiting = deferred<Answer>();
    this.#open.set(this.#last, waiting);
    this.#post({ say: 'ask', call: this.#last, session, question });
    return waiting.promise;
  }

  answer(call: number, answer: Answer): void {
    this.#take(call)?.resolve(answer);
  }

  refuse(call: number, reason: string, faulty: boolean): void {
    this.#take(call)?.reject(faulty ? new RefusedError(reason) : new Error(reason));
  }

  #take(call: number): Deferred<Answer> | undefined {
    const waiting = this.#open.get(call);
    this.#open.delete(call);
    return waiting;
  }
}
