/** Longest time between a change and the start of the write that holds it, milliseconds. */
export const MAX_STALENESS_MS = 250;
const SETTLE_MS = 100;

export interface AutosaveOptions {
  /** Takes the picture and writes it; called one at a time. */
  readonly save: () => Promise<void>;
  /** Told about a write that failed; the next change tries again. */
  readonly onError: (error: unknown) => void;
  readonly settleMs?: number;
}

/**
 * Saves shortly after a change and gathers what follows within that time. The first change starts the clock and later
 * ones do not move it, so a steady stream of changes cannot put the write off.
 */
export class Autosave implements AsyncDisposable {
  readonly #options: AutosaveOptions;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #dirty = false;
  #closed = false;

  constructor(options: AutosaveOptions) {
    this.#options = options;
  }

  /** Notes that there is something to save. Cheap enough for every message. */
  touch(): void {
    this.#dirty = true;
    if (this.#timer || this.#closed) return;
    const wait = Math.min(this.#options.settleMs ?? SETTLE_MS, MAX_STALENESS_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(this.#options.onError);
    }, wait);
  }

  /** Resolves when everything noted so far is on disk. Rejects when it could not be written. */
  flush(): Promise<void> {
    const next = this.#writing.then(() => this.#write());
    this.#writing = next.catch(() => undefined);
    return next;
  }

  /** Writes once more, also what nobody noted; nothing is saved afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty = true;
    await this.flush();
  }

  async #write(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    try {
      await this.#options.save();
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }
}
