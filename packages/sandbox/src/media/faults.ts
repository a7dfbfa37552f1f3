/**
 * How the media host misbehaves:
 * `missing` answers 404 (media expired), `status` any other code, `corrupt` changes every byte,
 * `slow` waits `delayMs` before the answer, or before each `chunkBytes` of it.
 */
export type MediaFault =
  | { readonly kind: 'missing' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'slow'; readonly delayMs: number; readonly chunkBytes?: number };

/** One blob's path, every download, or every upload. */
export type MediaFaultTarget = string | '*' | 'upload';

const MAX_TARGETS = 1_000;

/** Faults by target; the one on a path wins over `*`. */
export class MediaFaults {
  readonly #byTarget = new Map<MediaFaultTarget, MediaFault>();

  /** `undefined` heals. A path may carry a query, as the direct paths handed to clients do. Throws beyond 1,000 targets. */
  set(target: MediaFaultTarget, fault: MediaFault | undefined): void {
    const key = stripQuery(target);
    if (!fault) {
      this.#byTarget.delete(key);
      return;
    }
    if (!this.#byTarget.has(key) && this.#byTarget.size >= MAX_TARGETS) throw new RangeError('too many media faults');
    this.#byTarget.set(key, fault);
  }

  clear(): void {
    this.#byTarget.clear();
  }

  forDownload(path: string): MediaFault | undefined {
    return this.#byTarget.get(path) ?? this.#byTarget.get('*');
  }

  forUpload(): MediaFault | undefined {
    return this.#byTarget.get('upload');
  }
}

/** Blobs are stored under the path alone; the query of a direct path only imitates WhatsApp's signed links. */
export function stripQuery(path: string): string {
  const at = path.indexOf('?');
  return at < 0 ? path : path.slice(0, at);
}
