import { expect } from 'vitest';
import { type Json, objectOf } from './api.ts';

/** One block of a stream. */
export interface Frame {
  id: string | null;
  event: string;
  /** Null where it carries none: a place to go on from, a keep-alive. */
  data: Json | null;
}

function frameOf(block: string): Frame {
  const frame: Frame = { id: null, event: 'message', data: null };
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'id') frame.id = value;
    if (name === 'event') frame.event = value;
    if (name === 'data') frame.data = objectOf({ data: JSON.parse(value) }, 'data');
  }
  return frame;
}

/** Whole blocks of a stream's text, and what is left of it. */
export function framesIn(text: string): { frames: Frame[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  return { frames: blocks.map(frameOf), rest };
}

/** A stream of server-sent events as `curl -N` shows it, kept until it is disposed. */
export class Stream implements Disposable {
  readonly status: number;
  readonly headers: Headers;
  readonly frames: Frame[] = [];
  /** What was answered instead of a stream. */
  refusal: Json = {};
  isOver = false;
  readonly #hangUp: AbortController;

  private constructor(response: Response, hangUp: AbortController) {
    this.status = response.status;
    this.headers = response.headers;
    this.#hangUp = hangUp;
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Stream> {
    const hangUp = new AbortController();
    const response = await fetch(url, { headers, signal: hangUp.signal });
    const stream = new Stream(response, hangUp);
    if (response.status === 200) stream.#read(response).catch(() => undefined);
    else stream.refusal = objectOf(objectOf({ body: await response.json() }, 'body'), 'error');
    return stream;
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      if (!response.body) return;
      for await (const piece of response.body) {
        text += decoder.decode(piece, { stream: true });
        const { frames, rest } = framesIn(text);
        this.frames.push(...frames);
        text = rest;
      }
    } finally {
      this.isOver = true;
    }
  }

  /** The events that came. */
  get events(): Json[] {
    return this.frames.flatMap(({ event, data }) => (event === 'message' && data !== null ? [data] : []));
  }

  /** Where a browser would go on. */
  get lastId(): string {
    return this.frames.findLast(({ id }) => id !== null)?.id ?? '';
  }

  /** Waits for something about it to be so. */
  async until(isSo: (stream: Stream) => boolean, timeout = 30_000): Promise<void> {
    await expect.poll(() => isSo(this), { timeout, interval: 10 }).toBe(true);
  }

  [Symbol.dispose](): void {
    this.#hangUp.abort();
  }
}
