import { WapingError } from './errors.ts';

/** Bounds how much of something is on its way at once, for one process and, of it, for one workspace. */
export class Places {
  readonly #taken = new Map<string, number>();
  readonly #bounds: { total: number; each: number; refusal: string };
  #total = 0;

  /** `each` is for one workspace; `refusal` is what a caller is told for whom there is no place. */
  constructor(bounds: { total: number; each: number; refusal: string }) {
    this.#bounds = bounds;
  }

  /** Takes a place of the workspace's until what it returns is called, once. Throws SERVICE_UNAVAILABLE when there is none. */
  take(workspaceId: string): () => void {
    const own = this.#taken.get(workspaceId) ?? 0;
    if (this.#total >= this.#bounds.total || own >= this.#bounds.each) {
      throw new WapingError('SERVICE_UNAVAILABLE', this.#bounds.refusal, { retryAfter: 5 });
    }
    this.#total += 1;
    this.#taken.set(workspaceId, own + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#total -= 1;
      const left = (this.#taken.get(workspaceId) ?? 1) - 1;
      if (left > 0) this.#taken.set(workspaceId, left);
      else this.#taken.delete(workspaceId);
    };
  }

  /** Runs something in a place of its workspace's. Throws SERVICE_UNAVAILABLE when there is none. */
  async run<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
    const leave = this.take(workspaceId);
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
