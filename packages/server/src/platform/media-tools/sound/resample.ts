/** Zeros of the filter on each side. More keep high tones nearer to the edge; speech has none there. */
const ZEROS = 12;
/** What of the band is kept: the rest is the filter’s slope. */
const KEPT = 0.94;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Blackman’s window, 1 in the middle and 0 at −1 and 1. */
const windowAt = (x: number): number => 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);

/** Brings sound to another rate, piece by piece, by a windowed sinc with weights worked out once for each phase. */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  readonly #weights: Float32Array[];
  /** What of the input is still needed; `#index` is the sample of it that stands before the next one out. */
  #input: Float32Array;
  #index: number;
  #phase = 0;

  /** Rates are samples a second. */
  constructor(from: number, to: number) {
    const common = gcd(from, to);
    this.#up = to / common;
    this.#down = from / common;
    const cut = KEPT * Math.min(1, to / from);
    this.#half = Math.ceil(ZEROS / Math.min(1, to / from));
    this.#weights = Array.from({ length: this.#up }, (_, phase) => this.#weightsOf(phase / this.#up, cut));
    this.#input = new Float32Array(this.#half);
    this.#index = this.#half;
  }

  /** What comes out so far. */
  push(samples: Float32Array): Float32Array {
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    const out = new Float32Array(Math.ceil((input.length * this.#up) / this.#down) + 1);
    let count = 0;
    for (; this.#index + this.#half < input.length; count++) {
      out[count] = this.#sampleOf(input);
      this.#phase += this.#down;
      this.#index += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    const from = Math.max(0, Math.min(input.length, this.#index - this.#half + 1));
    this.#input = input.slice(from);
    this.#index -= from;
    return out.subarray(0, count);
  }

  /** What is left when no more comes. */
  end(): Float32Array {
    return this.push(new Float32Array(this.#half));
  }

  #weightsOf(shift: number, cut: number): Float32Array {
    const half = this.#half;
    const weights = Float32Array.from({ length: 2 * half }, (_, tap) => {
      const x = tap - half + 1 - shift;
      return cut * sinc(cut * x) * windowAt(Math.max(-1, Math.min(1, x / half)));
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  }

  #sampleOf(input: Float32Array): number {
    const weights = this.#weights[this.#phase] ?? new Float32Array(0);
    const first = this.#index - this.#half + 1;
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap++) sum += (weights[tap] ?? 0) * (input[first + tap] ?? 0);
    return sum;
  }
}
