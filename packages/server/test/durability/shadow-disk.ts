import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

interface Write {
  position: number;
  bytes: Buffer;
}

/**
 * The image of a disk that has lost its power: a second tree that only receives what was flushed. Names (create,
 * rename, remove, truncate) reach it in order at the next flush of anything, as a journal does; the bytes of a file
 * only at a flush of that file.
 */
export class ShadowDisk {
  readonly #root: string;
  readonly #image: string;
  readonly #data = new Map<string, Write[]>();
  #names: (() => void)[] = [];
  flushes = 0;

  constructor(root: string, image: string) {
    this.#root = root;
    this.#image = image;
    cpSync(root, image, { recursive: true });
  }

  write(file: string, position: number, bytes: Uint8Array): void {
    const writes = this.#data.get(file) ?? [];
    writes.push({ position, bytes: Buffer.from(bytes) });
    this.#data.set(file, writes);
  }

  create(file: string, directory: boolean): void {
    this.#names.push(() =>
      directory ? mkdirSync(this.#at(file), { recursive: true }) : writeFileSync(this.#at(file), ''),
    );
  }

  truncate(file: string, size: number): void {
    this.#data.set(
      file,
      (this.#data.get(file) ?? []).flatMap(({ position, bytes }) =>
        position >= size ? [] : [{ position, bytes: bytes.subarray(0, size - position) }],
      ),
    );
    this.#names.push(() => existsSync(this.#at(file)) && truncateSync(this.#at(file), size));
  }

  rename(from: string, to: string): void {
    const writes = this.#data.get(from);
    this.#data.delete(to);
    this.#data.delete(from);
    if (writes !== undefined) this.#data.set(to, writes);
    this.#names.push(() => renameSync(this.#at(from), this.#at(to)));
  }

  remove(file: string): void {
    this.#data.delete(file);
    this.#names.push(() => rmSync(this.#at(file), { recursive: true, force: true }));
  }

  flush(file: string): void {
    this.flushes += 1;
    for (const apply of this.#names) apply();
    this.#names = [];
    const writes = this.#data.get(file);
    if (writes === undefined) return;
    this.#data.delete(file);
    const handle = openSync(this.#at(file), 'r+');
    try {
      for (const { position, bytes } of writes) writeSync(handle, bytes, 0, bytes.length, position);
    } finally {
      closeSync(handle);
    }
  }

  /** Cuts the power now: what a disk would hold, in a directory of its own. */
  cut(target: string): void {
    cpSync(this.#image, target, { recursive: true });
  }

  #at(file: string): string {
    return path.join(this.#image, path.relative(this.#root, file));
  }
}
