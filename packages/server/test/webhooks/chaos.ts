import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { SendBounds } from '../../src/delivery/webhooks/places.ts';
import { objectOf } from '../kit/api.ts';

const NODE = fileURLToPath(new URL('chaos-node.mjs', import.meta.url));

/** What a node is told at its start. */
export interface NodeOrder {
  dataDir: string;
  databaseUrl: string | undefined;
  masterKey: number[];
  workspaceId: string;
  holder: string;
  /** Whose events it writes, so many of each, with a pause of this long on average between transactions. */
  devices: readonly string[];
  each: number;
  pauseMs: number;
  times: { connectMs: number; headersMs: number; idleMs: number; totalMs: number };
  pauseAfterMs: number;
  bounds?: SendBounds;
}

/** A node in a process of its own, which is killed and begun again under the same name. */
export class ChaosNode implements AsyncDisposable {
  readonly #order: NodeOrder;
  readonly #said: (state: string) => void;
  #child: ChildProcess | null = null;
  #ahead = 0;
  hasWritten = false;
  replayed = 0;

  constructor(order: NodeOrder, said: (state: string) => void = () => undefined) {
    this.#order = order;
    this.#said = said;
  }

  /** Starts it, and waits until it sends. */
  async begin(): Promise<void> {
    const child = fork(NODE, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
    this.#child = child;
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message: object) => {
        if ('ready' in message) resolve();
        if ('written' in message) this.hasWritten = true;
        if ('again' in message) this.replayed += Number(message.again);
        if ('changed' in message && Array.isArray(message.changed)) {
          for (const one of message.changed) this.#said(`${one.id} ${one.state}`);
        }
      });
      child.once('exit', (code, signal) => reject(new Error(`a node ended: ${code ?? signal}`)));
    });
    ready.catch(() => undefined);
    child.send({ ahead: this.#ahead });
    child.send({ run: this.#order });
    await ready;
  }

  /** Its time is so many milliseconds ahead of everybody's. */
  setAhead(ms: number): void {
    this.#ahead = ms;
    if (this.#child?.connected) this.#child.send({ ahead: ms }, () => undefined);
  }

  replay(webhookId: string): void {
    if (this.#child?.connected) this.#child.send({ replay: webhookId }, () => undefined);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** An event as a receiver has it. */
export interface Had {
  deviceId: string;
  sequence: bigint;
  n: number;
  conversationId: string;
  /** How often it was answered well. */
  times: number;
}

/** Does what it wants with an answer; false: it was not given. */
export type Mood = (response: ServerResponse) => boolean;

/** Receivers by path, each in a mood of its own. Only what is answered with success counts as received. */
export class MoodyReceivers implements AsyncDisposable {
  readonly moods = new Map<string, Mood>();
  readonly #had = new Map<string, Map<string, Had>>();
  readonly #held = new Set<ServerResponse>();
  readonly #server: Server;
  requests = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => response.destroy());
      request.on('end', () => this.#take(request.url ?? '', String(request.headers['webhook-id']), chunks, response));
    });
  }

  static async start(): Promise<MoodyReceivers> {
    const receivers = new MoodyReceivers();
    receivers.#server.listen(0, '127.0.0.1');
    await once(receivers.#server, 'listening');
    return receivers;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** What a path has received, in the order it came first. */
  had(path: string): Map<string, Had> {
    const found = this.#had.get(path) ?? new Map<string, Had>();
    this.#had.set(path, found);
    return found;
  }

  /** Requests kept waiting now by `hold`. */
  get held(): number {
    return this.#held.size;
  }

  /** A mood: never answers. */
  readonly hold: Mood = (response) => {
    this.#held.add(response);
    response.once('close', () => this.#held.delete(response));
    return false;
  };

  #take(path: string, id: string, chunks: readonly Buffer[], response: ServerResponse): void {
    this.requests += 1;
    const mood = this.moods.get(path);
    if (mood && !mood(response)) return;
    const value = objectOf({ value: JSON.parse(Buffer.concat(chunks).toString()) }, 'value');
    const data = objectOf(value, 'data');
    const had = this.had(path);
    const known = had.get(id);
    if (known) known.times += 1;
    else {
      const { deviceId, sequence } = value;
      const { n, conversationId } = data;
      had.set(id, {
        deviceId: String(deviceId),
        sequence: BigInt(String(sequence)),
        n: Number(n),
        conversationId: String(conversationId),
        times: 1,
      });
    }
    if (!response.headersSent && !response.destroyed) response.writeHead(200).end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Numbers of a device's events as its receiver puts them in order: by `sequence`. */
export function ordered(had: Iterable<Had>, deviceId: string): number[] {
  return [...had]
    .filter((one) => one.deviceId === deviceId)
    .sort((a, b) => (a.sequence < b.sequence ? -1 : 1))
    .map(({ n }) => n);
}
