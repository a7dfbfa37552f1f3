import { EngineAskError } from '../../asks.ts';
import type { OutboundBody, SessionSpec } from '../../port.ts';
import { EngineSendError } from '../../port.ts';
import type { Answer, FromWorker, Question, SessionNumber, ToWorker, WriteUnit } from '../protocol.ts';
import { openCredentials, type SessionStore, type WorkerContext } from './context.ts';
import { decodeCredentials } from './credentials-codec.ts';
import { Questions } from './questions.ts';
import { Session } from './session.ts';

/** Hand-overs to the gateway that may be unsettled; what comes meanwhile gathers and merges. */
const HAND_OVERS = 2;

type Post = (message: FromWorker) => void;
type SessionOrder = Exclude<ToWorker, { tell: 'init' | 'beat' | 'durable' | 'answer' | 'no_answer' | 'open' | 'link' }>;

interface Slot {
  session: Session;
  /** Set when the session is over; told to the gateway after its last unit. */
  ended?: FromWorker;
}

/** The sessions of one worker process and their traffic with the gateway. */
export class SessionHost {
  readonly #context: WorkerContext;
  readonly #post: Post;
  readonly #questions: Questions;
  readonly #slots = new Map<SessionNumber, Slot>();
  readonly #dirty = new Set<SessionNumber>();
  /** Hand-overs on their way to the database. */
  #inFlight = 0;
  #scheduled = false;

  constructor(context: WorkerContext, post: Post) {
    this.#context = context;
    this.#post = post;
    this.#questions = new Questions(post);
  }

  handle(message: ToWorker): void {
    switch (message.tell) {
      case 'init':
      case 'beat':
        return;
      case 'durable':
        this.#durable(message.marks);
        return;
      case 'answer':
        this.#questions.answer(message.call, message.answer);
        return;
      case 'no_answer':
        this.#questions.refuse(message.call, message.reason, message.faulty);
        return;
      case 'open':
        this.#open(message.session, message.spec, message.credentials);
        return;
      case 'link':
        this.#add(message.session, message.spec).session.link(message.method, message.deadline);
        return;
      default:
        this.#order(message, this.#slots.get(message.session));
    }
  }

  #order(message: SessionOrder, slot: Slot | undefined): void {
    switch (message.tell) {
      case 'stop':
        void slot?.session.stop();
        return;
      case 'logout':
        void slot?.session.logout();
        return;
      case 'kill':
        slot?.session.kill();
        this.#forget(message.session);
        return;
      case 'health':
        this.#post({ say: 'health', call: message.call, health: slot?.session.health() ?? { gated: 0 } });
        return;
      case 'ask':
        this.#ask(slot, message);
        return;
      case 'send':
        this.#send(slot, message);
    }
  }

  #open(number: SessionNumber, spec: SessionSpec, sealed: Uint8Array): void {
    try {
      this.#add(number, spec, sealed).session.open();
    } catch {
      this.#context.log('error', 'stored credentials could not be opened', { deviceId: spec.deviceId });
      this.#forget(number);
      this.#post({ say: 'ended', session: number, cause: 'bad_session' });
    }
  }

  #add(number: SessionNumber, spec: SessionSpec, sealed?: Uint8Array): Slot {
    const credentials = sealed && decodeCredentials(openCredentials(spec, sealed));
    const session = new Session(
      {
        spec,
        context: this.#context,
        store: this.#storeFor(number),
        wake: () => this.#wake(number),
        ended: (cause) => {
          const slot = this.#slots.get(number);
          if (slot) slot.ended = { say: 'ended', session: number, cause };
          this.#wake(number);
        },
      },
      credentials,
    );
    const slot: Slot = { session };
    this.#slots.set(number, slot);
    return slot;
  }

  #send(slot: Slot | undefined, { call, messages }: Extract<ToWorker, { tell: 'send' }>): void {
    const sent = slot?.session.send(messages) ?? Promise.reject(new EngineSendError('not_open', 'no session', true));
    sent.then(
      () => this.#post({ say: 'sent', call }),
      (error: unknown) => {
        const known = error instanceof EngineSendError ? error : new EngineSendError('refused', 'unknown', false);
        const { reason, message, retry, left, providerCode } = known;
        this.#post({ say: 'not_sent', call, reason, message, retry, left, providerCode });
      },
    );
  }

  #ask(slot: Slot | undefined, { call, ask, input }: Extract<ToWorker, { tell: 'ask' }>): void {
    const answered = slot?.session.ask(ask, input) ?? Promise.reject(new EngineAskError('not_open', 'no session'));
    answered.then(
      (answer) => this.#post({ say: 'answered', call, answer }),
      (error: unknown) => {
        const known = error instanceof EngineAskError ? error : new EngineAskError('refused', 'unknown');
        const { reason, message, code, retryAfterMs } = known;
        this.#post({ say: 'unanswered', call, reason, message, code, retryAfterMs });
      },
    );
  }

  #forget(number: SessionNumber): void {
    this.#slots.delete(number);
    this.#dirty.delete(number);
  }

  #wake(number: SessionNumber): void {
    this.#dirty.add(number);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#handOver();
    });
  }

  #handOver(): void {
    if (this.#inFlight >= HAND_OVERS) return;
    const units: WriteUnit[] = [];
    const over: FromWorker[] = [];
    for (const number of this.#dirty) {
      const slot = this.#slots.get(number);
      const taken = slot?.session.stream.take();
      if (taken) units.push({ session: number, ...taken });
      if (slot?.ended) {
        over.push(slot.ended);
        this.#slots.delete(number);
      }
    }
    this.#dirty.clear();
    if (units.length > 0) {
      this.#inFlight += 1;
      this.#post({ say: 'write', units });
    }
    for (const message of over) this.#post(message);
  }

  #durable(marks: { session: SessionNumber; seq: number }[]): void {
    this.#inFlight -= 1;
    for (const { session, seq } of marks) this.#slots.get(session)?.session.durable(seq);
    if (this.#dirty.size > 0) this.#handOver();
  }

  #storeFor(session: SessionNumber): SessionStore {
    const ask = (question: Question): Promise<Answer> => this.#questions.ask(session, question);
    return {
      keys: async (type, ids) => {
        const answer = await ask({ about: 'keys', type, ids });
        return answer.about === 'keys' ? answer.found : new Map<string, Uint8Array>();
      },
      sent: async (waId, asker): Promise<OutboundBody | null> => {
        const answer = await ask({ about: 'sent', waId, asker });
        return answer.about === 'sent' ? answer.body : null;
      },
      stored: async (waId) => {
        const answer = await ask({ about: 'inbound', waId });
        return answer.about === 'inbound' && answer.stored;
      },
      unread: async () => {
        const answer = await ask({ about: 'unread' });
        return answer.about === 'unread' ? answer.messages : [];
      },
      nextHistory: async () => {
        const answer = await ask({ about: 'history' });
        return answer.about === 'history' ? answer.waiting : null;
      },
      storeHistory: async (group) => {
        const answer = await ask({ about: 'history_group', group });
        return answer.about === 'history_group' && answer.stored;
      },
    };
  }
}
