/** A workspace counts among those that call for this long after its last call, milliseconds. */
const LATELY_MS = 5_000;

interface Waiting {
  whose: string | null;
  end: () => void;
}

/** Who calls, and whose calls are in hand: what work in the background gives way to. */
export class Callers {
  readonly #now: () => number;
  #last = { workspace: '', at: Number.NEGATIVE_INFINITY };
  /** When any workspace other than the last one called. */
  #othersAt = Number.NEGATIVE_INFINITY;
  readonly #inHand = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  /** `now` tells milliseconds since whenever. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A workspace calls. */
  note(workspace: string): void {
    if (workspace !== this.#last.workspace) this.#othersAt = this.#last.at;
    this.#last = { workspace, at: this.#now() };
  }

  /** A call is in hand from here until `leave`. */
  enter(workspace: string): void {
    this.#inHand.set(workspace, (this.#inHand.get(workspace) ?? 0) + 1);
  }

  leave(workspace: string): void {
    const left = (this.#inHand.get(workspace) ?? 1) - 1;
    if (left > 0) this.#inHand.set(workspace, left);
    else this.#inHand.delete(workspace);
    for (const { whose, end } of [...this.#waiting]) if (!this.#othersInHand(whose)) end();
  }

  /** Whether several workspaces have called lately. */
  get several(): boolean {
    return this.#now() - this.#othersAt <= LATELY_MS;
  }

  /** Whether any workspace but `whose` has called lately; any at all where that is null. */
  others(whose: string | null): boolean {
    const isOther = this.#last.workspace !== whose;
    return this.#othersInHand(whose) || this.several || (isOther && this.#now() - this.#last.at <= LATELY_MS);
  }

  /** Resolves when no call of another workspace than `whose` is in hand, and after `ms` in any case. */
  async quiet(whose: string | null, ms: number): Promise<void> {
    if (!this.#othersInHand(whose)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => waiting.end(), ms);
      const waiting = {
        whose,
        end: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      this.#waiting.add(waiting);
    });
  }

  #othersInHand(whose: string | null): boolean {
    return this.#inHand.size > (whose !== null && this.#inHand.has(whose) ? 1 : 0);
  }
}
