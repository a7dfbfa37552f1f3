import { type Deferred, deferred } from '../deferred.ts';

/** Thrown to a waiter whose frame can no longer leave. */
export class GateClosedError extends Error {
  constructor() {
    super('the connection closed before the frame left');
    this.name = 'GateClosedError';
  }
}

export interface FrameGateOptions {
  /** Pushes what the frame depends on and returns the sequence number it must wait for. */
  barrier: () => number;
  durable: () => number;
  write: (frame: Uint8Array) => void;
  maxFrames: number;
  maxBytes: number;
  /** Called once when a bound is exceeded: the connection must be closed. */
  overflow: () => void;
}

interface Waiting {
  bytes: Uint8Array;
  barrier: number;
}

/**
 * Holds encrypted frames of one connection until the state they depend on is durable. Frames are numbered from 1 and
 * leave strictly in order, because the Noise cipher counts them. Baileys is told at once that a frame was written:
 * it writes under its own locks, and a wait there would serialise everything.
 */
export class FrameGate {
  readonly #options: FrameGateOptions;
  #queue: Waiting[] = [];
  #bytes = 0;
  #accepted = 0;
  #left = 0;
  #closed = false;
  readonly #closing = deferred<never>();
  /** One for each frame waited for, shared by all who wait for it. */
  readonly #waiters = new Map<number, Deferred<void>>();

  constructor(options: FrameGateOptions) {
    this.#options = options;
    this.#closing.promise.catch(() => {});
  }

  /** Never resolves; rejects with GateClosedError when the gate closes. */
  get whenClosed(): Promise<never> {
    return this.#closing.promise;
  }

  /** Frames waiting now. */
  get length(): number {
    return this.#queue.length;
  }

  /** Accepts a frame and returns its number. After `close` frames vanish. */
  push(bytes: Uint8Array): number {
    this.#accepted += 1;
    if (this.#closed) return this.#accepted;
    const barrier = this.#options.barrier();
    if (this.#queue.length === 0 && barrier <= this.#options.durable()) {
      this.#write(bytes);
      return this.#accepted;
    }
    this.#queue.push({ bytes, barrier });
    this.#bytes += bytes.length;
    if (this.#queue.length > this.#options.maxFrames || this.#bytes > this.#options.maxBytes) {
      this.close();
      this.#options.overflow();
    }
    return this.#accepted;
  }

  /** Lets frames go whose barrier is durable now. */
  release(): void {
    const durable = this.#options.durable();
    let open = 0;
    for (const frame of this.#queue) {
      if (frame.barrier > durable) break;
      open += 1;
    }
    if (open === 0) return;
    for (const frame of this.#queue.splice(0, open)) {
      this.#bytes -= frame.bytes.length;
      this.#write(frame.bytes);
    }
  }

  /** Resolves when frame `number` has left; rejects with GateClosedError when it never will. */
  left(number: number): Promise<void> {
    if (number <= this.#left) return Promise.resolve();
    if (this.#closed) return Promise.reject(new GateClosedError());
    const waiter = this.#waiters.get(number) ?? deferred<void>();
    this.#waiters.set(number, waiter);
    return waiter.promise;
  }

  /** Resolves when every frame accepted so far has left. */
  drained(): Promise<void> {
    return this.left(this.#accepted);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.reject(new GateClosedError());
    this.#queue = [];
    this.#bytes = 0;
    for (const waiter of this.#waiters.values()) waiter.reject(new GateClosedError());
    this.#waiters.clear();
  }

  #write(bytes: Uint8Array): void {
    this.#options.write(bytes);
    this.#left += 1;
    const waiter = this.#waiters.get(this.#left);
    if (!waiter) return;
    this.#waiters.delete(this.#left);
    waiter.resolve();
  }
}
