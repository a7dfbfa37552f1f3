import { SandboxError } from './errors.ts';

const PROLOGUE_BYTES = 4;
const ROUTING_HEADER_BYTES = 7;
/** Largest frame the 3-byte length can announce. */
const MAX_FRAME_BYTES = 0xff_ff_ff;

/**
 * Cuts a websocket's byte stream into frames: an optional `ED` routing header, the `WA` prologue once, then frames with
 * a 3-byte big-endian length. Memory is bounded by one frame, because every whole frame is handed out at once.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);
  #prologue: Buffer | undefined;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** The 4 bytes `WA`, protocol version, dictionary version; undefined until they arrived. */
  get prologue(): Buffer | undefined {
    return this.#prologue;
  }

  /** Throws when the stream does not start as WhatsApp's does, or a peer announces more than it may. */
  push(data: Buffer): void {
    this.#pending = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    if (!this.#prologue && !this.#readPrologue()) return;
    for (;;) {
      const frame = this.#takeFrame();
      if (!frame) return;
      this.#onFrame(frame);
    }
  }

  #readPrologue(): boolean {
    const buffer = this.#pending;
    if (buffer.length < PROLOGUE_BYTES) return false;
    let at = 0;
    if (buffer[0] === 0x45 && buffer[1] === 0x44) {
      if (buffer.length < ROUTING_HEADER_BYTES) return false;
      at = ROUTING_HEADER_BYTES + buffer.readUIntBE(4, 3);
      if (at > 65_536) throw new SandboxError('PROTOCOL', 'routing header too long');
      if (buffer.length < at + PROLOGUE_BYTES) return false;
    }
    if (buffer[at] !== 0x57 || buffer[at + 1] !== 0x41) throw new SandboxError('PROTOCOL', 'no WA prologue');
    this.#prologue = Buffer.from(buffer.subarray(at, at + PROLOGUE_BYTES));
    this.#pending = buffer.subarray(at + PROLOGUE_BYTES);
    return true;
  }

  #takeFrame(): Buffer | undefined {
    const buffer = this.#pending;
    if (buffer.length < 3) return undefined;
    const length = buffer.readUIntBE(0, 3);
    if (buffer.length < 3 + length) return undefined;
    this.#pending = buffer.subarray(3 + length);
    return buffer.subarray(3, 3 + length);
  }
}

/** Prefixes a frame with its 3-byte length. */
export function frame(payload: Uint8Array): Buffer {
  if (payload.length > MAX_FRAME_BYTES) throw new SandboxError('PROTOCOL', 'frame too long');
  const out = Buffer.allocUnsafe(3 + payload.length);
  out.writeUIntBE(payload.length, 0, 3);
  out.set(payload, 3);
  return out;
}
