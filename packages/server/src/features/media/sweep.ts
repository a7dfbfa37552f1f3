import type { Logger } from '../../platform/log.ts';
import type { MediaFiles } from './files.ts';

const EVERY_MS = 10_000;

/** Removes, for as long as it lives, files that nothing names. Every node may: a file is taken by one of them. */
export class MediaSweeper implements AsyncDisposable {
  readonly #media: MediaFiles;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor({ media, log }: { media: MediaFiles; log: Logger }) {
    this.#media = media;
    this.#log = log;
    this.#timer = setInterval(() => {
      this.#running ??= this.#sweep().finally(() => {
        this.#running = null;
      });
    }, EVERY_MS);
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    try {
      await this.#media.tidy();
      while (!this.#stopped && (await this.#media.removeUnnamed()) > 0);
    } catch (error) {
      this.#log.error({ err: error }, 'files of media that nothing names were not removed; trying again');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }
}
