/** Bounds of one media host; both a count and a size, so neither many tiny nor few huge blobs can exhaust memory. */
export interface BlobLimits {
  readonly maxBlobBytes: number;
  readonly maxTotalBytes: number;
  readonly maxBlobs: number;
}

export const DEFAULT_BLOB_LIMITS: BlobLimits = {
  maxBlobBytes: 104 * 1024 * 1024,
  maxTotalBytes: 512 * 1024 * 1024,
  maxBlobs: 10_000,
};

/** What became of a put: stored, or refused because this blob (`too_large`) or the store (`full`) is over its bound. */
export type PutOutcome = 'stored' | 'too_large' | 'full';

/** Encrypted media by direct path, in memory. Nothing is evicted: a refused upload is clearer than a lost download. */
export class BlobStore {
  readonly #limits: BlobLimits;
  readonly #blobs = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(limits: Partial<BlobLimits> = {}) {
    this.#limits = { ...DEFAULT_BLOB_LIMITS, ...limits };
  }

  get limits(): BlobLimits {
    return this.#limits;
  }

  get count(): number {
    return this.#blobs.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): Uint8Array | undefined {
    return this.#blobs.get(path);
  }

  /** Replaces what was stored under the same path. */
  put(path: string, blob: Uint8Array): PutOutcome {
    if (blob.length > this.#limits.maxBlobBytes) return 'too_large';
    const before = this.#blobs.get(path);
    const total = this.#bytes - (before?.length ?? 0) + blob.length;
    if (total > this.#limits.maxTotalBytes) return 'full';
    if (!before && this.#blobs.size >= this.#limits.maxBlobs) return 'full';
    this.#blobs.set(path, blob);
    this.#bytes = total;
    return 'stored';
  }

  delete(path: string): boolean {
    const blob = this.#blobs.get(path);
    if (!blob) return false;
    this.#bytes -= blob.length;
    return this.#blobs.delete(path);
  }

  entries(): IterableIterator<[string, Uint8Array]> {
    return this.#blobs.entries();
  }
}
