import type { DeafSign } from '../../port.ts';
import type { LivenessLimits } from '../options.ts';

/** What a look at the clock asks of the session. */
export type Verdict =
  | { act: 'nothing' }
  /** Ask for a sign of life; `answered` hears what came of it. */
  | { act: 'ping' }
  /** A new socket, the same credentials. */
  | { act: 'restart'; sign: DeafSign }
  /** New sockets did not help: say so and leave it at that. */
  | { act: 'give_up'; sign: DeafSign };

/** Stanzas that come by themselves. What a log-in always brings (`success`, `ib`) and answers to requests tell nothing. */
const PUSHED: ReadonlySet<string> = new Set([
  'message',
  'receipt',
  'notification',
  'ack',
  'presence',
  'chatstate',
  'call',
]);
/** Sends remembered while they wait for their ack: more than one device ever has on the way. */
const MAX_UNACKED = 1_000;
const MAX_EARLY = 200;
/** An account where nothing happens is looked after ever more seldom, down to one in eight. */
const MAX_CALM = 8;
/** A check so late means that this process, not the server, was asleep. */
const LATE_CHECKS = 3;

const NOTHING: Verdict = { act: 'nothing' };

/**
 * Tells a session that is deaf (the socket stands and nothing comes) from one where nothing happens. All ages are by a
 * monotonic clock: a system clock that jumps makes nobody deaf. Kept across connections, because restarts are counted.
 */
export class Liveness {
  readonly #limits: LivenessLimits;
  readonly #now: () => number;
  #frameAt = 0;
  #pushAt = 0;
  #checkAt = 0;
  /** Since when a ping has no answer. */
  #pingAt: number | undefined;
  /** WhatsApp ids by when they left, oldest first. */
  readonly #unacked = new Map<string, number>();
  /** Acks quicker than the word that the message has left. */
  readonly #early = new Set<string>();
  /** Acked sends since anybody's receipt last came, and when the first of them was acked. */
  #unreceipted = 0;
  #unreceiptedAt = 0;
  #receiptsSeen = false;
  #restarts = 0;
  #calm = 1;
  #gaveUp = false;

  constructor(limits: LivenessLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Restarts since something last came by itself. */
  get restarts(): number {
    return this.#restarts;
  }

  /** How long the oldest send without an ack has waited, milliseconds. */
  get unackedMs(): number | undefined {
    const [oldest] = this.#unacked.values();
    return oldest === undefined ? undefined : this.#now() - oldest;
  }

  get unacked(): number {
    return this.#unacked.size;
  }

  /** A connection is open. What was on its way before goes again, so nobody waits for its ack. */
  opened(): void {
    const now = this.#now();
    this.#frameAt = now;
    this.#pushAt = now;
    this.#checkAt = now;
    this.#pingAt = undefined;
    this.#unacked.clear();
    this.#early.clear();
    this.#unreceipted = 0;
    this.#gaveUp = false;
  }

  /** A frame came; `tag` where it was a stanza. True where it ends a silence that was given up on. */
  frame(tag: string | undefined): boolean {
    const now = this.#now();
    this.#frameAt = now;
    this.#pingAt = undefined;
    if (tag === undefined || !PUSHED.has(tag)) return false;
    this.#pushAt = now;
    this.#restarts = 0;
    this.#calm = 1;
    const back = this.#gaveUp;
    this.#gaveUp = false;
    return back;
  }

  sent(waId: string): void {
    if (this.#early.delete(waId)) return;
    this.#unacked.delete(waId);
    this.#unacked.set(waId, this.#now());
    if (this.#unacked.size <= MAX_UNACKED) return;
    const [oldest] = this.#unacked.keys();
    if (oldest !== undefined) this.#unacked.delete(oldest);
  }

  acked(waId: string): void {
    if (!this.#unacked.delete(waId)) this.#noteEarly(waId);
    if (this.#unreceipted === 0) this.#unreceiptedAt = this.#now();
    this.#unreceipted += 1;
  }

  /** Somebody confirmed messages of ours. A receipt that overtakes the ack is one. */
  receipt(waIds: readonly string[]): void {
    for (const waId of waIds) if (!this.#unacked.delete(waId)) this.#noteEarly(waId);
    this.#receiptsSeen = true;
    this.#unreceipted = 0;
  }

  #noteEarly(waId: string): void {
    this.#early.add(waId);
    if (this.#early.size <= MAX_EARLY) return;
    const [oldest] = this.#early;
    if (oldest !== undefined) this.#early.delete(oldest);
  }

  check(): Verdict {
    const now = this.#now();
    const late = now - this.#checkAt > LATE_CHECKS * this.#limits.checkMs;
    this.#checkAt = now;
    // What came meanwhile is read after this: ask first, judge later.
    if (late) return this.#ping(now);
    if (this.#pingAt !== undefined && now - this.#pingAt > this.#limits.pingMs) return this.#restart('no_answer');
    const sign = this.#deafSign(now);
    if (sign) return this.#judge(sign);
    if (this.#pingAt === undefined && now - this.#frameAt > this.#limits.silentMs) return this.#ping(now);
    return NOTHING;
  }

  #deafSign(now: number): DeafSign | undefined {
    const { ackMs, receiptsMs, receiptSends, quietMs } = this.#limits;
    const [oldest] = this.#unacked.values();
    if (oldest !== undefined && now - oldest > ackMs && this.#pushAt <= oldest) return 'no_ack';
    const unread = this.#receiptsSeen && this.#unreceipted >= receiptSends;
    if (unread && now - this.#unreceiptedAt > receiptsMs) return 'no_receipts';
    return now - this.#pushAt > quietMs * this.#calm ? 'quiet' : undefined;
  }

  #judge(sign: DeafSign): Verdict {
    if (sign === 'quiet') {
      // No proof of anything: a new connection is given what waits, if anything does.
      this.#calm = Math.min(MAX_CALM, this.#calm * 2);
      return { act: 'restart', sign };
    }
    if (this.#gaveUp) return NOTHING;
    if (this.#restarts < this.#limits.restarts) return this.#restart(sign);
    this.#gaveUp = true;
    return { act: 'give_up', sign };
  }

  #restart(sign: DeafSign): Verdict {
    this.#restarts += 1;
    this.#pingAt = undefined;
    return { act: 'restart', sign };
  }

  #ping(now: number): Verdict {
    this.#pingAt = now;
    return { act: 'ping' };
  }
}
