import { BREAKS, type Break } from './breaks.ts';
import { Checker } from './check.ts';
import { type Draft, draft, finish } from './draft.ts';
import { Random } from './random.ts';
import { sendMalformed } from './raw.ts';
import { asJson, type Described } from './spec.ts';
import { SPECIAL } from './special.ts';
import { type Answer, asCurl, type Request, Wire } from './wire.ts';
import { World } from './world.ts';

const AT_ONCE = 8;
const REFURNISH_EVERY = 64;
const BROKEN = 0.5;

export interface FuzzOptions {
  seed: number;
  requests: number;
  /** PostgreSQL instead of the embedded database. */
  databaseUrl?: string;
}

/** One kind of failure: the first request that met it, and how many did. */
export interface Failure {
  operation: string;
  status: number;
  reason: string;
  how: string;
  curl: string;
  count: number;
}

export interface FuzzReport {
  requests: number;
  valid: number;
  broken: number;
  statuses: Record<string, number>;
  operations: number;
  /** Of the valid requests of each operation, and of sends of each type: how many there were, and how many succeeded. */
  shares: Record<string, Share>;
  /** Operations that never answered with a success. */
  neverDone: string[];
  /** Workspaces that had to be made again. */
  remade: number;
  failures: Failure[];
}

export interface Share {
  valid: number;
  succeeded: number;
}

/** What a valid request counts for: its operation, and the type it sends. */
function namesOf({ operation, body }: Draft): string[] {
  const type = operation.id === 'messages.send' ? asJson(body)['type'] : undefined;
  return typeof type === 'string' ? [operation.id, `${operation.id} of ${type}`] : [operation.id];
}

interface Turn {
  draft: Draft;
  request: Request;
  /** Null: valid as far as the description says. */
  broken: Break | null;
}

class Run {
  readonly #world: World;
  readonly #random: Random;
  readonly #wire: Wire;
  readonly #checker: Checker;
  readonly #failures = new Map<string, Failure>();
  readonly #statuses: Record<string, number> = {};
  readonly #done = new Set<string>();
  readonly #shares: Record<string, Share> = {};
  readonly #counts = { requests: 0, valid: 0, broken: 0 };
  #order: Described[] = [];

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = new Random(seed);
    this.#wire = new Wire(world.server.url);
    this.#checker = new Checker(world.description);
  }

  async play(requests: number): Promise<FuzzReport> {
    for (const { name, reason, bytes } of await sendMalformed(this.#wire)) {
      const { hostname, port } = new URL(this.#world.server.url);
      const curl = `echo ${bytes.subarray(0, 600).toString('base64')} | base64 -d | nc ${hostname} ${port}`;
      this.#fail({ operation: 'malformed', status: 0, reason, how: name, curl });
    }
    while (this.#counts.requests < requests) {
      if (this.#counts.requests % REFURNISH_EVERY === 0) await this.#world.refurnish();
      const turns = Array.from({ length: AT_ONCE }, () => this.#turn());
      const answers = await Promise.all(turns.map(({ request }) => this.#wire.send(request).catch(String)));
      for (const [at, turn] of turns.entries()) this.#judge(turn, answers[at] ?? 'nothing');
    }
    this.#wire.close();
    await this.#judgeServer();
    const { operations } = this.#world.description;
    return {
      ...this.#counts,
      statuses: this.#statuses,
      shares: this.#shares,
      operations: operations.length,
      neverDone: operations.map(({ id }) => id).filter((id) => !this.#done.has(id)),
      remade: this.#world.remade,
      failures: [...this.#failures.values()],
    };
  }

  /** Every operation has its turn before one has its second, but for what the table of special cases says. */
  #next(): Described {
    for (let found = this.#order.pop(); ; found = this.#order.pop()) {
      if (found) return found;
      const turns = this.#world.description.operations.flatMap((operation) => {
        const share = SPECIAL[operation.id]?.share ?? 1;
        const times = Math.floor(share) + (this.#random.chance(share % 1) ? 1 : 0);
        return Array.from({ length: times }, () => operation);
      });
      this.#order = this.#random.shuffle(turns);
    }
  }

  #turn(): Turn {
    const made = draft(this.#world, this.#random, this.#next());
    const fitting = this.#random.chance(BROKEN) ? BREAKS.filter((one) => one.applies(made)) : [];
    const broken = fitting.length > 0 ? this.#random.pick(fitting) : null;
    broken?.apply(made, this.#random);
    this.#counts.requests += 1;
    this.#counts[broken ? 'broken' : 'valid'] += 1;
    return { draft: made, request: finish(made), broken };
  }

  #judge({ draft: made, request, broken }: Turn, answer: Answer | string): void {
    const { operation, credential } = made;
    const how = `${broken?.name ?? 'valid'}, as ${credential.name}`;
    const curl = asCurl(this.#world.server.url, request);
    const fail = (status: number, reason: string) => this.#fail({ operation: operation.id, status, reason, how, curl });
    if (typeof answer === 'string') {
      fail(0, `has no answer: ${answer}`);
      return;
    }
    const { status } = answer;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (!broken) this.#countShare(made, status < 300);
    for (const reason of this.#checker.findings(made, answer, broken?.refused ?? false)) fail(status, reason);
    const isJson = /^application\/json(;|$)/.test(answer.headers['content-type'] ?? '') && answer.body.length > 0;
    const text = answer.body.toString();
    const asked = `${request.path} ${request.body?.toString() ?? ''}`;
    for (const what of this.#world.foreignTo(credential, text, asked)) fail(status, `shows ${what}`);
    if (status >= 300) return;
    this.#done.add(operation.id);
    if (isJson && credential.kind !== 'nobody') this.#world.learn(credential, text);
  }

  #countShare(made: Draft, succeeded: boolean): void {
    for (const name of namesOf(made)) {
      const share = this.#shares[name] ?? { valid: 0, succeeded: 0 };
      this.#shares[name] = { valid: share.valid + 1, succeeded: share.succeeded + (succeeded ? 1 : 0) };
    }
  }

  async #judgeServer(): Promise<void> {
    const { server } = this.#world;
    const fail = (reason: string) =>
      this.#fail({ operation: 'the server', status: 0, reason, how: 'at the end', curl: '' });
    const health = await fetch(`${server.url}/healthz`).then(({ status }) => status, String);
    if (health !== 200) fail(`is not healthy: ${health}`);
    for (const line of server.output.split('\n')) {
      if (/unhandled|uncaught|fatal error|heap out of memory/i.test(line)) fail(`logged ${line.slice(0, 300)}`);
      else if (/^\{"level":[56]0/.test(line))
        fail(`logged ${line.replace(/"(time|pid|requestId)":[^,]+,/g, '').slice(0, 600)}`);
    }
    await server.stop();
    if (server.exitCode !== 0) fail(`ended with ${server.exitCode}`);
  }

  #fail(failure: Omit<Failure, 'count'>): void {
    const key = `${failure.operation} ${failure.status} ${failure.reason}`;
    const known = this.#failures.get(key);
    if (known) known.count += 1;
    else this.#failures.set(key, { ...failure, count: 1 });
  }
}

/** Starts a server, asks it as many things as wanted, valid and broken, and tells what was wrong with the answers. */
export async function fuzz({ seed, requests, databaseUrl }: FuzzOptions): Promise<FuzzReport> {
  await using world = await World.start(databaseUrl);
  return await new Run(world, seed).play(requests);
}
