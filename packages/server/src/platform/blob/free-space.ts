import { statfs } from 'node:fs/promises';
import { WapingError } from '../errors.ts';

/** Bytes that media leaves free unless the operator says otherwise: an embedded database stops when the disk is full. */
export const DEFAULT_FLOOR_BYTES = 500 * 1024 * 1024;
/** An answer is good for so long: a disk is asked thousands of times while a file is written. */
const GOOD_MS = 2_000;

/** Bytes that are free for this process on the disk of a directory. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

/** Watches that a disk keeps a floor of free space for what cannot be refused. */
export class FreeSpace {
  readonly #dir: string;
  readonly #floor: number;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isLow = false;

  /** `floor` in bytes; 0 watches nothing. */
  constructor(dir: string, floor: number) {
    this.#dir = dir;
    this.#floor = floor;
  }

  /** Whether less than the floor is free; what it was two seconds ago at the most. */
  async isLow(): Promise<boolean> {
    if (this.#floor === 0) return false;
    const now = performance.now();
    if (now - this.#askedAt > GOOD_MS) {
      this.#askedAt = now;
      this.#isLow = (await freeBytes(this.#dir)) < this.#floor;
    }
    return this.#isLow;
  }

  /** Throws SERVICE_UNAVAILABLE where it is low. */
  async check(): Promise<void> {
    if (!(await this.isLow())) return;
    throw new WapingError('SERVICE_UNAVAILABLE', 'the disk is almost full: media is taken again when there is room', {
      retryAfter: 30,
    });
  }
}
