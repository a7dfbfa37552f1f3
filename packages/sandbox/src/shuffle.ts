import type { Node } from './codec/node.ts';

const MATTERS = new Set(['message', 'receipt', 'notification', 'ack']);
/** One that waits for the next to overtake it does not wait for ever. */
const HELD_MS = 200;

/** Between the server and one client: stanzas that matter pass it in order, twice, or swapped in pairs. */
export class Shuffle {
  readonly #put: (item: Node) => void;
  #how = { duplicate: false, reorder: false };
  #held: Node | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(put: (item: Node) => void) {
    this.#put = put;
  }

  set(how: { duplicate: boolean; reorder: boolean }): void {
    this.#how = how;
    if (!how.reorder) this.#flush();
  }

  push(item: Node): void {
    if (!MATTERS.has(item.tag)) {
      this.#put(item);
      return;
    }
    if (this.#how.reorder && this.#held === undefined) {
      this.#held = item;
      this.#timer = setTimeout(() => this.#flush(), HELD_MS);
      this.#timer.unref();
      return;
    }
    this.#copies(item);
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#copies(held);
  }

  #copies(item: Node): void {
    this.#put(item);
    if (this.#how.duplicate) this.#put(item);
  }
}
