import { unreadable } from './sound.ts';

/** Reads bits, the highest of a byte first. Throws ToolError `unreadable` at the end of the bytes. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** The next bit. */
  #at: number;

  /** Begins at a byte. */
  constructor(bytes: Uint8Array, from = 0) {
    this.#bytes = bytes;
    this.#at = from * 8;
  }

  /** The byte the next bit is in. */
  get byte(): number {
    return this.#at >> 3;
  }

  /** 0 to 32 bits, as a number of 0 and more. */
  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; ) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw unreadable();
      const free = 8 - (this.#at & 7);
      const taken = Math.min(free, left);
      value = value * 2 ** taken + ((byte >> (free - taken)) & (2 ** taken - 1));
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  /** 1 to 32 bits in two’s complement. */
  signed(count: number): number {
    const value = this.read(count);
    return value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** How many zeros stand before the next one, which is read too. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw unreadable();
      const rest = (byte << (this.#at & 7)) & 0xff;
      if (rest !== 0) {
        const skipped = Math.clz32(rest) - 24;
        this.#at += skipped + 1;
        return zeros + skipped;
      }
      const free = 8 - (this.#at & 7);
      zeros += free;
      this.#at += free;
    }
  }

  /** Goes on to the next whole byte. */
  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }
}
