/** How much work of one kind is done at once, and how much may wait. */
export interface LineLimits {
  /** In hand: of all tenants together, and of one. */
  atOnce: number;
  atOnceEach: number;
  /** In line: of all tenants together, and of one. */
  waiting: number;
  waitingEach: number;
  /** Milliseconds in line at the most; absent: until its turn comes. */
  waitMs?: number;
}

/** There was no place, nor one to wait in; or none came in time; or there will be none any more. */
export class NoPlace extends Error {
  constructor() {
    super('too much is in hand');
    this.name = 'NoPlace';
  }
}

interface Waiter {
  tenant: string;
  enter: () => void;
  refuse: (error: NoPlace) => void;
  timer: NodeJS.Timeout | undefined;
}

/** Bounds work that takes long: first come, first served, but nobody stands behind a tenant that has its share in hand. */
export class WorkLine {
  readonly #limits: LineLimits;
  /** WorkLine taken, by tenant. */
  readonly #taken = new Map<string, number>();
  #line: Waiter[] = [];
  #total = 0;
  #closed = false;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  /** Does the work when its turn comes. Rejects with NoPlace, and with what the work rejects with. */
  async run<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new NoPlace();
    // Who waits has no room: a place that is left is given on at once, so nobody is overtaken here.
    if (this.#hasRoom(tenant)) this.#take(tenant, 1);
    else await this.#wait(tenant);
    try {
      return await work();
    } finally {
      this.#take(tenant, -1);
      this.#serve();
    }
  }

  /** Sends away whoever waits, and whoever comes. What is in hand goes on. */
  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#line]) this.#refuse(waiter);
  }

  #hasRoom(tenant: string): boolean {
    return this.#total < this.#limits.atOnce && (this.#taken.get(tenant) ?? 0) < this.#limits.atOnceEach;
  }

  #take(tenant: string, count: 1 | -1): void {
    const taken = (this.#taken.get(tenant) ?? 0) + count;
    if (taken > 0) this.#taken.set(tenant, taken);
    else this.#taken.delete(tenant);
    this.#total += count;
  }

  #wait(tenant: string): Promise<void> {
    const { waiting, waitingEach, waitMs } = this.#limits;
    const ahead = this.#line.filter((one) => one.tenant === tenant).length;
    if (this.#line.length >= waiting || ahead >= waitingEach) return Promise.reject(new NoPlace());
    return new Promise((enter, refuse) => {
      const waiter: Waiter = { tenant, enter, refuse, timer: undefined };
      if (waitMs !== undefined) waiter.timer = setTimeout(() => this.#refuse(waiter), waitMs);
      this.#line.push(waiter);
    });
  }

  #refuse(waiter: Waiter): void {
    this.#leaveLine(waiter);
    waiter.refuse(new NoPlace());
  }

  #leaveLine(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    this.#line = this.#line.filter((one) => one !== waiter);
  }

  #serve(): void {
    const next = this.#line.find(({ tenant }) => this.#hasRoom(tenant));
    if (!next) return;
    this.#leaveLine(next);
    this.#take(next.tenant, 1);
    next.enter();
  }
}
