import type { Callers } from './callers.ts';
import { WapingError } from './errors.ts';

/** How many calls are in hand at once. */
export interface AdmissionLimits {
  /** Of all tenants together. */
  total: number;
  /** Of one tenant, while others call too. */
  share: number;
  /** Calls of one tenant that wait. */
  waitingEach: number;
  /** Calls of all tenants that wait. */
  waiting: number;
  /** Milliseconds a tenant with calls in line holds back at most for one without. */
  yieldMs: number;
}

/**
 * A call that takes longer may wait for something else than the database, and then gives its place to another. It does
 * where so many that began after it are done, or none at all is done in that time; where all are late, the machine is
 * slow, and more of them at once would make it slower.
 */
const SLOW_MS = 250;
const OVERTAKEN = 8;
/** Slow ones included, so that giving places away has an end. */
const UNFINISHED_EACH = 256;
const WAIT_MS = 10_000;

interface Waiter {
  enter: () => void;
  refuse: (error: WapingError) => void;
  timer: NodeJS.Timeout;
}

/** A call that has its place. */
interface InHand {
  line: Line;
  /** Calls that began after it and are done. */
  overtaken: number;
  timer: NodeJS.Timeout;
}

interface Line {
  tenant: string;
  waiting: Waiter[];
  /** Places taken. */
  inHand: number;
  unfinished: number;
  /** Until a line that yields has done so for long enough. */
  yielding: NodeJS.Timeout | null;
  mayPress: boolean;
}

const tooMany = () =>
  new WapingError('RATE_LIMITED', 'too many requests of this workspace are in progress', {
    retryAfter: 1,
    details: [{ param: 'policy', message: 'concurrency' }],
  });

const overloaded = () => new WapingError('SERVICE_UNAVAILABLE', 'too many requests are in progress', { retryAfter: 1 });

/**
 * Lets tenants' calls in, so many at once, by turns. A tenant alone has every place; while others call too it has its
 * share, so that theirs do not stand behind all of its. What stands in line lets go first who asks for no more than its
 * share: none of it goes in while such a call is in hand, or one in `yieldMs` where there always is one. But for that no
 * call waits while there is a place its tenant may take.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #callers: Callers;
  readonly #lines = new Map<string, Line>();
  /** Lines where somebody waits, in order of their turn. */
  readonly #turns = new Set<Line>();
  /** Lines with calls in hand where nobody waits. */
  readonly #light = new Set<Line>();
  /** Calls with a place, in the order they began. */
  readonly #inHand = new Set<InHand>();
  /** Places taken, by calls that have begun and such as are about to. */
  #places = 0;
  /** Calls done, ever. */
  #done = 0;
  #waiting = 0;

  /** `callers` hears of every call, and of each that has its place. */
  constructor(limits: AdmissionLimits, callers: Callers) {
    this.#limits = limits;
    this.#callers = callers;
  }

  /** Runs `call` when its turn comes. Throws RATE_LIMITED or SERVICE_UNAVAILABLE where too many wait already. */
  async run<T>(tenant: string, call: () => Promise<T>): Promise<T> {
    this.#callers.note(tenant);
    const line = this.#lineOf(tenant);
    if (line.waiting.length === 0 && this.#hasRoom(line)) this.#take(line);
    else await this.#wait(line);
    const held = this.#hold(line);
    try {
      return await call();
    } finally {
      this.#done += 1;
      this.#noteOvertaken(held);
      this.#giveBack(held);
      line.unfinished -= 1;
      this.#serve();
      this.#forget(line);
    }
  }

  // Its place was taken before, by `#take`, so that no other call takes it meanwhile.
  #hold(line: Line): InHand {
    const held: InHand = { line, overtaken: 0, timer: this.#watch(() => held) };
    this.#inHand.add(held);
    return held;
  }

  #watch(held: () => InHand): NodeJS.Timeout {
    const done = this.#done;
    return setTimeout(() => {
      const call = held();
      if (call.overtaken < OVERTAKEN && this.#done > done) {
        call.timer = this.#watch(held);
        return;
      }
      this.#giveBack(call);
      this.#serve();
    }, SLOW_MS);
  }

  #noteOvertaken(done: InHand): void {
    if (!this.#inHand.has(done)) return;
    for (const call of this.#inHand) {
      if (call === done) return;
      call.overtaken += 1;
    }
  }

  /** Gives a call's place back, once. */
  #giveBack(held: InHand): void {
    clearTimeout(held.timer);
    if (!this.#inHand.delete(held)) return;
    const { line } = held;
    line.inHand -= 1;
    this.#places -= 1;
    this.#weigh(line);
    this.#callers.leave(line.tenant);
  }

  #lineOf(tenant: string): Line {
    const found = this.#lines.get(tenant);
    if (found) return found;
    const line: Line = { tenant, waiting: [], inHand: 0, unfinished: 0, yielding: null, mayPress: false };
    this.#lines.set(tenant, line);
    return line;
  }

  #forget(line: Line): void {
    if (line.unfinished === 0 && line.waiting.length === 0) this.#lines.delete(line.tenant);
  }

  #hasRoom(line: Line): boolean {
    const { total, share } = this.#limits;
    const places = this.#callers.several ? share : total;
    return this.#places < total && line.inHand < places && line.unfinished < UNFINISHED_EACH;
  }

  #weigh(line: Line): void {
    if (line.inHand > 0 && line.waiting.length === 0) this.#light.add(line);
    else this.#light.delete(line);
  }

  /** Whether a line with somebody waiting holds back now; then it is served again once it has for long enough. */
  #yields(line: Line): boolean {
    if (this.#light.size === 0 || line.mayPress || this.#limits.yieldMs === 0) return false;
    line.yielding ??= setTimeout(() => {
      line.mayPress = true;
      this.#serve();
    }, this.#limits.yieldMs);
    return true;
  }

  #take(line: Line): void {
    line.inHand += 1;
    line.unfinished += 1;
    this.#endYield(line);
    this.#weigh(line);
    this.#places += 1;
    this.#callers.enter(line.tenant);
  }

  #wait(line: Line): Promise<void> {
    try {
      if (line.waiting.length >= this.#limits.waitingEach) throw tooMany();
      if (this.#waiting >= this.#limits.waiting) this.#makeRoom(line);
    } catch (error) {
      this.#forget(line);
      throw error;
    }
    return new Promise((enter, refuse) => {
      const waiter: Waiter = {
        enter,
        refuse,
        timer: setTimeout(() => this.#remove(line, waiter, tooMany()), WAIT_MS),
      };
      line.waiting.push(waiter);
      this.#waiting += 1;
      this.#turns.add(line);
      this.#weigh(line);
    });
  }

  // Where all places to wait are taken, whoever takes the most of them gives one up.
  #makeRoom(line: Line): void {
    const [longest] = [...this.#turns].sort((a, b) => b.waiting.length - a.waiting.length);
    const last = longest?.waiting.at(-1);
    if (!longest || !last || longest.waiting.length <= line.waiting.length + 1) throw overloaded();
    this.#remove(longest, last, overloaded());
  }

  #remove(line: Line, waiter: Waiter, error: WapingError): void {
    const at = line.waiting.indexOf(waiter);
    if (at < 0) return;
    line.waiting.splice(at, 1);
    this.#leaveQueue(line, waiter);
    this.#forget(line);
    waiter.refuse(error);
  }

  #leaveQueue(line: Line, waiter: Waiter): void {
    clearTimeout(waiter.timer);
    this.#waiting -= 1;
    if (line.waiting.length > 0) return;
    this.#turns.delete(line);
    this.#endYield(line);
    this.#weigh(line);
  }

  #serve(): void {
    while (this.#places < this.#limits.total) {
      const line = this.#next();
      const waiter = line?.waiting.shift();
      if (!line || !waiter) return;
      this.#leaveQueue(line, waiter);
      // To the end of the turns, if anybody of it still waits.
      if (this.#turns.delete(line)) this.#turns.add(line);
      this.#take(line);
      waiter.enter();
    }
  }

  #endYield(line: Line): void {
    if (line.yielding !== null) clearTimeout(line.yielding);
    line.yielding = null;
    line.mayPress = false;
  }

  #next(): Line | undefined {
    for (const line of this.#turns) if (this.#hasRoom(line) && !this.#yields(line)) return line;
    return undefined;
  }
}
