import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transactional, Tx } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { addFailures, clearFailures, readFailures } from './throttle-store.ts';

/**
 * After `free` failures each attempt waits: half a second, doubling up to `capMs`. The wait is fixed when the attempt
 * arrives and then the attempt IS made: whatever others do meanwhile, the right password works after it.
 * `atOnce` bounds how many may wait; the rest are told to come again. An account has no such bound, or strangers could
 * fill it and keep its owner out.
 */
interface Policy {
  free: number;
  capMs: number;
  atOnce: number;
}

const POLICIES = {
  browser: { free: 10, capMs: 8_000, atOnce: 4 },
  pair: { free: 5, capMs: 8_000, atOnce: 4 },
  account: { free: 30, capMs: 4_000, atOnce: Number.POSITIVE_INFINITY },
  address: { free: 60, capMs: 8_000, atOnce: 60 },
} as const satisfies Record<string, Policy>;

type PolicyName = keyof typeof POLICIES;
const FIRST_WAIT_MS = 500;
/** Wrong app codes an hour that strange browsers may send to one account. */
const STRANGE_CODES = 20;
/** All attempts in progress on this node, whosesoever. */
const MAX_AT_ONCE = 1_000;
/** Of these, at most so many by strangers: whoever is known always finds a place, however many others guess. */
const MAX_STRANGERS = 800;

interface Counter {
  policy: PolicyName;
  key: string;
}

/** What an attempt came to. A failure is counted and then thrown. */
export type Outcome<T> = { value: T } | { failure: WapingError };

/** What is done beside the counting of a failure. */
export type OnFailure = (tx: Tx, failures: number) => Promise<void>;

/** How long an attempt waits after so many failures, in ms. */
export function waitAfter(failures: number, policy: PolicyName): number {
  const { free, capMs } = POLICIES[policy];
  return failures < free ? 0 : Math.min(capMs, FIRST_WAIT_MS * 2 ** Math.min(failures - free, 20));
}

/** One home connection has a whole /64 of IPv6 addresses: it counts as one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain) || !plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array<string>(zeros).fill('0'), ...back].slice(0, 4).join(':');
}

const print = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('base64url');

/** Slows guessing of passwords and codes. Counts are in the database, so every node sees them. */
export class Throttle {
  readonly #db: Transactional;
  readonly #inFlight = new Map<string, number>();
  #known = 0;
  #strangers = 0;

  constructor(db: Transactional) {
    this.#db = db;
  }

  /**
   * A browser that has signed in to this account before, or a session of it, is counted by itself: strangers cannot slow
   * it. `known` is what tells it from others; null for a stranger.
   */
  counters(who: { account: string; address: string; known: string | null }): Counter[] {
    const { account, known } = who;
    if (known) return [{ policy: 'browser', key: print('browser', account, known) }];
    const network = networkOf(who.address);
    return [
      { policy: 'pair', key: print('pair', account, network) },
      { policy: 'account', key: print('account', account) },
      { policy: 'address', key: print('address', network) },
    ];
  }

  /**
   * Whether a strange browser may still try codes of an account's app. Whoever gets here knows the password; six digits
   * would not stand many networks guessing at once. Recovery codes, too long to guess, stay open, so nobody is locked out.
   */
  async mayTryCode(personId: string): Promise<boolean> {
    const [row] = await readFailures(this.#db, [print('code', personId)]);
    return (row?.failures ?? 0) < STRANGE_CODES;
  }

  async wrongCode(personId: string): Promise<void> {
    await addFailures(this.#db, [print('code', personId)]);
  }

  /**
   * Makes an attempt, after its wait. `onFailure` writes what there is to say of a failure, with its number within the
   * hour, in the transaction that counts it. Throws RATE_LIMITED when too many wait already.
   */
  async attempt<T>(counters: Counter[], run: () => Promise<Outcome<T>>, onFailure?: OnFailure): Promise<T> {
    this.#enter(counters);
    try {
      await this.#wait(counters);
      const outcome = await run();
      if ('failure' in outcome) {
        await this.#fail(counters, onFailure);
        throw outcome.failure;
      }
      // Those of the account and the address stay: an attacker's own success must not set them back.
      const own = counters.filter(({ policy }) => policy === 'pair' || policy === 'browser').map(({ key }) => key);
      await clearFailures(this.#db, own);
      return outcome.value;
    } finally {
      this.#leave(counters);
    }
  }

  async #fail(counters: Counter[], onFailure?: OnFailure): Promise<void> {
    await this.#db.tx(async (tx) => {
      const keys = counters.map(({ key }) => key);
      const rows = await addFailures(tx, keys);
      // Not that of the address: it counts failures with other accounts too.
      const own = counters.find(({ policy }) => policy === 'account' || policy === 'browser');
      await onFailure?.(tx, rows.find((row) => row.key === own?.key)?.failures ?? 1);
    });
  }

  // Attempts in progress count as failures in advance: a burst does not come through before the first has failed.
  async #wait(counters: Counter[]): Promise<void> {
    const ahead = counters.map(({ key }) => (this.#inFlight.get(key) ?? 1) - 1);
    const rows = await readFailures(
      this.#db,
      counters.map(({ key }) => key),
    );
    const failures = new Map(rows.map((row) => [row.key, row.failures]));
    const waits = counters.map(({ key, policy }, i) => waitAfter((failures.get(key) ?? 0) + (ahead[i] ?? 0), policy));
    const ms = Math.max(...waits);
    if (ms > 0) await sleep(ms);
  }

  #enter(counters: Counter[]): void {
    const full = counters.find(({ key, policy }) => (this.#inFlight.get(key) ?? 0) >= POLICIES[policy].atOnce);
    const known = isKnown(counters);
    const noPlace = this.#known + this.#strangers >= MAX_AT_ONCE || (!known && this.#strangers >= MAX_STRANGERS);
    if (full || noPlace) {
      throw new WapingError('RATE_LIMITED', 'too many attempts to sign in', {
        retryAfter: 2,
        details: [{ param: 'policy', message: `sign-in/${full?.policy ?? 'all'}` }],
      });
    }
    if (known) this.#known += 1;
    else this.#strangers += 1;
    for (const { key } of counters) this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1);
  }

  #leave(counters: Counter[]): void {
    if (isKnown(counters)) this.#known -= 1;
    else this.#strangers -= 1;
    for (const { key } of counters) {
      const left = (this.#inFlight.get(key) ?? 1) - 1;
      if (left > 0) this.#inFlight.set(key, left);
      else this.#inFlight.delete(key);
    }
  }
}

const isKnown = (counters: readonly Counter[]): boolean => counters.some(({ policy }) => policy === 'browser');
