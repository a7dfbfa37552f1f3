import type { BinaryNode } from 'baileys';

/** Since the last one was opened: one that never is (its sender is asked again) must not keep the rest from being told. */
const WAIT_MS = 20_000;
const MAX_WAITING = 10_000;

/**
 * Follows what WhatsApp kept while the device was away: it sends all of it, marked `offline`, then says how much it was.
 * The engine library opens messages after that, so the end is told once every one seen was opened or given up.
 */
export class OfflineDrain {
  readonly #drained: (messages: number, whole: boolean) => void;
  readonly #waiting = new Set<string>();
  #messages = 0;
  #isOpen = false;
  #ended = false;
  #gaveUp = false;
  #told = true;
  #timer: NodeJS.Timeout | undefined;

  /** `whole`: every message of it was opened, or is known to be none that can be. */
  constructor(drained: (messages: number, whole: boolean) => void) {
    this.#drained = drained;
  }

  /** A new connection: nothing of it was seen yet. */
  begin(): void {
    this.stop();
    this.#messages = 0;
    this.#isOpen = false;
    this.#ended = false;
    this.#gaveUp = false;
    this.#told = false;
  }

  seen({ attrs, content }: BinaryNode): void {
    if (this.#told || attrs.offline === undefined || attrs.category === 'peer' || attrs.id === undefined) return;
    this.#messages += 1;
    const opens = Array.isArray(content) && content.some(({ tag }) => tag === 'enc');
    if (opens && this.#waiting.size < MAX_WAITING) this.#waiting.add(attrs.id);
  }

  /** The connection is open. What was kept may all have come before: the engine library asks for more first. */
  open(): void {
    this.#isOpen = true;
    this.#tell();
  }

  /** A message was opened, or could not be. */
  opened(waId: string): void {
    if (!this.#waiting.delete(waId)) return;
    if (this.#ended) this.#giveUpLater();
    this.#tell();
  }

  /** WhatsApp has sent all it kept. */
  end(): void {
    if (this.#told) return;
    this.#ended = true;
    this.#giveUpLater();
    this.#tell();
  }

  #giveUpLater(): void {
    clearTimeout(this.#timer);
    if (this.#told) return;
    this.#timer = setTimeout(() => {
      this.#gaveUp = this.#waiting.size > 0;
      this.#waiting.clear();
      this.#tell();
    }, WAIT_MS);
    this.#timer.unref();
  }

  /** The connection is over. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#told = true;
  }

  #tell(): void {
    if (this.#told || !this.#isOpen || !this.#ended || this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#told = true;
    this.#drained(this.#messages, !this.#gaveUp);
  }
}
