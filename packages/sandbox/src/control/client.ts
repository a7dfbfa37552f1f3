import { z } from 'zod';
import type { Operations } from './index.ts';

/** What the control plane answered instead of a result. `code` is the sandbox's error code. */
export class ControlError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
    this.code = code;
  }
}

export type ControlInput<K extends keyof Operations> = z.input<Operations[K]['input']>;
export type ControlOutput<K extends keyof Operations> = Awaited<ReturnType<Operations[K]['run']>>;

const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Talks to the control plane of a sandbox in another process. */
export class ControlClient {
  readonly #url: string;
  readonly #token: string;

  /** `controlUrl` and `controlToken` as the ready file or the network object give them. */
  constructor(access: { controlUrl: string; controlToken: string }) {
    this.#url = access.controlUrl;
    this.#token = access.controlToken;
  }

  /** Throws {@link ControlError} with the sandbox's code; a dead sandbox shows as fetch's own error. */
  async call<K extends keyof Operations>(name: K, input: ControlInput<K>): Promise<ControlOutput<K>> {
    const response = await fetch(`${this.#url}/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    const body: unknown = await response.json();
    if (response.ok) return trusted<ControlOutput<K>>(body);
    const { error } = failure.parse(body);
    throw new ControlError(response.status, error.code, error.message);
  }
}

/** Guarantee: the other side is the same package, whose operation of this name returns exactly this type as JSON. */
function trusted<T>(body: unknown): T {
  return body as T;
}
