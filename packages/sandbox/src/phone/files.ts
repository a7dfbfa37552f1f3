import type { Message } from '../codec/message.ts';
import { openFile } from '../content/media.ts';
import type { Core } from '../core.ts';

const MAX_FILES = 500;
const MAX_BYTES = 128 * 1024 * 1024;

/** Files a phone has on it, by message id: what it sent and what it downloaded. The oldest go first. */
export class PhoneFiles {
  readonly #files = new Map<string, Buffer>();
  #bytes = 0;

  /** Keeps the file of a message, where it has one that can be had now. */
  keep(core: Core, id: string, message: Message): void {
    const plain = this.#files.has(id) ? undefined : openFile(core, message);
    if (!plain) return;
    this.#files.set(id, plain);
    this.#bytes += plain.length;
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES && this.#bytes <= MAX_BYTES) break;
      this.delete(oldest);
    }
  }

  get(id: string): Buffer | undefined {
    return this.#files.get(id);
  }

  /** The owner deletes a file to make room. */
  delete(id: string): boolean {
    this.#bytes -= this.#files.get(id)?.length ?? 0;
    return this.#files.delete(id);
  }
}
