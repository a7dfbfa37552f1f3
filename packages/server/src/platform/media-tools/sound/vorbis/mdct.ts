/** Turns back a modified discrete cosine transform of one size, through a complex Fourier transform of a quarter of it. */
export class InverseMdct {
  readonly #size: number;
  readonly #quarter: number;
  /** exp(−iπ(4k+1)/4M), M being half the size: before and after the Fourier transform. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** exp(−2πik/quarter). */
  readonly #turnCos: Float64Array;
  readonly #turnSin: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;

  /** `size`: samples of a block, a power of two from 64 on. */
  constructor(size: number) {
    this.#size = size;
    this.#quarter = size / 4;
    const indices = Float64Array.from({ length: this.#quarter }, (_, k) => k);
    const angle = (k: number) => (-Math.PI * (4 * k + 1)) / (2 * size);
    this.#cos = indices.map((k) => Math.cos(angle(k)));
    this.#sin = indices.map((k) => Math.sin(angle(k)));
    this.#turnCos = indices.map((k) => Math.cos((-2 * Math.PI * k) / this.#quarter));
    this.#turnSin = indices.map((k) => Math.sin((-2 * Math.PI * k) / this.#quarter));
    this.#real = new Float64Array(this.#quarter);
    this.#imaginary = new Float64Array(this.#quarter);
  }

  /** Of half as many values as the block has samples. Nothing is scaled. */
  run(values: Float64Array): Float64Array {
    const [half, quarter] = [this.#size / 2, this.#quarter];
    const cosines = this.#cosineTransform(values);
    const at = (index: number): number => cosines[index] ?? 0;
    const block = new Float64Array(this.#size);
    for (let n = 0; n < quarter; n++) {
      block[n] = at(n + quarter);
      block[half + quarter + n] = -at(n);
    }
    for (let n = quarter; n < half + quarter; n++) block[n] = -at(half + quarter - 1 - n);
    return block;
  }

  /** The discrete cosine transform of the fourth kind. */
  #cosineTransform(values: Float64Array): Float64Array {
    const half = this.#size / 2;
    const [real, imaginary] = [this.#real, this.#imaginary];
    const times = (re: number, im: number, k: number): [number, number] => {
      const [cos, sin] = [this.#cos[k] ?? 0, this.#sin[k] ?? 0];
      return [re * cos - im * sin, re * sin + im * cos];
    };
    for (let k = 0; k < this.#quarter; k++)
      [real[k], imaginary[k]] = times(values[2 * k] ?? 0, values[half - 1 - 2 * k] ?? 0, k);
    this.#fourier();
    const result = new Float64Array(half);
    for (let k = 0; k < this.#quarter; k++) {
      const [re, im] = times(real[k] ?? 0, imaginary[k] ?? 0, k);
      result[2 * k] = re;
      result[half - 1 - 2 * k] = -im;
    }
    return result;
  }

  #fourier(): void {
    this.#reverse();
    const [real, imaginary] = [this.#real, this.#imaginary];
    for (let span = 1; span < this.#quarter; span *= 2) {
      const step = this.#quarter / (2 * span);
      for (let from = 0; from < this.#quarter; from += 2 * span) {
        for (let k = 0; k < span; k++) {
          const [cos, sin] = [this.#turnCos[k * step] ?? 0, this.#turnSin[k * step] ?? 0];
          const [low, high] = [from + k, from + k + span];
          const [re, im] = [real[high] ?? 0, imaginary[high] ?? 0];
          const [turnedRe, turnedIm] = [re * cos - im * sin, re * sin + im * cos];
          const [lowRe, lowIm] = [real[low] ?? 0, imaginary[low] ?? 0];
          real[high] = lowRe - turnedRe;
          imaginary[high] = lowIm - turnedIm;
          real[low] = lowRe + turnedRe;
          imaginary[low] = lowIm + turnedIm;
        }
      }
    }
  }

  /** Puts each value where its index, read backwards bit by bit, says. */
  #reverse(): void {
    for (let index = 1, turned = 0; index < this.#quarter; index++) {
      let bit = this.#quarter >> 1;
      for (; turned & bit; bit >>= 1) turned ^= bit;
      turned ^= bit;
      if (index >= turned) continue;
      for (const part of [this.#real, this.#imaginary])
        [part[index], part[turned]] = [part[turned] ?? 0, part[index] ?? 0];
    }
  }
}
