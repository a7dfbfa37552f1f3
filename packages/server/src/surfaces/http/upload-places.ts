import { WapingError } from '../../platform/errors.ts';

/** Uploads one process takes at once, and of them those of one workspace. */
const MAX_UPLOADS = 64;
const MAX_OF_WORKSPACE = 16;

/** Bounds how many uploads are on their way: each holds a file, a socket and a share of the disk. */
export class UploadPlaces {
  readonly #taken = new Map<string, number>();
  #total = 0;

  /** Runs an upload in a place of its workspace's. Throws SERVICE_UNAVAILABLE when there is none. */
  async run<T>(workspaceId: string, upload: () => Promise<T>): Promise<T> {
    const own = this.#taken.get(workspaceId) ?? 0;
    if (this.#total >= MAX_UPLOADS || own >= MAX_OF_WORKSPACE) {
      throw new WapingError('SERVICE_UNAVAILABLE', 'too many uploads at once', { retryAfter: 5 });
    }
    this.#total += 1;
    this.#taken.set(workspaceId, own + 1);
    try {
      return await upload();
    } finally {
      this.#total -= 1;
      const left = (this.#taken.get(workspaceId) ?? 1) - 1;
      if (left > 0) this.#taken.set(workspaceId, left);
      else this.#taken.delete(workspaceId);
    }
  }
}
