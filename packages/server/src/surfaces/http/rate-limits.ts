import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../../features/members/index.ts';
import type { Actor, Limits } from '../../operations/context.ts';
import type { RateClass, RatePolicy, Rates } from '../../operations/rate-limits.ts';
import { WapingError } from '../../platform/errors.ts';
import { isId } from '../../platform/ids.ts';
import { type Counter, type Reading, WINDOW_MS, type Windows } from '../../platform/rate/windows.ts';
import { addressOf } from './address.ts';

/** Credentials that worked lately: they go on working where others from the same address guess. */
const MAX_KNOWN = 10_000;

/** A counter under the name its caller reads in the headers. */
interface Policy extends Counter {
  policy: string;
}

/** A call of a workspace, as far as limits go. */
export interface LimitedCall {
  actor: Actor;
  workspaceId: string;
  rateClass: RateClass;
  /** How many messages a call that sends asks for, by the device it names, unchecked. */
  sends: ReadonlyMap<unknown, number>;
  limits: Pick<Limits, 'rateLimits'>;
}

/** What the headers of a reply and its error are made of. */
interface Verdict {
  headers: Record<string, string>;
  error: WapingError | null;
}

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));

/** Of the devices of a batch, the one with the least left: a reply names each policy once. */
function tightest(policies: readonly Policy[], readings: readonly Reading[]): number[] {
  const left = (i: number) => readings[i]?.remaining ?? 0;
  const found = new Map<string, number>();
  for (const [i, { policy }] of policies.entries()) {
    const known = found.get(policy);
    if (known === undefined || left(i) < left(known)) found.set(policy, i);
  }
  return [...found.values()];
}

/** Lists by draft-ietf-httpapi-ratelimit-headers-10: one item for each policy that applies. */
function headersOf(policies: readonly Policy[], readings: readonly Reading[]): Record<string, string> {
  const shown = tightest(policies, readings).map((i) => ({ policy: policies[i], reading: readings[i] }));
  const state = shown.map(({ policy, reading: { remaining = 0, resetMs = 0 } = {} }) => {
    return `"${policy?.policy}";r=${remaining};t=${seconds(resetMs)}`;
  });
  return {
    'ratelimit-policy': shown
      .map(({ policy }) => `"${policy?.policy}";q=${policy?.limit};w=${WINDOW_MS / 1000}`)
      .join(', '),
    ratelimit: state.join(', '),
  };
}

// The one to wait for longest comes first: after it, none of the others refuses any more.
function refusal(policies: readonly Policy[], readings: readonly Reading[]): WapingError | null {
  const refusing = policies
    .flatMap(({ policy, limit, cost = 1 }, i) => {
      const { refused = null, resetMs = 0 } = readings[i] ?? {};
      return refused === null ? [] : [{ policy, limit, cost, waitMs: refused === 'spent' ? resetMs : 0 }];
    })
    .sort((a, b) => b.waitMs - a.waitMs);
  const [first] = refusing;
  if (!first) return null;
  const { policy: name, limit, cost } = first;
  const hint = cost > limit ? `: a batch of ${cost} never passes, send smaller ones` : '';
  return new WapingError('RATE_LIMITED', `more than ${limit} requests a minute by the policy ${name}${hint}`, {
    retryAfter: Math.max(1, seconds(first.waitMs)),
    details: refusing.map(({ policy }) => ({ param: 'policy', message: policy })),
  });
}

/** Holds requests to every policy that applies to them. What one policy refuses is taken from none. */
export class RateLimits {
  readonly #windows: Windows;
  readonly #rates: Rates;
  readonly #known = new Set<string>();

  constructor(windows: Windows, rates: Rates) {
    this.#windows = windows;
    this.#rates = rates;
  }

  /**
   * Refuses, before its body is read, a call that the body cannot make any cheaper. Counts nothing: what passes is for
   * `admitCall`. Throws RATE_LIMITED, with the headers on the reply.
   */
  refuseSpent(reply: FastifyReply, call: Omit<LimitedCall, 'sends'>): void {
    const policies = this.#policiesOf(call, 1).filter((policy) => policy !== null);
    const { headers, error } = this.#verdict(policies, (counters) => this.#windows.read(counters));
    if (!error) return;
    reply.headers(headers);
    throw error;
  }

  /** Counts a call of a workspace, or the operator's. Throws RATE_LIMITED; the headers are on the reply either way. */
  admitCall(reply: FastifyReply, call: LimitedCall): void {
    const { workspaceId, rateClass, sends } = call;
    const all = [...sends.values()].reduce((sum, one) => sum + one, 0);
    const policies = this.#policiesOf(call, all);
    for (const [deviceId, cost] of rateClass === 'send' && call.actor.kind !== 'operator' ? sends : []) {
      if (typeof deviceId !== 'string' || !isId('dev', deviceId)) continue;
      policies.push(this.#policy({ rates: this.#ratesOf(call), rate: 'device', workspaceId, subject: deviceId, cost }));
    }
    this.#admit(reply, policies);
  }

  #ratesOf({ limits }: Pick<LimitedCall, 'limits'>): Rates {
    return { ...this.#rates, ...limits.rateLimits };
  }

  /** What applies whatever device a call is about. */
  #policiesOf(call: Omit<LimitedCall, 'sends'>, messages: number): (Policy | null)[] {
    const { actor, workspaceId, rateClass } = call;
    const rates = this.#ratesOf(call);
    const own = actor.kind === 'api_key' ? 'key' : actor.kind;
    const caller = this.#policy({ rates, rate: 'key', policy: own, workspaceId, subject: actor.id });
    if (actor.kind === 'operator') return [caller];
    const cost = rateClass === 'send' ? messages : 1;
    return [
      caller,
      this.#policy({ rates, rate: 'workspace', workspaceId }),
      this.#policy({ rates, rate: rateClass, workspaceId, cost }),
    ];
  }

  /** Counts a request for signing in, by where it comes from. Throws RATE_LIMITED. */
  admitStranger(reply: FastifyReply, address: string): void {
    this.#admit(reply, [
      this.#policy({ rates: this.#rates, rate: 'auth', workspaceId: '', subject: networkOf(address) }),
    ]);
  }

  /**
   * Runs `identify` and counts, for the address, credentials that turn out to be none. An address that has sent too many
   * is refused before anything is looked up, save with credentials that worked here lately. `shown` is what stands for
   * the credential where it is in no header.
   */
  async guard<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    identify: () => Promise<T>,
    shown = credentialOf(request),
  ): Promise<T> {
    if (shown === null) return identify();
    const subject = networkOf(addressOf(request));
    const policy = this.#policy({ rates: this.#rates, rate: 'failures', workspaceId: '', subject });
    if (policy && !this.#known.has(shown)) {
      const verdict = this.#verdict([policy], (counters) => this.#windows.read(counters));
      if (verdict.error) {
        reply.headers(verdict.headers);
        throw verdict.error;
      }
    }
    try {
      const caller = await identify();
      this.#remember(shown);
      return caller;
    } catch (error) {
      if (error instanceof WapingError && error.code === 'UNAUTHORIZED') {
        this.#known.delete(shown);
        if (policy) this.#windows.take([policy]);
      }
      throw error;
    }
  }

  #policy(of: {
    rates: Rates;
    rate: RatePolicy;
    policy?: string;
    workspaceId: string;
    subject?: string;
    cost?: number;
  }): Policy | null {
    const { rates, rate, policy = rate, workspaceId, subject, cost = 1 } = of;
    const limit = rates[rate];
    if (limit === null) return null;
    return { policy, workspaceId, name: subject === undefined ? rate : `${rate} ${subject}`, limit, cost };
  }

  #admit(reply: FastifyReply, applying: readonly (Policy | null)[]): void {
    const policies = applying.filter((policy) => policy !== null);
    if (policies.length === 0) return;
    const { headers, error } = this.#verdict(policies, (counters) => this.#windows.take(counters));
    reply.headers(headers);
    if (error) throw error;
  }

  #verdict(policies: readonly Policy[], judge: (counters: readonly Counter[]) => Reading[]): Verdict {
    const readings = judge(policies);
    return { headers: headersOf(policies, readings), error: refusal(policies, readings) };
  }

  #remember(shown: string): void {
    this.#known.delete(shown);
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.values().next().value ?? '');
    this.#known.add(shown);
  }
}

// A hash: what opens an account does not lie about in memory.
function credentialOf({ headers }: FastifyRequest): string | null {
  const { authorization, cookie = '' } = headers;
  const shown = authorization ?? (cookie.includes('waping_session=') ? cookie : undefined);
  return shown === undefined ? null : nameOfCredential(shown);
}

/** What a credential is remembered by. */
export function nameOfCredential(shown: string): string {
  return createHash('sha256').update(shown).digest('base64');
}
