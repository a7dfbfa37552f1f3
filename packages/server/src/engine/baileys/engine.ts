import { isFaulty } from '../../platform/db/db-error.ts';
import { type AskName, type Asks, EngineAskError, LONG_ASKS } from '../asks.ts';
import type {
  DisconnectCause,
  Engine,
  EngineStore,
  LinkMethod,
  Network,
  Outbound,
  SessionFact,
  SessionHealth,
  SessionSpec,
} from '../port.ts';
import { EngineSendError } from '../port.ts';
import { answerWithin } from './ask-session.ts';
import { backoff } from './backoff.ts';
import { Calls } from './calls.ts';
import { Committer } from './committer.ts';
import { settledWithin } from './deferred.ts';
import { type BaileysEngineConfig, type EngineLog, NoCredentialsError } from './engine-config.ts';
import { type Goal, type ManagedSession, managedSession } from './managed-session.ts';
import { type EngineOptions, engineOptions } from './options.ts';
import { WorkerPool } from './pool.ts';
import type { FromWorker, SessionNumber } from './protocol.ts';
import { answerFrom } from './store-answers.ts';
import { commitUnits } from './unit-commits.ts';
import type { WorkerProcess } from './worker-process.ts';

/** A worker that does not answer so long is busy or hung: what it would say is not known. */
const HEALTH_MS = 5_000;

/** The engine on Baileys: sessions in worker processes, one pool per network, everything durable through `store`. */
export function createBaileysEngine(config: BaileysEngineConfig): Engine {
  return new BaileysEngine(config);
}

class BaileysEngine implements Engine {
  readonly #store: EngineStore;
  readonly #log: EngineLog;
  readonly #options: EngineOptions;
  readonly #pools: Map<Network, WorkerPool>;
  readonly #committer: Committer;
  readonly #calls = new Calls();
  readonly #sessions = new Map<string, ManagedSession>();
  readonly #byNumber = new Map<SessionNumber, ManagedSession>();
  #lastNumber = 0;
  #disposed = false;

  constructor({ endpoints, store, log, options }: BaileysEngineConfig) {
    this.#store = store;
    this.#log = log;
    this.#options = engineOptions(options);
    const hooks = {
      said: (message: FromWorker, worker: WorkerProcess) => this.#said(message, worker),
      gone: (worker: WorkerProcess, how: string) => this.#workerGone(worker, how),
    };
    this.#pools = new Map(endpoints.map((one) => [one.network, new WorkerPool(one, this.#options, hooks)]));
    this.#committer = new Committer({
      store,
      maxRecords: this.#options.commitRecords,
      retryMs: this.#options.commitRetryMs,
      log: (text, fields) => log.error(fields, text),
    });
  }

  prepare(network: Network): void {
    if (!this.#disposed) this.#pools.get(network)?.prepare();
  }

  async open(spec: SessionSpec): Promise<void> {
    await this.#begin(spec, { goal: 'open' });
  }

  async link(spec: SessionSpec, method: LinkMethod): Promise<void> {
    await this.#begin(spec, { goal: 'link', method, deadline: Date.now() + this.#options.linkTimeoutMs });
  }

  async stop(deviceId: string): Promise<void> {
    await this.#farewell(deviceId, 'stop');
  }

  async logout(deviceId: string): Promise<void> {
    await this.#farewell(deviceId, 'logout');
  }

  async send(deviceId: string, message: Outbound, behind: readonly Outbound[] = []): Promise<void> {
    const session = this.#sessions.get(deviceId);
    const place = session?.place;
    if (!session || !place || session.farewell)
      throw new EngineSendError('not_open', 'the session is not open here', true);
    const { worker, number } = place;
    const messages = [message, ...behind];
    await this.#calls.begin<null>(session, (call) => worker.post({ tell: 'send', session: number, call, messages }));
  }

  async ask<K extends AskName>(deviceId: string, name: K, input: Asks[K]['input']): Promise<Asks[K]['answer']> {
    const session = this.#sessions.get(deviceId);
    const place = session?.place;
    if (!session || !place || session.farewell)
      throw new EngineAskError('not_open', 'the session is not open on this node');
    const { worker, number } = place;
    const asked = { calls: this.#calls, session, withinMs: LONG_ASKS[name] ?? this.#options.askMs };
    return answerWithin<Asks[K]['answer']>(asked, (call) =>
      worker.post({ tell: 'ask', session: number, call, ask: name, input }),
    );
  }

  async health(deviceId: string): Promise<SessionHealth | null> {
    const session = this.#sessions.get(deviceId);
    if (!session?.place) return session ? { gated: 0 } : null;
    const { worker, number } = session.place;
    const ask = (call: number) => worker.post({ tell: 'health', session: number, call });
    return this.#calls.begin<SessionHealth>(session, ask, HEALTH_MS).catch(() => null);
  }

  workers(): { pid: number; network: Network; sessions: number; restarts: number }[] {
    return [...this.#pools].flatMap(([network, pool]) => pool.list().map((worker) => ({ ...worker, network })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.allSettled([...this.#sessions.keys()].map((deviceId) => this.stop(deviceId)));
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }

  async #begin(spec: SessionSpec, goal: Goal): Promise<void> {
    if (this.#disposed) throw new Error('the engine is closed');
    const known = this.#sessions.get(spec.deviceId);
    if (known && known.spec.token === spec.token && goal.goal === 'open' && known.goal.goal === 'open') return;
    if (known) await this.stop(spec.deviceId);
    const session = managedSession(spec, goal);
    this.#sessions.set(spec.deviceId, session);
    try {
      await this.#place(session);
    } catch (error) {
      this.#remove(session);
      throw error;
    }
  }

  /** Gives the session to a worker. What it wrote in an earlier one is durable first, so nothing stale is read. */
  async #place(session: ManagedSession): Promise<void> {
    const { spec, goal } = session;
    const pool = this.#pools.get(spec.network);
    if (!pool) throw new Error(`no endpoint is configured for the network ${spec.network}`);
    await this.#committer.quiet(spec.deviceId);
    const credentials =
      goal.goal === 'open' ? await this.#store.loadCredentials(spec.workspaceId, spec.deviceId) : null;
    if (goal.goal === 'open' && !credentials) throw new NoCredentialsError();
    const worker = await pool.worker();
    if (session.farewell || this.#sessions.get(spec.deviceId) !== session) return pool.leave(worker);
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    session.place = { worker, number };
    this.#byNumber.set(number, session);
    if (goal.goal === 'link') {
      worker.post({ tell: 'link', session: number, spec, method: goal.method, deadline: goal.deadline });
    } else if (credentials) {
      worker.post({ tell: 'open', session: number, spec, credentials });
    }
  }

  /** Brings a session back after its worker or its writes were lost; goes on until it stands or is told to end. */
  async #replace(session: ManagedSession): Promise<void> {
    const { restartBaseMs, restartCapMs } = this.#options;
    while (!session.farewell && !this.#disposed && this.#sessions.get(session.spec.deviceId) === session) {
      await new Promise((resolve) => setTimeout(resolve, backoff(session.failures, restartBaseMs, restartCapMs)));
      try {
        await this.#place(session);
        session.failures = 0;
        return;
      } catch (error) {
        if (error instanceof NoCredentialsError) {
          this.#remove(session);
          this.#write(session, [], { fact: 'closed', cause: 'bad_session' });
          return;
        }
        session.failures += 1;
        const why = error instanceof Error ? error.message : 'unknown';
        this.#log.warn({ deviceId: session.spec.deviceId, why }, 'the session could not be placed in a worker');
      }
    }
  }

  async #farewell(deviceId: string, how: 'stop' | 'logout'): Promise<void> {
    const session = this.#sessions.get(deviceId);
    if (!session) return;
    session.farewell ??= how;
    const { place } = session;
    if (place) {
      place.worker.post({ tell: how, session: place.number });
      const gone = await settledWithin(session.over.promise, 2 * this.#options.farewellMs);
      if (!gone) place.worker.post({ tell: 'kill', session: place.number });
    }
    this.#conclude(session);
    await this.#committer.quiet(deviceId);
  }

  /** Ends a session whose worker did not write its last fact. */
  #conclude(session: ManagedSession): void {
    if (this.#sessions.get(session.spec.deviceId) !== session) return;
    this.#remove(session);
    if (session.farewell === 'logout') {
      this.#write(session, [{ kind: 'credentials', sealed: null }], { fact: 'closed', cause: 'logged_out' });
    } else {
      this.#write(session, [], { fact: 'closed', cause: 'stopped' });
    }
  }

  #remove(session: ManagedSession): void {
    this.#unplace(session, 'not_open');
    if (this.#sessions.get(session.spec.deviceId) === session) this.#sessions.delete(session.spec.deviceId);
    session.over.resolve();
  }

  #unplace(session: ManagedSession, reason: 'worker_lost' | 'not_open'): void {
    const { place } = session;
    session.place = undefined;
    if (place) {
      this.#byNumber.delete(place.number);
      this.#pools.get(session.spec.network)?.leave(place.worker);
    }
    this.#calls.abandon(session, reason);
  }

  #said(message: FromWorker, worker: WorkerProcess): void {
    switch (message.say) {
      case 'write':
        commitUnits(message.units, {
          committer: this.#committer,
          worker,
          sessionOf: (number) => this.#byNumber.get(number),
          unwritten: (session, outcome) => this.#unwritten(session, outcome),
        });
        return;
      case 'ask':
        this.#answer(message, worker);
        return;
      case 'sent':
      case 'not_sent':
      case 'health':
      case 'answered':
      case 'unanswered':
        this.#calls.settle(message);
        return;
      case 'ended':
        this.#ended(message.session, message.cause);
        return;
      case 'log':
        this.#log[message.level]({ pid: worker.pid, ...message.fields }, message.text);
        return;
      case 'ready':
      case 'refused':
      case 'beat':
        return;
    }
  }

  /** The database did not take it: the lease is lost, or the store was away too long. Nothing gated may leave. */
  #unwritten(session: ManagedSession, outcome: 'fenced' | 'lost'): void {
    const { deviceId } = session.spec;
    if (!session.place || this.#sessions.get(deviceId) !== session) return;
    const { worker, number } = session.place;
    worker.post({ tell: 'kill', session: number });
    this.#log.warn({ deviceId, outcome }, 'the session was cut: its records could not be written');
    if (outcome === 'fenced') {
      this.#remove(session);
      this.#committer.drop(deviceId);
      return;
    }
    this.#unplace(session, 'not_open');
    void this.#replace(session);
  }

  #answer({ call, session: number, question }: Extract<FromWorker, { say: 'ask' }>, worker: WorkerProcess): void {
    const session = this.#byNumber.get(number);
    if (!session) {
      worker.post({ tell: 'no_answer', call, reason: 'the session is over', faulty: false });
      return;
    }
    answerFrom(this.#store, session.spec, question).then(
      (answer) => worker.post({ tell: 'answer', call, answer }),
      (error: unknown) =>
        worker.post({ tell: 'no_answer', call, reason: 'the store did not do it', faulty: isFaulty(error) }),
    );
  }

  #ended(number: SessionNumber, cause: DisconnectCause): void {
    const session = this.#byNumber.get(number);
    if (!session) return;
    this.#remove(session);
    // Every other end is a fact the session wrote itself; with unreadable credentials it had no stream.
    if (cause === 'bad_session') this.#write(session, [], { fact: 'closed', cause });
  }

  #workerGone(worker: WorkerProcess, how: string): void {
    const hit = [...this.#byNumber.values()].filter(({ place }) => place?.worker === worker);
    if (!this.#disposed) this.#log.error({ pid: worker.pid, how, sessions: hit.length }, 'an engine worker ended');
    for (const session of hit) {
      this.#unplace(session, 'worker_lost');
      if (session.farewell) {
        this.#conclude(session);
        continue;
      }
      this.#write(session, [], { fact: 'closed', cause: 'worker_crashed', retryAt: Date.now() });
      void this.#replace(session);
    }
  }

  #write(session: ManagedSession, records: Parameters<Committer['add']>[0]['records'], fact: SessionFact): void {
    const last = { kind: 'session' as const, fact, at: Date.now() };
    this.#committer.add({
      spec: session.spec,
      records: [...records, last],
      done: (outcome) => {
        if (outcome === 'fenced' && this.#sessions.get(session.spec.deviceId) === session) this.#remove(session);
      },
    });
  }
}
