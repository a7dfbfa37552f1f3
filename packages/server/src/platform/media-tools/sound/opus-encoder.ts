import OpusScript from 'opusscript';

/** libopus looks so many samples ahead: they are to be left out when it is heard (`opus_encoder`, lookahead at 48 kHz). */
export const PRE_SKIP = 312;
/** 20 ms at 48 kHz, as WhatsApp’s own voice messages have. */
export const PACKET_SAMPLES = 960;

const RATE = 48_000;
const BITS_A_SECOND = 32_000;
const SET_COMPLEXITY = 4_010;
/** Of 10. What more would cost a slow machine nobody hears in speech. */
const COMPLEXITY = 5;
const FULL = 0x7fff;

/** Makes Opus of sound at 48 kHz, one channel. To be disposed of. */
export class OpusEncoder implements Disposable {
  readonly #opus = new OpusScript(RATE, 1, OpusScript.Application.VOIP);
  readonly #packets: Buffer[] = [];
  readonly #frame = Buffer.alloc(PACKET_SAMPLES * 2);
  #filled = 0;
  #taken = 0;

  constructor() {
    this.#opus.setBitrate(BITS_A_SECOND);
    this.#opus.encoderCTL(SET_COMPLEXITY, COMPLEXITY);
  }

  /** Samples taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Samples from −1 to 1; what is louder is cut. */
  write(samples: Float32Array): void {
    for (const sample of samples) {
      const loud = Math.max(-FULL, Math.min(FULL, Math.round(sample * FULL)));
      this.#frame.writeInt16LE(Number.isNaN(loud) ? 0 : loud, this.#filled * 2);
      this.#filled += 1;
      if (this.#filled === PACKET_SAMPLES) this.#flush();
    }
    this.#taken += samples.length;
  }

  /** All packets, when no more comes. */
  end(): readonly Buffer[] {
    this.write(new Float32Array(PRE_SKIP));
    if (this.#filled > 0) this.write(new Float32Array(PACKET_SAMPLES - this.#filled));
    return this.#packets;
  }

  [Symbol.dispose](): void {
    this.#opus.delete();
  }

  #flush(): void {
    this.#packets.push(this.#opus.encode(this.#frame, PACKET_SAMPLES));
    this.#filled = 0;
  }
}
