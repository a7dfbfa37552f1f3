import { type Deferred, deferred } from '../deferred.ts';
import type { Answer, FromWorker, Question, SessionNumber } from '../protocol.ts';

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

  refuse(call: number, reason: string): void {
    this.#take(call)?.reject(new Error(reason));
  }

  #take(call: number): Deferred<Answer> | undefined {
    const waiting = this.#open.get(call);
    this.#open.delete(call);
    return waiting;
  }
}
