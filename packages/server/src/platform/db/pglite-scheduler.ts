import { bundle, byIdentity } from './pglite-bundle.ts';
import type { WorkerEvent, WorkerRequest } from './pglite-protocol.ts';
import type { PgliteSession, RawReply } from './pglite-session.ts';

type RunRequest = Extract<WorkerRequest, { kind: 'run' }>;
type TxRequest = Extract<WorkerRequest, { kind: 'tx' }>;
type ScriptRequest = Extract<WorkerRequest, { kind: 'script' }>;
export type Work = RunRequest | TxRequest | ScriptRequest;

/** At most so many requests share one commit: bounds what a failing one makes the others repeat. */
const MAX_GROUP = 32;

const WRITES = /^\s*(\/\* rows \*\/\s*)?(insert|update|delete|merge|with)\b/i;
const READS = /^\s*(select|values)\b/i;

const writes = (request: RunRequest): boolean =>
  request.statements.length > 1 || WRITES.test(request.statements[0]?.sql ?? '');

/** Only plain data statements may share a transaction; VACUUM, LISTEN or SET must run as they are. */
const shareable = (work: Work): work is RunRequest =>
  work.kind === 'run' && work.statements.every(({ sql }) => WRITES.test(sql) || READS.test(sql));

/**
 * Orders the work of the one connection: first come, first served; a transaction keeps the others waiting; waiting
 * writes share one commit, because a commit is a flush and a flush is most of a small write's time. Nobody in a group
 * is answered before the shared commit; when one fails, the group is rolled back and each runs on its own. Patient work
 * has a line of its own, by turns with the callers', and shares their commits unless it stands apart.
 */
export class PgliteScheduler {
  readonly #session: PgliteSession;
  readonly #send: (event: WorkerEvent) => void;
  readonly #txTimeoutMs: number;
  #waiting: Work[] = [];
  /** What no caller waits for: see `Db.patient`. */
  #patient: RunRequest[] = [];
  #patientTurn = false;
  #open: { tx: number; timer: NodeJS.Timeout } | undefined;
  /** Transactions rolled back for holding too long, until their owner's next word. */
  readonly #expired = new Set<number>();

  constructor(session: PgliteSession, txTimeoutMs: number, send: (event: WorkerEvent) => void) {
    this.#session = session;
    this.#txTimeoutMs = txTimeoutMs;
    this.#send = send;
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#patient.length === 0 && this.#open === undefined;
  }

  add(work: Work): void {
    if (work.kind === 'run' && work.patient !== undefined) this.#patient.push(work);
    else this.#waiting.push(work);
  }

  /** Runs everything that may run now. */
  drain(): void {
    while (this.step());
  }

  /** Runs what may run now up to the end of one group, and says whether there was anything. */
  step(): boolean {
    for (let work = this.#take(); work !== undefined; work = this.#take()) {
      if (work.kind === 'tx') this.#runTx(work);
      else if (work.kind === 'script') this.#answer(work.id, this.#session.script(work.sql));
      else {
        this.#runGroup(work);
        return true;
      }
    }
    return false;
  }

  /** The next request that may run: any while no transaction is open, else only the open one's. */
  #take(): Work | undefined {
    const open = this.#open;
    if (open === undefined) return this.#takeAny();
    const at = this.#waiting.findIndex(
      (work) => work.kind === 'tx' && (work.tx === open.tx || this.#expired.has(work.tx)),
    );
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  // By turns where both wait, so that neither keeps the other for ever.
  #takeAny(): Work | undefined {
    const patient = this.#waiting.length === 0 || (this.#patientTurn && this.#patient.length > 0);
    this.#patientTurn = !patient;
    return patient ? this.#patient.shift() : this.#waiting.shift();
  }

  #runTx(work: TxRequest): void {
    if (this.#expired.has(work.tx)) {
      if (work.end !== undefined) this.#expired.delete(work.tx);
      this.#send({
        kind: 'refused',
        id: work.id,
        reason: `The transaction was open for more than ${this.#txTimeoutMs} ms`,
      });
      return;
    }
    if (this.#open === undefined) this.#begin(work.tx);
    if (work.statements.length > 0) {
      const reply = this.#session.run(work.statements, work.as);
      if (work.end === undefined || reply.sqlstate !== undefined) {
        this.#answer(work.id, reply);
        return;
      }
    }
    if (work.end === undefined) return;
    this.#answer(work.id, this.#session.control(work.end === 'commit' ? 'COMMIT' : 'ROLLBACK'));
    this.#end();
  }

  #begin(tx: number): void {
    this.#session.control('BEGIN');
    this.#open = { tx, timer: setTimeout(() => this.#expire(tx), this.#txTimeoutMs) };
  }

  #end(): void {
    clearTimeout(this.#open?.timer);
    this.#open = undefined;
    this.#session.refreshPlans();
  }

  #expire(tx: number): void {
    this.#session.control('ROLLBACK');
    this.#expired.add(tx);
    this.#end();
    this.#send({ kind: 'log', level: 'warn', message: `rolled back a transaction open for ${this.#txTimeoutMs} ms` });
    this.drain();
  }

  #runGroup(first: RunRequest): void {
    const group = shareable(first) ? byIdentity([first, ...this.#sharing(first)], this.#session.identity) : [first];
    if (group.filter(writes).length < 2 || !this.#runShared(group)) {
      for (const request of group) this.#answer(request.id, this.#runAlone(request));
    }
  }

  /** What runs under one commit with `first`: of its own line, then of the other, but nothing beside what stands apart. */
  #sharing(first: RunRequest): RunRequest[] {
    if (first.patient === 'apart') return [];
    const lines: Work[][] = [this.#waiting, this.#patient];
    if (first.patient !== undefined) lines.reverse();
    const group: RunRequest[] = [];
    for (const waiting of lines) {
      for (let next = waiting[0]; next !== undefined && group.length < MAX_GROUP - 1; next = waiting[0]) {
        if (!shareable(next) || next.patient === 'apart') break;
        group.push(next);
        waiting.shift();
      }
    }
    return group;
  }

  /** Runs the group under one commit and answers it; false when it was rolled back and nobody was answered. */
  #runShared(group: readonly RunRequest[]): boolean {
    this.#session.control('BEGIN');
    const answers: [RunRequest, RawReply][] = [];
    for (const { requests, statements, as } of bundle(group)) {
      const reply = this.#session.run(statements, as);
      if (reply.sqlstate !== undefined) {
        this.#session.control('ROLLBACK');
        this.#session.refreshPlans();
        return false;
      }
      for (const request of requests) answers.push([request, reply]);
    }
    // A constraint checked at commit can fail here: then nothing of the group is stored.
    if (this.#session.control('COMMIT').tag !== 'COMMIT') return false;
    for (const [request, reply] of answers) this.#answer(request.id, reply);
    return true;
  }

  #runAlone(request: RunRequest): RawReply {
    const reply = this.#session.run(request.statements, request.as);
    return this.#session.refreshPlans() ? this.#session.run(request.statements, request.as) : reply;
  }

  #answer(id: number, reply: RawReply): void {
    this.#send({ kind: 'reply', id, bytes: reply.bytes });
  }
}
