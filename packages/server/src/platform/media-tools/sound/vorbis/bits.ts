/** Reads bits, the lowest of a byte first, as Vorbis packs them. At the end of the bytes it tells so, and reads zeros. */
export class LowBitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether more was read than there is. */
  get isOver(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3] ?? 0;
    const bit = (byte >> (this.#at & 7)) & 1;
    this.#at += 1;
    return bit;
  }

  /** 0 to 32 bits, as a number of 0 and more. */
  read(count: number): number {
    let value = 0;
    for (let done = 0; done < count; ) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      const used = this.#at & 7;
      const taken = Math.min(8 - used, count - done);
      value += ((byte >> used) & (2 ** taken - 1)) * 2 ** done;
      this.#at += taken;
      done += taken;
    }
    return value;
  }
}

/** Bits a number takes: 0 for 0, 1 for 1, 2 for 2 and 3 … */
export const bitsOf = (value: number): number => 32 - Math.clz32(value);
